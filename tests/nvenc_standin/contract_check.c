/* Drives the stand-in through its function table, as a client of the driver does, to run under the sanitizers.
 *
 *   contract_check encode WIDTH HEIGHT FRAMES B_FRAMES FORMAT MEMORY OUTPUT
 *       FORMAT nv12, iyuv, yv12 or yuv444; MEMORY host (input buffers), cuda (registered, pitched) or reused (cuda, and
 *       set to zero as soon as the picture is handed in). Byte `i` of the tightly packed picture `n` is
 *       (31 i + 7 (i / 256) + 17 n) mod 256; the bitstream goes to OUTPUT.
 *   contract_check misuse
 *       Calls that the driver refuses, each with the status that it answers.
 */
#include <nvEncodeAPI.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cuda_abi.h"

enum { BUFFERS = 16, GOP_LENGTH = 8 };

int cuCtxCreate_v2(void **context, unsigned flags, int device);
int cuCtxDestroy_v2(void *context);
int cuMemAllocPitch_v2(cuda_pointer *pointer, size_t *pitch, size_t width, size_t height, unsigned element);
int cuMemFree_v2(cuda_pointer pointer);
int cuda_stub_live_allocations(void);
int cuda_stub_live_objects(void);

typedef struct {
    uint32_t width;
    uint32_t height;
    int frames;
    int b_frames;
    NV_ENC_BUFFER_FORMAT format;
    int on_device;
    int reuses_input;
    const char *output;
} job;

typedef struct {
    NV_ENC_INPUT_PTR input;
    NV_ENC_REGISTERED_PTR registered;
    uint8_t *memory;
    size_t pitch;
    NV_ENC_OUTPUT_PTR output;
} slot;

static NV_ENCODE_API_FUNCTION_LIST api = {.version = NV_ENCODE_API_FUNCTION_LIST_VER};
static void *context;

static void expect(int actual, int wanted, const char *what)
{
    if (actual == wanted)
        return;
    fprintf(stderr, "%s: status %d, wanted %d\n", what, actual, wanted);
    exit(1);
}

#define EXPECT(status, call) expect((call), (status), #call)
#define OK(call) EXPECT(NV_ENC_SUCCESS, call)

static void *open_session(void)
{
    void *encoder = NULL;
    NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS parameters = {
        .version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER,
        .deviceType = NV_ENC_DEVICE_TYPE_CUDA,
        .device = context,
        .apiVersion = NVENCAPI_VERSION,
    };
    OK(api.nvEncOpenEncodeSessionEx(&parameters, &encoder));
    return encoder;
}

static NV_ENC_CONFIG config_of(void *encoder, const job *wanted)
{
    NV_ENC_PRESET_CONFIG preset = {.version = NV_ENC_PRESET_CONFIG_VER, .presetCfg.version = NV_ENC_CONFIG_VER};
    OK(api.nvEncGetEncodePresetConfigEx(encoder, NV_ENC_CODEC_H264_GUID, NV_ENC_PRESET_P4_GUID,
                                        NV_ENC_TUNING_INFO_HIGH_QUALITY, &preset));
    preset.presetCfg.gopLength = GOP_LENGTH;
    preset.presetCfg.frameIntervalP = wanted->b_frames + 1;
    preset.presetCfg.encodeCodecConfig.h264Config.outputAUD = 1;
    preset.presetCfg.encodeCodecConfig.h264Config.chromaFormatIDC =
        wanted->format == NV_ENC_BUFFER_FORMAT_YUV444 ? 3 : 1;
    return preset.presetCfg;
}

