/* The presets P1 to P7. Their B-frame count, bit rates and QPs are assumptions. */
#include <string.h>

#include "capabilities.h"

enum { PRESETS = 7, ASSUMED_GOP_LENGTH = 250, ASSUMED_BITRATE = 5000000 };

static void list_presets(GUID list[PRESETS])
{
    const GUID presets[PRESETS] = {
        NV_ENC_PRESET_P1_GUID, NV_ENC_PRESET_P2_GUID, NV_ENC_PRESET_P3_GUID, NV_ENC_PRESET_P4_GUID,
        NV_ENC_PRESET_P5_GUID, NV_ENC_PRESET_P6_GUID, NV_ENC_PRESET_P7_GUID,
    };
    memcpy(list, presets, sizeof presets);
}

int preset_number(GUID preset)
{
    GUID list[PRESETS];
    list_presets(list);
    for (int i = 0; i < PRESETS; i++)
        if (same_guid(preset, list[i]))
            return i + 1;
    return 0;
}

NVENCSTATUS preset_count(session *owner, GUID codec, uint32_t *count)
{
    REQUIRE_POINTER(owner, count);
    REQUIRE_H264(owner, codec);
    *count = PRESETS;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS preset_guids(session *owner, GUID codec, GUID *guids, uint32_t capacity, uint32_t *count)
{
    GUID list[PRESETS];
    REQUIRE_POINTER(owner, guids);
    REQUIRE_POINTER(owner, count);
    REQUIRE_H264(owner, codec);
    list_presets(list);
    copy_guids(list, PRESETS, guids, capacity, count);
    return NV_ENC_SUCCESS;
}

static bool is_low_latency(NV_ENC_TUNING_INFO tuning)
{
    return tuning == NV_ENC_TUNING_INFO_LOW_LATENCY || tuning == NV_ENC_TUNING_INFO_ULTRA_LOW_LATENCY;
}

static NV_ENC_PARAMS_RC_MODE rate_control_mode(NV_ENC_TUNING_INFO tuning)
{
    if (tuning == NV_ENC_TUNING_INFO_LOSSLESS)
        return NV_ENC_PARAMS_RC_CONSTQP;
    return is_low_latency(tuning) ? NV_ENC_PARAMS_RC_CBR : NV_ENC_PARAMS_RC_VBR;
}

static void fill_rate_control(NV_ENC_RC_PARAMS *rate, NV_ENC_TUNING_INFO tuning)
{
    rate->version = NV_ENC_RC_PARAMS_VER;
    rate->rateControlMode = rate_control_mode(tuning);
    rate->averageBitRate = ASSUMED_BITRATE;
    rate->maxBitRate = ASSUMED_BITRATE;
    if (tuning != NV_ENC_TUNING_INFO_LOSSLESS)
        rate->constQP = (NV_ENC_QP){.qpInterP = 28, .qpInterB = 31, .qpIntra = 25};
}

static void fill_h264(NV_ENC_CONFIG_H264 *h264, uint32_t gop_length, NV_ENC_TUNING_INFO tuning)
{
    h264->idrPeriod = gop_length;
    h264->chromaFormatIDC = 1;
    h264->sliceMode = 3;
    h264->sliceModeData = 1;
    h264->adaptiveTransformMode = NV_ENC_H264_ADAPTIVE_TRANSFORM_AUTOSELECT;
    h264->entropyCodingMode = NV_ENC_H264_ENTROPY_CODING_MODE_CABAC;
    h264->qpPrimeYZeroTransformBypassFlag = tuning == NV_ENC_TUNING_INFO_LOSSLESS;
    h264->h264VUIParameters.videoFormat = NV_ENC_VUI_VIDEO_FORMAT_UNSPECIFIED;
}

NV_ENC_CONFIG preset_config(int preset, NV_ENC_TUNING_INFO tuning)
{
    NV_ENC_CONFIG config;
    memset(&config, 0, sizeof config);
    bool without_b = is_low_latency(tuning) || preset < 3 || tuning == NV_ENC_TUNING_INFO_LOSSLESS;
    config.version = NV_ENC_CONFIG_VER;
    config.profileGUID = NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID;
    config.frameFieldMode = NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME;
    config.mvPrecision = NV_ENC_MV_PRECISION_DEFAULT;
    config.gopLength = is_low_latency(tuning) ? NVENC_INFINITE_GOPLENGTH : ASSUMED_GOP_LENGTH;
    config.frameIntervalP = without_b ? 1 : 3;
    fill_rate_control(&config.rcParams, tuning);
    fill_h264(&config.encodeCodecConfig.h264Config, config.gopLength, tuning);
    return config;
}

NVENCSTATUS preset_config_with_tuning(session *owner, GUID codec, GUID preset, NV_ENC_TUNING_INFO tuning,
                                      NV_ENC_PRESET_CONFIG *result)
{
    int number = preset_number(preset);
    REQUIRE_POINTER(owner, result);
    REQUIRE_VERSION(owner, result, NV_ENC_PRESET_CONFIG_VER);
    REQUIRE_VERSION(owner, &result->presetCfg, NV_ENC_CONFIG_VER);
    REQUIRE_H264(owner, codec);
    REQUIRE(owner, number, NV_ENC_ERR_UNSUPPORTED_PARAM, "unknown preset GUID");
    REQUIRE(owner, tuning > NV_ENC_TUNING_INFO_UNDEFINED && tuning < NV_ENC_TUNING_INFO_COUNT,
            NV_ENC_ERR_INVALID_PARAM, "tuningInfo %d", (int)tuning);
    result->presetCfg = preset_config(number, tuning);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS preset_config_without_tuning(session *owner, GUID codec, GUID preset, NV_ENC_PRESET_CONFIG *result)
{
    (void)preset;
    REQUIRE_POINTER(owner, result);
    REQUIRE_VERSION(owner, result, NV_ENC_PRESET_CONFIG_VER);
    REQUIRE_VERSION(owner, &result->presetCfg, NV_ENC_CONFIG_VER);
    REQUIRE_H264(owner, codec);
    return refuse(owner, NV_ENC_ERR_UNSUPPORTED_PARAM, "P1-P7 presets need nvEncGetEncodePresetConfigEx");
}
