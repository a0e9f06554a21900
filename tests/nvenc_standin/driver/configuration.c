/* Starting and changing an encoder. */
#include <string.h>

#include "capabilities.h"
#include "configuration.h"
#include "pictures.h"

enum { UNSPECIFIED = 2, VIDEO_FORMAT_UNSPECIFIED = 5 };

bool is_chroma_444(const session *owner)
{
    return owner->config.encodeCodecConfig.h264Config.chromaFormatIDC == 3;
}

static void log_initialize(const session *owner)
{
    const NV_ENC_INITIALIZE_PARAMS *parameters = &owner->parameters;
    const NV_ENC_CONFIG *config = &owner->config;
    const NV_ENC_RC_PARAMS *rate = &config->rcParams;
    const NV_ENC_CONFIG_H264 *h264 = &config->encodeCodecConfig.h264Config;
    const NV_ENC_CONFIG_H264_VUI_PARAMETERS *vui = &h264->h264VUIParameters;
    log_call(
        "{\"call\":\"init\",\"session\":%u,\"w\":%u,\"h\":%u,\"fps\":\"%u/%u\",\"preset\":%d,\"tuning\":%d,\"gop\":%u,"
        "\"frameIntervalP\":%d,\"idrPeriod\":%u,\"rc\":%d,\"avg\":%u,\"max\":%u,\"vbv\":%u,\"qp\":[%u,%u,%u],"
        "\"cq\":%d,\"lookahead\":%d,\"multipass\":%d,\"aq\":%d,\"repeatSPSPPS\":%d,\"aud\":%d,\"chroma\":%u,"
        "\"vui\":{\"signalPresent\":%u,\"fullRange\":%u,\"colourPresent\":%u,\"prim\":%d,\"trc\":%d,\"matrix\":%d,"
        "\"timing\":%u,\"chromaLoc\":%u}}",
        owner->number, parameters->encodeWidth, parameters->encodeHeight, parameters->frameRateNum,
        parameters->frameRateDen, preset_number(parameters->presetGUID), (int)parameters->tuningInfo,
        config->gopLength, config->frameIntervalP, h264->idrPeriod, (int)rate->rateControlMode, rate->averageBitRate,
        rate->maxBitRate, rate->vbvBufferSize, rate->constQP.qpInterP, rate->constQP.qpInterB, rate->constQP.qpIntra,
        rate->targetQuality, rate->lookaheadDepth, (int)rate->multiPass, (int)rate->enableAQ,
        (int)h264->repeatSPSPPS, (int)h264->outputAUD, h264->chromaFormatIDC, vui->videoSignalTypePresentFlag,
        vui->videoFullRangeFlag, vui->colourDescriptionPresentFlag, (int)vui->colourPrimaries,
        (int)vui->transferCharacteristics, (int)vui->colourMatrix, vui->timingInfoPresentFlag,
        vui->chromaSampleLocationFlag);
}

