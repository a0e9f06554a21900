/* The function table: each entry finds the session, injects the switched fault, and serialises the calls. */
#include "function_table.h"

#include "buffers.h"
#include "capabilities.h"
#include "configuration.h"
#include "device_input.h"
#include "pictures.h"

/* Finds and locks the session; on success the caller must unlock it. */
static NVENCSTATUS enter(void *handle, const char *call, session **owner)
{
    REQUIRE(NULL, handle, NV_ENC_ERR_INVALID_PTR, "null encoder");
    *owner = session_find(handle);
    REQUIRE(NULL, *owner, NV_ENC_ERR_INVALID_ENCODERDEVICE, "unknown encoder handle");
    int injected = injected_status(call);
    REQUIRE(*owner, !injected, (NVENCSTATUS)injected, "injected failure of %s", call);
    pthread_mutex_lock(&(*owner)->mutex);
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS leave(session *owner, NVENCSTATUS status)
{
    pthread_mutex_unlock(&owner->mutex);
    return status;
}

#define UNPACK(...) __VA_ARGS__

/* An entry of the table: `call` is its name in NVENC_SW_FAIL. */
#define ENTRY(call, implementation, parameters, arguments)                 \
    static NVENCSTATUS NVENCAPI entry_##call(void *handle, UNPACK parameters) \
    {                                                                      \
        session *owner;                                                    \
        NVENCSTATUS status = enter(handle, #call, &owner);                 \
        if (status)                                                        \
            return status;                                                 \
        return leave(owner, implementation(owner, UNPACK arguments));      \
    }

ENTRY(codec_count, codec_count, (uint32_t *count), (count))
ENTRY(codecs, codec_guids, (GUID *guids, uint32_t capacity, uint32_t *count), (guids, capacity, count))
ENTRY(profile_count, profile_count, (GUID codec, uint32_t *count), (codec, count))
ENTRY(profiles, profile_guids, (GUID codec, GUID *guids, uint32_t capacity, uint32_t *count),
      (codec, guids, capacity, count))
ENTRY(format_count, format_count, (GUID codec, uint32_t *count), (codec, count))
ENTRY(formats, formats, (GUID codec, NV_ENC_BUFFER_FORMAT *out, uint32_t capacity, uint32_t *count),
      (codec, out, capacity, count))
ENTRY(caps, capability, (GUID codec, NV_ENC_CAPS_PARAM *query, int *value), (codec, query, value))
ENTRY(preset_count, preset_count, (GUID codec, uint32_t *count), (codec, count))
ENTRY(presets, preset_guids, (GUID codec, GUID *guids, uint32_t capacity, uint32_t *count),
      (codec, guids, capacity, count))
ENTRY(preset_old, preset_config_without_tuning, (GUID codec, GUID preset, NV_ENC_PRESET_CONFIG *result),
      (codec, preset, result))
ENTRY(preset, preset_config_with_tuning,
      (GUID codec, GUID preset, NV_ENC_TUNING_INFO tuning, NV_ENC_PRESET_CONFIG *result),
      (codec, preset, tuning, result))
ENTRY(init, initialize_encoder, (NV_ENC_INITIALIZE_PARAMS *parameters), (parameters))
ENTRY(reconfigure, reconfigure_encoder, (NV_ENC_RECONFIGURE_PARAMS *change), (change))
ENTRY(sequence, sequence_parameters, (NV_ENC_SEQUENCE_PARAM_PAYLOAD *payload), (payload))
ENTRY(create_input, input_buffer_create, (NV_ENC_CREATE_INPUT_BUFFER *request), (request))
ENTRY(destroy_input, input_buffer_destroy, (NV_ENC_INPUT_PTR buffer), (buffer))
ENTRY(lock_input, input_buffer_lock, (NV_ENC_LOCK_INPUT_BUFFER *request), (request))
ENTRY(unlock_input, input_buffer_unlock, (NV_ENC_INPUT_PTR buffer), (buffer))
ENTRY(create_output, output_buffer_create, (NV_ENC_CREATE_BITSTREAM_BUFFER *request), (request))
ENTRY(destroy_output, output_buffer_destroy, (NV_ENC_OUTPUT_PTR buffer), (buffer))
ENTRY(lock, output_buffer_lock, (NV_ENC_LOCK_BITSTREAM *request), (request))
ENTRY(unlock, output_buffer_unlock, (NV_ENC_OUTPUT_PTR buffer), (buffer))
ENTRY(encode, encode_picture, (NV_ENC_PIC_PARAMS *parameters), (parameters))
ENTRY(register, resource_register, (NV_ENC_REGISTER_RESOURCE *request), (request))
ENTRY(unregister, resource_unregister, (NV_ENC_REGISTERED_PTR registered), (registered))
ENTRY(map, resource_map, (NV_ENC_MAP_INPUT_RESOURCE *request), (request))
ENTRY(unmap, resource_unmap, (NV_ENC_INPUT_PTR mapped), (mapped))
ENTRY(streams, set_streams, (NV_ENC_CUSTREAM_PTR input, NV_ENC_CUSTREAM_PTR output), (input, output))

/* ---------- entries of their own shape ---------- */

static NVENCSTATUS NVENCAPI entry_open(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *parameters, void **handle)
{
    int injected = injected_status("open");
    REQUIRE(NULL, !injected, (NVENCSTATUS)injected, "injected failure of open");
    return session_open(parameters, handle);
}

static NVENCSTATUS NVENCAPI entry_destroy(void *handle)
{
    session *owner;
    NVENCSTATUS status = enter(handle, "destroy", &owner);
    if (status)
        return status;
    pthread_mutex_unlock(&owner->mutex);
    return session_destroy(owner);
}

static const char *NVENCAPI entry_last_error(void *handle)
{
    const session *owner = session_find(handle);
    return owner ? owner->last_error : "unknown encoder handle";
}

/* ---------- what the stand-in has not ---------- */

#define UNIMPLEMENTED(call, parameter)                                                                     \
    static NVENCSTATUS NVENCAPI entry_##call(void *handle, parameter)                                      \
    {                                                                                                      \
        (void)unused;                                                                                      \
        return refuse(session_find(handle), NV_ENC_ERR_UNIMPLEMENTED, "%s is not in the stand-in", #call); \
    }

UNIMPLEMENTED(statistics, NV_ENC_STAT *unused)
UNIMPLEMENTED(async_event, NV_ENC_EVENT_PARAMS *unused)
UNIMPLEMENTED(invalidate_references, uint64_t unused)
UNIMPLEMENTED(create_motion_vectors, NV_ENC_CREATE_MV_BUFFER *unused)
UNIMPLEMENTED(destroy_motion_vectors, NV_ENC_OUTPUT_PTR unused)
UNIMPLEMENTED(motion_estimation, NV_ENC_MEONLY_PARAMS *unused)
UNIMPLEMENTED(restore_state, NV_ENC_RESTORE_ENCODER_STATE_PARAMS *unused)
UNIMPLEMENTED(lookahead, NV_ENC_LOOKAHEAD_PIC_PARAMS *unused)

static NVENCSTATUS NVENCAPI entry_open_old(void *device, uint32_t type, void **handle)
{
    (void)device;
    (void)type;
    (void)handle;
    return refuse(NULL, NV_ENC_ERR_UNIMPLEMENTED, "nvEncOpenEncodeSession is deprecated; use Ex");
}

/* ---------- the table ---------- */

static void fill_questions(NV_ENCODE_API_FUNCTION_LIST *table)
{
    table->nvEncGetEncodeGUIDCount = entry_codec_count;
    table->nvEncGetEncodeGUIDs = entry_codecs;
    table->nvEncGetEncodeProfileGUIDCount = entry_profile_count;
    table->nvEncGetEncodeProfileGUIDs = entry_profiles;
    table->nvEncGetInputFormatCount = entry_format_count;
    table->nvEncGetInputFormats = entry_formats;
    table->nvEncGetEncodeCaps = entry_caps;
    table->nvEncGetEncodePresetCount = entry_preset_count;
    table->nvEncGetEncodePresetGUIDs = entry_presets;
    table->nvEncGetEncodePresetConfig = entry_preset_old;
    table->nvEncGetEncodePresetConfigEx = entry_preset;
    table->nvEncGetSequenceParams = entry_sequence;
    table->nvEncGetLastErrorString = entry_last_error;
}

static void fill_session(NV_ENCODE_API_FUNCTION_LIST *table)
{
    table->nvEncOpenEncodeSession = entry_open_old;
    table->nvEncOpenEncodeSessionEx = entry_open;
    table->nvEncInitializeEncoder = entry_init;
    table->nvEncReconfigureEncoder = entry_reconfigure;
    table->nvEncDestroyEncoder = entry_destroy;
}

static void fill_input(NV_ENCODE_API_FUNCTION_LIST *table)
{
    table->nvEncCreateInputBuffer = entry_create_input;
    table->nvEncDestroyInputBuffer = entry_destroy_input;
    table->nvEncLockInputBuffer = entry_lock_input;
    table->nvEncUnlockInputBuffer = entry_unlock_input;
    table->nvEncRegisterResource = entry_register;
    table->nvEncUnregisterResource = entry_unregister;
    table->nvEncMapInputResource = entry_map;
    table->nvEncUnmapInputResource = entry_unmap;
    table->nvEncSetIOCudaStreams = entry_streams;
}

static void fill_output(NV_ENCODE_API_FUNCTION_LIST *table)
{
    table->nvEncEncodePicture = entry_encode;
    table->nvEncCreateBitstreamBuffer = entry_create_output;
    table->nvEncDestroyBitstreamBuffer = entry_destroy_output;
    table->nvEncLockBitstream = entry_lock;
    table->nvEncUnlockBitstream = entry_unlock;
}

static void fill_unimplemented(NV_ENCODE_API_FUNCTION_LIST *table)
{
    table->nvEncGetEncodeStats = entry_statistics;
    table->nvEncRegisterAsyncEvent = entry_async_event;
    table->nvEncUnregisterAsyncEvent = entry_async_event;
    table->nvEncInvalidateRefFrames = entry_invalidate_references;
    table->nvEncCreateMVBuffer = entry_create_motion_vectors;
    table->nvEncDestroyMVBuffer = entry_destroy_motion_vectors;
    table->nvEncRunMotionEstimationOnly = entry_motion_estimation;
    table->nvEncRestoreEncoderState = entry_restore_state;
    table->nvEncLookaheadPicture = entry_lookahead;
}

NVENCSTATUS fill_function_table(NV_ENCODE_API_FUNCTION_LIST *table)
{
    if (table->version != NV_ENCODE_API_FUNCTION_LIST_VER)
        return NV_ENC_ERR_INVALID_VERSION;
    fill_questions(table);
    fill_session(table);
    fill_input(table);
    fill_output(table);
    fill_unimplemented(table);
    return NV_ENC_SUCCESS;
}