static NV_ENC_INITIALIZE_PARAMS parameters_of(const job *wanted, NV_ENC_CONFIG *config)
{
    return (NV_ENC_INITIALIZE_PARAMS){
        .version = NV_ENC_INITIALIZE_PARAMS_VER,
        .encodeGUID = NV_ENC_CODEC_H264_GUID,
        .presetGUID = NV_ENC_PRESET_P4_GUID,
        .tuningInfo = NV_ENC_TUNING_INFO_HIGH_QUALITY,
        .encodeWidth = wanted->width,
        .encodeHeight = wanted->height,
        .darWidth = wanted->width,
        .darHeight = wanted->height,
        .frameRateNum = 60000,
        .frameRateDen = 1001,
        .enablePTD = 1,
        .encodeConfig = config,
    };
}

static void *open_encoder(const job *wanted)
{
    void *encoder = open_session();
    NV_ENC_CONFIG config = config_of(encoder, wanted);
    NV_ENC_INITIALIZE_PARAMS parameters = parameters_of(wanted, &config);
    OK(api.nvEncInitializeEncoder(encoder, &parameters));
    return encoder;
}

/* ---------- pictures ---------- */

static size_t rows_of(const job *wanted)
{
    return wanted->format == NV_ENC_BUFFER_FORMAT_YUV444 ? wanted->height * 3 : wanted->height * 3 / 2;
}

static uint8_t sample(size_t position, int frame)
{
    return (uint8_t)(31 * position + 7 * (position / 256) + 17 * (size_t)frame);
}

/* Planar 4:2:0 has chroma rows of half the pitch, so its rows are drawn in halves. */
static void draw(const job *wanted, const slot *target, int frame)
{
    int planar = wanted->format == NV_ENC_BUFFER_FORMAT_IYUV || wanted->format == NV_ENC_BUFFER_FORMAT_YV12;
    size_t half = wanted->width / 2, position = 0;
    for (size_t row = 0; row < rows_of(wanted); row++)
        for (size_t x = 0; x < wanted->width; x++, position++) {
            size_t second_half = planar && row >= wanted->height && x >= half;
            size_t column = second_half ? target->pitch / 2 + x - half : x;
            target->memory[row * target->pitch + column] = sample(position, frame);
        }
}

static void create_host_input(void *encoder, const job *wanted, slot *created)
{
    NV_ENC_CREATE_INPUT_BUFFER request = {
        .version = NV_ENC_CREATE_INPUT_BUFFER_VER,
        .width = wanted->width,
        .height = wanted->height,
        .bufferFmt = wanted->format,
    };
    OK(api.nvEncCreateInputBuffer(encoder, &request));
    created->input = request.inputBuffer;
}

static void create_device_input(void *encoder, const job *wanted, slot *created)
{
    cuda_pointer pointer;
    OK(cuMemAllocPitch_v2(&pointer, &created->pitch, wanted->width, rows_of(wanted), 4));
    created->memory = (uint8_t *)(uintptr_t)pointer;
    NV_ENC_REGISTER_RESOURCE request = {
        .version = NV_ENC_REGISTER_RESOURCE_VER,
        .resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR,
        .width = wanted->width,
        .height = wanted->height,
        .pitch = (uint32_t)created->pitch,
        .resourceToRegister = created->memory,
        .bufferFormat = wanted->format,
        .bufferUsage = NV_ENC_INPUT_IMAGE,
    };
    OK(api.nvEncRegisterResource(encoder, &request));
    created->registered = request.registeredResource;
}

static void create_slot(void *encoder, const job *wanted, slot *created)
{
    NV_ENC_CREATE_BITSTREAM_BUFFER output = {.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER};
    if (wanted->on_device)
        create_device_input(encoder, wanted, created);
    else
        create_host_input(encoder, wanted, created);
    OK(api.nvEncCreateBitstreamBuffer(encoder, &output));
    created->output = output.bitstreamBuffer;
}

static void destroy_slot(void *encoder, slot *created)
{
    OK(api.nvEncDestroyBitstreamBuffer(encoder, created->output));
    if (!created->registered) {
        OK(api.nvEncDestroyInputBuffer(encoder, created->input));
        return;
    }
    OK(api.nvEncUnregisterResource(encoder, created->registered));
    OK(cuMemFree_v2((cuda_pointer)(uintptr_t)created->memory));
}

