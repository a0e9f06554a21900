/* The checks of initialisation parameters and configuration. */
#include "capabilities.h"
#include "configuration.h"

enum { HIGHEST_QP = 51 };

static NVENCSTATUS check_codec(session *owner, GUID codec)
{
    if (same_guid(codec, NV_ENC_CODEC_H264_GUID))
        return NV_ENC_SUCCESS;
    bool known = same_guid(codec, NV_ENC_CODEC_HEVC_GUID) || same_guid(codec, NV_ENC_CODEC_AV1_GUID);
    return refuse(owner, known ? NV_ENC_ERR_UNSUPPORTED_PARAM : NV_ENC_ERR_INVALID_PARAM,
                  "codec not supported by the stand-in (H.264 only)");
}

static NVENCSTATUS check_size(session *owner, const NV_ENC_INITIALIZE_PARAMS *parameters)
{
    uint32_t width = parameters->encodeWidth, height = parameters->encodeHeight;
    REQUIRE(owner,
            width >= SMALLEST_WIDTH && width <= LARGEST_SIDE && height >= SMALLEST_HEIGHT && height <= LARGEST_SIDE,
            NV_ENC_ERR_INVALID_PARAM, "size %ux%u outside %d..%d x %d..%d", width, height, SMALLEST_WIDTH,
            LARGEST_SIDE, SMALLEST_HEIGHT, LARGEST_SIDE);
    REQUIRE(owner, width % 2 == 0 && height % 2 == 0, NV_ENC_ERR_INVALID_PARAM, "odd size %ux%u", width, height);
    REQUIRE(owner,
            !parameters->maxEncodeWidth ||
                (parameters->maxEncodeWidth >= width && parameters->maxEncodeHeight >= height),
            NV_ENC_ERR_INVALID_PARAM, "max size below size");
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_modes(session *owner, const NV_ENC_INITIALIZE_PARAMS *parameters)
{
    REQUIRE(owner, !parameters->enableEncodeAsync, NV_ENC_ERR_INVALID_PARAM, "async encoding is Windows only");
    REQUIRE(owner, parameters->enablePTD, NV_ENC_ERR_UNIMPLEMENTED, "enablePTD=0 not in the stand-in");
    REQUIRE(owner,
            !parameters->enableMEOnlyMode && !parameters->enableOutputInVidmem && !parameters->enableReconFrameOutput,
            NV_ENC_ERR_UNIMPLEMENTED, "mode not in the stand-in");
    return NV_ENC_SUCCESS;
}

NVENCSTATUS check_parameters(session *owner, const NV_ENC_INITIALIZE_PARAMS *parameters)
{
    REQUIRE_VERSION(owner, parameters, NV_ENC_INITIALIZE_PARAMS_VER);
    NVENCSTATUS status = check_codec(owner, parameters->encodeGUID);
    if (status)
        return status;
    REQUIRE(owner, preset_number(parameters->presetGUID), NV_ENC_ERR_UNSUPPORTED_PARAM, "unknown preset GUID");
    REQUIRE(owner, parameters->tuningInfo != NV_ENC_TUNING_INFO_UNDEFINED, NV_ENC_ERR_INVALID_PARAM,
            "tuningInfo is undefined");
    REQUIRE(owner, parameters->frameRateNum && parameters->frameRateDen, NV_ENC_ERR_INVALID_PARAM,
            "frame rate %u/%u", parameters->frameRateNum, parameters->frameRateDen);
    status = check_size(owner, parameters);
    return status ? status : check_modes(owner, parameters);
}

static NVENCSTATUS check_gop(session *owner, const NV_ENC_CONFIG *config)
{
    bool finite = config->gopLength && config->gopLength != NVENC_INFINITE_GOPLENGTH;
    REQUIRE(owner, config->frameIntervalP >= 0 && config->frameIntervalP - 1 <= MOST_B_FRAMES,
            NV_ENC_ERR_INVALID_PARAM, "frameIntervalP %d", config->frameIntervalP);
    REQUIRE(owner, !finite || (int64_t)config->gopLength >= config->frameIntervalP, NV_ENC_ERR_INVALID_PARAM,
            "gopLength %u below frameIntervalP %d", config->gopLength, config->frameIntervalP);
    REQUIRE(owner, config->frameIntervalP <= 1 || !same_guid(config->profileGUID, NV_ENC_H264_PROFILE_BASELINE_GUID),
            NV_ENC_ERR_INVALID_PARAM, "B frames in baseline profile");
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_rate_control(session *owner, const NV_ENC_RC_PARAMS *rate)
{
    const NV_ENC_QP *qp = &rate->constQP;
    REQUIRE(owner, rate->rateControlMode <= NV_ENC_PARAMS_RC_CBR, NV_ENC_ERR_INVALID_PARAM, "rateControlMode %d",
            (int)rate->rateControlMode);
    REQUIRE(owner,
            rate->rateControlMode != NV_ENC_PARAMS_RC_CONSTQP ||
                (qp->qpInterP <= HIGHEST_QP && qp->qpInterB <= HIGHEST_QP && qp->qpIntra <= HIGHEST_QP),
            NV_ENC_ERR_INVALID_PARAM, "constQP %u/%u/%u above %d", qp->qpInterP, qp->qpInterB, qp->qpIntra,
            HIGHEST_QP);
    REQUIRE(owner, rate->rateControlMode != NV_ENC_PARAMS_RC_VBR || rate->targetQuality <= HIGHEST_QP,
            NV_ENC_ERR_INVALID_PARAM, "targetQuality %d", rate->targetQuality);
    if (rate->rateControlMode == NV_ENC_PARAMS_RC_VBR && rate->maxBitRate && rate->averageBitRate > rate->maxBitRate)
        log_call("{\"note\":\"averageBitRate above maxBitRate\"}");
    return NV_ENC_SUCCESS;
}

/* Lossless encoding has no rate to control. */
static bool is_lossless(const NV_ENC_CONFIG *config, NV_ENC_TUNING_INFO tuning)
{
    return tuning == NV_ENC_TUNING_INFO_LOSSLESS ||
           config->encodeCodecConfig.h264Config.qpPrimeYZeroTransformBypassFlag;
}

NVENCSTATUS check_config(session *owner, const NV_ENC_CONFIG *config, NV_ENC_TUNING_INFO tuning)
{
    REQUIRE_VERSION(owner, config, NV_ENC_CONFIG_VER);
    uint32_t chroma = config->encodeCodecConfig.h264Config.chromaFormatIDC;
    REQUIRE(owner, chroma <= 3 && chroma != 2, NV_ENC_ERR_INVALID_PARAM, "chromaFormatIDC %u", chroma);
    NVENCSTATUS status = check_gop(owner, config);
    if (status || is_lossless(config, tuning))
        return status;
    return check_rate_control(owner, &config->rcParams);
}