static h264_colour colour_of(const NV_ENC_CONFIG_H264_VUI_PARAMETERS *vui)
{
    h264_colour colour = {VIDEO_FORMAT_UNSPECIFIED, false, UNSPECIFIED, UNSPECIFIED, UNSPECIFIED, 0};
    if (vui->chromaSampleLocationFlag)
        colour.chroma_location = (int)vui->chromaSampleLocationTop;
    if (!vui->videoSignalTypePresentFlag)
        return colour;
    colour.format = (int)vui->videoFormat;
    colour.full_range = vui->videoFullRangeFlag;
    if (!vui->colourDescriptionPresentFlag)
        return colour;
    colour.primaries = (int)vui->colourPrimaries;
    colour.transfer = (int)vui->transferCharacteristics;
    colour.matrix = (int)vui->colourMatrix;
    return colour;
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The API gives the picture's shape (display aspect ratio), H.264 wants the sample's. */
static void set_sample_shape(h264_settings *settings, const NV_ENC_INITIALIZE_PARAMS *parameters)
{
    uint64_t width = (uint64_t)parameters->darWidth * parameters->encodeHeight;
    uint64_t height = (uint64_t)parameters->darHeight * parameters->encodeWidth;
    if (!width || !height)
        return;
    uint64_t divisor = greatest_common_divisor(width, height);
    settings->sar_width = (uint32_t)(width / divisor);
    settings->sar_height = (uint32_t)(height / divisor);
}

static h264_settings settings_of(const session *owner)
{
    const NV_ENC_INITIALIZE_PARAMS *parameters = &owner->parameters;
    const NV_ENC_CONFIG_H264 *h264 = &owner->config.encodeCodecConfig.h264Config;
    h264_settings settings = {
        .width = parameters->encodeWidth,
        .height = parameters->encodeHeight,
        .chroma_444 = is_chroma_444(owner),
        .has_b_frames = owner->config.frameIntervalP > 1,
        .access_unit_delimiter = h264->outputAUD,
        .skip_mode = in_instant_mode(),
        .sps_id = h264->spsId,
        .level_idc = h264->level, /* NV_ENC_LEVEL_AUTOSELECT is 0 */
        .frame_rate_num = parameters->frameRateNum,
        .frame_rate_den = parameters->frameRateDen,
        .colour = colour_of(&h264->h264VUIParameters),
    };
    set_sample_shape(&settings, parameters);
    return settings;
}

static gop pattern_of(const NV_ENC_CONFIG *config)
{
    gop pattern = {.length = config->gopLength, .b_frames = 0};
    if (config->frameIntervalP > 1)
        pattern.b_frames = (uint32_t)config->frameIntervalP - 1;
    if (config->frameIntervalP == 0 || config->gopLength == 0)
        pattern.length = 1; /* intra only */
    return pattern;
}

static void open_writer(session *owner)
{
    h264_settings settings = settings_of(owner);
    h264_writer_close(owner->writer);
    owner->writer = h264_writer_open(&settings);
    owner->pattern = pattern_of(&owner->config);
    bytes_clear(&owner->parameter_sets);
    h264_writer_parameter_sets(owner->writer, &owner->parameter_sets);
    owner->parameter_sets_sent = false;
}

static void adopt(session *owner, const NV_ENC_INITIALIZE_PARAMS *parameters, NV_ENC_CONFIG config)
{
    if (!config.encodeCodecConfig.h264Config.chromaFormatIDC)
        config.encodeCodecConfig.h264Config.chromaFormatIDC = 1;
    owner->parameters = *parameters;
    owner->config = config;
    owner->parameters.encodeConfig = &owner->config;
}

NVENCSTATUS initialize_encoder(session *owner, NV_ENC_INITIALIZE_PARAMS *parameters)
{
    REQUIRE_POINTER(owner, parameters);
    REQUIRE(owner, !owner->initialized, NV_ENC_ERR_INVALID_CALL, "initialised twice");
    NVENCSTATUS status = check_parameters(owner, parameters);
    if (status)
        return status;
    NV_ENC_CONFIG config = parameters->encodeConfig
                               ? *parameters->encodeConfig
                               : preset_config(preset_number(parameters->presetGUID), parameters->tuningInfo);
    status = check_config(owner, &config, parameters->tuningInfo);
    if (status)
        return status;
    adopt(owner, parameters, config);
    log_initialize(owner);
    open_writer(owner);
    owner->initialized = true;
    return NV_ENC_SUCCESS;
}

/* ---------- reconfiguration ---------- */

static uint32_t largest(uint32_t maximum, uint32_t initial)
{
    return maximum ? maximum : initial;
}

static NVENCSTATUS check_change(session *owner, const NV_ENC_RECONFIGURE_PARAMS *change)
{
    const NV_ENC_INITIALIZE_PARAMS *wanted = &change->reInitEncodeParams, *now = &owner->parameters;
    REQUIRE(owner,
            wanted->encodeWidth <= largest(now->maxEncodeWidth, now->encodeWidth) &&
                wanted->encodeHeight <= largest(now->maxEncodeHeight, now->encodeHeight),
            NV_ENC_ERR_INVALID_PARAM, "reconfigured size above the initial maximum");
    REQUIRE(owner, wanted->encodeConfig->frameIntervalP == owner->config.frameIntervalP, NV_ENC_ERR_INVALID_PARAM,
            "frameIntervalP cannot be reconfigured");
    if (wanted->encodeConfig->gopLength != owner->config.gopLength && !change->forceIDR)
        log_call("{\"note\":\"GOP change without forceIDR\"}");
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_reconfiguration(session *owner, const NV_ENC_RECONFIGURE_PARAMS *change)
{
    const NV_ENC_INITIALIZE_PARAMS *wanted = &change->reInitEncodeParams;
    REQUIRE_VERSION(owner, change, NV_ENC_RECONFIGURE_PARAMS_VER);
    NVENCSTATUS status = check_parameters(owner, wanted);
    if (status)
        return status;
    REQUIRE_POINTER(owner, wanted->encodeConfig);
    status = check_config(owner, wanted->encodeConfig, wanted->tuningInfo);
    return status ? status : check_change(owner, change);
}

static void log_reconfigure(const session *owner, bool force_idr)
{
    const NV_ENC_INITIALIZE_PARAMS *parameters = &owner->parameters;
    const NV_ENC_RC_PARAMS *rate = &owner->config.rcParams;
    log_call("{\"call\":\"reconfigure\",\"session\":%u,\"w\":%u,\"h\":%u,\"rc\":%d,\"avg\":%u,\"max\":%u,"
             "\"fps\":\"%u/%u\",\"tuning\":%d,\"forceIDR\":%d}",
             owner->number, parameters->encodeWidth, parameters->encodeHeight, (int)rate->rateControlMode,
             rate->averageBitRate, rate->maxBitRate, parameters->frameRateNum, parameters->frameRateDen,
             (int)parameters->tuningInfo, force_idr);
}

static bool is_resized(const session *owner, const NV_ENC_INITIALIZE_PARAMS *wanted)
{
    return wanted->encodeWidth != owner->parameters.encodeWidth ||
           wanted->encodeHeight != owner->parameters.encodeHeight;
}

/* A new size or a reset starts a new sequence; another bit rate changes nothing in I_PCM pictures. */
NVENCSTATUS reconfigure_encoder(session *owner, NV_ENC_RECONFIGURE_PARAMS *change)
{
    REQUIRE_POINTER(owner, change);
    REQUIRE_INITIALIZED(owner);
    NVENCSTATUS status = check_reconfiguration(owner, change);
    if (status)
        return status;
    bool resized = is_resized(owner, &change->reInitEncodeParams);
    bool restarts = resized || change->resetEncoder;
    status = restarts ? finish_pictures(owner) : NV_ENC_SUCCESS;
    if (status)
        return status;
    adopt(owner, &change->reInitEncodeParams, *change->reInitEncodeParams.encodeConfig);
    if (restarts)
        open_writer(owner);
    owner->pattern.length = pattern_of(&owner->config).length;
    owner->force_idr = owner->force_idr || resized || change->forceIDR;
    log_reconfigure(owner, change->forceIDR);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS sequence_parameters(session *owner, NV_ENC_SEQUENCE_PARAM_PAYLOAD *payload)
{
    REQUIRE_POINTER(owner, payload);
    REQUIRE_VERSION(owner, payload, NV_ENC_SEQUENCE_PARAM_PAYLOAD_VER);
    REQUIRE_INITIALIZED(owner);
    REQUIRE_POINTER(owner, payload->spsppsBuffer);
    REQUIRE_POINTER(owner, payload->outSPSPPSPayloadSize);
    REQUIRE(owner, payload->inBufferSize >= owner->parameter_sets.size, NV_ENC_ERR_NOT_ENOUGH_BUFFER,
            "SPS/PPS need %zu bytes", owner->parameter_sets.size);
    memcpy(payload->spsppsBuffer, owner->parameter_sets.data, owner->parameter_sets.size);
    *payload->outSPSPPSPayloadSize = (uint32_t)owner->parameter_sets.size;
    return NV_ENC_SUCCESS;
}