static void fill_host_input(void *encoder, const job *wanted, slot *target, int frame)
{
    NV_ENC_LOCK_INPUT_BUFFER lock = {.version = NV_ENC_LOCK_INPUT_BUFFER_VER, .inputBuffer = target->input};
    OK(api.nvEncLockInputBuffer(encoder, &lock));
    target->memory = lock.bufferDataPtr;
    target->pitch = lock.pitch;
    draw(wanted, target, frame);
    OK(api.nvEncUnlockInputBuffer(encoder, target->input));
}

static void fill_device_input(void *encoder, const job *wanted, slot *target, int frame)
{
    NV_ENC_MAP_INPUT_RESOURCE map = {
        .version = NV_ENC_MAP_INPUT_RESOURCE_VER,
        .registeredResource = target->registered,
    };
    draw(wanted, target, frame);
    OK(api.nvEncMapInputResource(encoder, &map));
    target->input = map.mappedResource;
}

static NVENCSTATUS submit(void *encoder, const job *wanted, slot *target, int frame)
{
    NV_ENC_PIC_PARAMS picture = {
        .version = NV_ENC_PIC_PARAMS_VER,
        .inputWidth = wanted->width,
        .inputHeight = wanted->height,
        .inputBuffer = target->input,
        .outputBitstream = target->output,
        .bufferFmt = wanted->format,
        .pictureStruct = NV_ENC_PIC_STRUCT_FRAME,
        .inputTimeStamp = (uint64_t)frame,
    };
    return api.nvEncEncodePicture(encoder, &picture);
}

static void collect(void *encoder, const slot *source, FILE *file)
{
    NV_ENC_LOCK_BITSTREAM lock = {.version = NV_ENC_LOCK_BITSTREAM_VER, .outputBitstream = source->output};
    OK(api.nvEncLockBitstream(encoder, &lock));
    expect((int)fwrite(lock.bitstreamBufferPtr, 1, lock.bitstreamSizeInBytes, file), (int)lock.bitstreamSizeInBytes,
           "fwrite");
    OK(api.nvEncUnlockBitstream(encoder, source->output));
    if (source->registered)
        OK(api.nvEncUnmapInputResource(encoder, source->input));
}

/* A B picture waits for the reference after it; the last picture of a GOP is never one. */
static NVENCSTATUS answer_to(const job *wanted, int frame)
{
    int position = frame % GOP_LENGTH;
    int is_reference = position % (wanted->b_frames + 1) == 0 || position == GOP_LENGTH - 1;
    return is_reference ? NV_ENC_SUCCESS : NV_ENC_ERR_NEED_MORE_INPUT;
}

static void encode_frame(void *encoder, const job *wanted, slot *target, int frame)
{
    if (wanted->on_device)
        fill_device_input(encoder, wanted, target, frame);
    else
        fill_host_input(encoder, wanted, target, frame);
    expect(submit(encoder, wanted, target, frame), answer_to(wanted, frame), "nvEncEncodePicture");
    if (wanted->reuses_input)
        memset(target->memory, 0, target->pitch * rows_of(wanted));
}

static void end_stream(void *encoder)
{
    NV_ENC_PIC_PARAMS end = {.version = NV_ENC_PIC_PARAMS_VER, .encodePicFlags = NV_ENC_PIC_FLAG_EOS};
    OK(api.nvEncEncodePicture(encoder, &end));
}

/* At most `BUFFERS` frames: all are handed in before the first is collected. */
static void encode(const job *wanted)
{
    slot slots[BUFFERS] = {0};
    void *encoder = open_encoder(wanted);
    FILE *file = fopen(wanted->output, "wb");
    expect(file != NULL, 1, "fopen");
    for (int i = 0; i < wanted->frames; i++) {
        create_slot(encoder, wanted, &slots[i]);
        encode_frame(encoder, wanted, &slots[i], i);
    }
    end_stream(encoder);
    for (int i = 0; i < wanted->frames; i++) {
        collect(encoder, &slots[i], file);
        destroy_slot(encoder, &slots[i]);
    }
    fclose(file);
    OK(api.nvEncDestroyEncoder(encoder));
}

/* ---------- misuse ---------- */

static const job small_job = {160, 64, 4, 0, NV_ENC_BUFFER_FORMAT_NV12, 0, 0, NULL};

static void misuse_sessions(void)
{
    void *encoder = NULL;
    uint32_t count;
    int stranger;
    NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS parameters = {.version = 1};
    EXPECT(NV_ENC_ERR_INVALID_PTR, api.nvEncOpenEncodeSessionEx(NULL, &encoder));
    EXPECT(NV_ENC_ERR_INVALID_VERSION, api.nvEncOpenEncodeSessionEx(&parameters, &encoder));
    parameters.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
    parameters.apiVersion = NVENCAPI_VERSION;
    parameters.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
    EXPECT(NV_ENC_ERR_INVALID_PTR, api.nvEncOpenEncodeSessionEx(&parameters, &encoder));
    parameters.deviceType = NV_ENC_DEVICE_TYPE_DIRECTX;
    EXPECT(NV_ENC_ERR_UNSUPPORTED_DEVICE, api.nvEncOpenEncodeSessionEx(&parameters, &encoder));
    EXPECT(NV_ENC_ERR_INVALID_PTR, api.nvEncGetEncodeGUIDCount(NULL, &count));
    EXPECT(NV_ENC_ERR_INVALID_ENCODERDEVICE, api.nvEncGetEncodeGUIDCount(&stranger, &count));
    EXPECT(NV_ENC_ERR_INVALID_ENCODERDEVICE, api.nvEncDestroyEncoder(&stranger));
}

static void misuse_initialization(void)
{
    void *encoder = open_session();
    NV_ENC_CONFIG config = config_of(encoder, &small_job);
    NV_ENC_INITIALIZE_PARAMS parameters = parameters_of(&small_job, &config);
    NV_ENC_CREATE_BITSTREAM_BUFFER output = {.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER};
    EXPECT(NV_ENC_ERR_ENCODER_NOT_INITIALIZED, api.nvEncCreateBitstreamBuffer(encoder, &output));
    EXPECT(NV_ENC_ERR_INVALID_PTR, api.nvEncInitializeEncoder(encoder, NULL));
    parameters.encodeWidth = 161;
    EXPECT(NV_ENC_ERR_INVALID_PARAM, api.nvEncInitializeEncoder(encoder, &parameters));
    parameters.encodeWidth = 144;
    EXPECT(NV_ENC_ERR_INVALID_PARAM, api.nvEncInitializeEncoder(encoder, &parameters));
    parameters.encodeWidth = small_job.width;
    parameters.encodeGUID = NV_ENC_CODEC_HEVC_GUID;
    EXPECT(NV_ENC_ERR_UNSUPPORTED_PARAM, api.nvEncInitializeEncoder(encoder, &parameters));
    parameters.encodeGUID = NV_ENC_CODEC_H264_GUID;
    config.frameIntervalP = 6;
    EXPECT(NV_ENC_ERR_INVALID_PARAM, api.nvEncInitializeEncoder(encoder, &parameters));
    config.frameIntervalP = 1;
    OK(api.nvEncInitializeEncoder(encoder, &parameters));
    EXPECT(NV_ENC_ERR_INVALID_CALL, api.nvEncInitializeEncoder(encoder, &parameters));
    OK(api.nvEncDestroyEncoder(encoder));
}

static void misuse_buffers(void)
{
    void *encoder = open_encoder(&small_job);
    slot used = {0};
    NV_ENC_LOCK_BITSTREAM lock = {.version = NV_ENC_LOCK_BITSTREAM_VER};
    create_slot(encoder, &small_job, &used);
    lock.outputBitstream = &used;
    EXPECT(NV_ENC_ERR_INVALID_PARAM, api.nvEncLockBitstream(encoder, &lock));
    lock.outputBitstream = used.output;
    EXPECT(NV_ENC_ERR_INVALID_PARAM, api.nvEncLockBitstream(encoder, &lock));
    fill_host_input(encoder, &small_job, &used, 0);
    OK(submit(encoder, &small_job, &used, 0));
    OK(api.nvEncLockBitstream(encoder, &lock));
    EXPECT(NV_ENC_ERR_LOCK_BUSY, api.nvEncLockBitstream(encoder, &lock));
    EXPECT(NV_ENC_ERR_ENCODER_BUSY, submit(encoder, &small_job, &used, 1));
    OK(api.nvEncUnlockBitstream(encoder, used.output));
    EXPECT(NV_ENC_ERR_INVALID_PARAM, api.nvEncUnlockBitstream(encoder, used.output));
    EXPECT(NV_ENC_ERR_RESOURCE_NOT_MAPPED, api.nvEncUnmapInputResource(encoder, used.input));
    OK(api.nvEncDestroyEncoder(encoder)); /* with its buffers left behind */
}

/* A destroyed input must not be read by a picture that NVENC_SW_LATE_READ put off. */
static void misuse_late_input(void)
{
    void *encoder = open_encoder(&small_job);
    slot used = {0};
    create_slot(encoder, &small_job, &used);
    fill_host_input(encoder, &small_job, &used, 0);
    setenv("NVENC_SW_LATE_READ", "1", 1);
    OK(submit(encoder, &small_job, &used, 0));
    unsetenv("NVENC_SW_LATE_READ");
    OK(api.nvEncDestroyInputBuffer(encoder, used.input));
    end_stream(encoder);
    OK(api.nvEncDestroyEncoder(encoder));
}

static void misuse(void)
{
    misuse_sessions();
    misuse_initialization();
    misuse_buffers();
    misuse_late_input();
}

/* ---------- program ---------- */

static NV_ENC_BUFFER_FORMAT format_named(const char *name)
{
    if (!strcmp(name, "iyuv"))
        return NV_ENC_BUFFER_FORMAT_IYUV;
    if (!strcmp(name, "yv12"))
        return NV_ENC_BUFFER_FORMAT_YV12;
    return strcmp(name, "yuv444") ? NV_ENC_BUFFER_FORMAT_NV12 : NV_ENC_BUFFER_FORMAT_YUV444;
}

static job parse_job(char **arguments)
{
    job parsed = {
        .width = (uint32_t)atoi(arguments[0]),
        .height = (uint32_t)atoi(arguments[1]),
        .frames = atoi(arguments[2]),
        .b_frames = atoi(arguments[3]),
        .format = format_named(arguments[4]),
        .on_device = strcmp(arguments[5], "host"),
        .reuses_input = !strcmp(arguments[5], "reused"),
        .output = arguments[6],
    };
    expect(parsed.frames > 0 && parsed.frames <= BUFFERS, 1, "number of frames");
    return parsed;
}

int main(int count, char **arguments)
{
    OK(NvEncodeAPICreateInstance(&api));
    OK(cuCtxCreate_v2(&context, 0, 0));
    if (count == 9 && !strcmp(arguments[1], "encode")) {
        job wanted = parse_job(arguments + 2);
        encode(&wanted);
    } else if (count == 2 && !strcmp(arguments[1], "misuse")) {
        misuse();
    } else {
        fprintf(stderr, "usage: see the head of contract_check.c\n");
        return 2;
    }
    OK(cuCtxDestroy_v2(context));
    expect(cuda_stub_live_allocations(), 0, "device memory left");
    expect(cuda_stub_live_objects(), 0, "contexts, streams and events left");
    return 0;
}
