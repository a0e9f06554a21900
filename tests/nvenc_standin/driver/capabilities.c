/* What the stand-in says that it can do: codecs, profiles, formats and limits. */
#include <string.h>

#include "capabilities.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static const NV_ENC_BUFFER_FORMAT supported_formats[] = {
    NV_ENC_BUFFER_FORMAT_YV12,   NV_ENC_BUFFER_FORMAT_NV12, NV_ENC_BUFFER_FORMAT_IYUV,
    NV_ENC_BUFFER_FORMAT_YUV444, NV_ENC_BUFFER_FORMAT_ARGB, NV_ENC_BUFFER_FORMAT_ABGR,
};

/* The capabilities that are not 0. */
static const struct {
    NV_ENC_CAPS name;
    int value;
} capabilities[] = {
    {NV_ENC_CAPS_NUM_MAX_BFRAMES, MOST_B_FRAMES},
    {NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES, 3},
    {NV_ENC_CAPS_SUPPORT_CABAC, 1},
    {NV_ENC_CAPS_SUPPORT_QPELMV, 1},
    {NV_ENC_CAPS_SUPPORT_ADAPTIVE_TRANSFORM, 1},
    {NV_ENC_CAPS_SUPPORT_BDIRECT_MODE, 1},
    {NV_ENC_CAPS_LEVEL_MAX, 62},
    {NV_ENC_CAPS_LEVEL_MIN, 10},
    {NV_ENC_CAPS_WIDTH_MAX, LARGEST_SIDE},
    {NV_ENC_CAPS_HEIGHT_MAX, LARGEST_SIDE},
    {NV_ENC_CAPS_WIDTH_MIN, SMALLEST_WIDTH},
    {NV_ENC_CAPS_HEIGHT_MIN, SMALLEST_HEIGHT},
    {NV_ENC_CAPS_SUPPORT_DYN_RES_CHANGE, 1},
    {NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE, 1},
    {NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE, 1},
    {NV_ENC_CAPS_MB_NUM_MAX, 65536},
    {NV_ENC_CAPS_MB_PER_SEC_MAX, 983040},
    {NV_ENC_CAPS_SUPPORT_YUV444_ENCODE, 1},
    {NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE, 1},
    {NV_ENC_CAPS_DYNAMIC_QUERY_ENCODER_CAPACITY, 100},
    {NV_ENC_CAPS_NUM_ENCODER_ENGINES, 1},
};

bool same_guid(GUID a, GUID b)
{
    return !memcmp(&a, &b, sizeof a);
}

bool format_is_supported(NV_ENC_BUFFER_FORMAT format)
{
    for (uint32_t i = 0; i < COUNT(supported_formats); i++)
        if (supported_formats[i] == format)
            return true;
    return false;
}

void copy_guids(const GUID *source, uint32_t available, GUID *target, uint32_t capacity, uint32_t *count)
{
    *count = available < capacity ? available : capacity;
    memcpy(target, source, *count * sizeof *target);
}

NVENCSTATUS codec_count(session *owner, uint32_t *count)
{
    REQUIRE_POINTER(owner, count);
    *count = 1;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS codec_guids(session *owner, GUID *guids, uint32_t capacity, uint32_t *count)
{
    REQUIRE_POINTER(owner, guids);
    REQUIRE_POINTER(owner, count);
    copy_guids(&NV_ENC_CODEC_H264_GUID, 1, guids, capacity, count);
    return NV_ENC_SUCCESS;
}

enum { PROFILES = 5 };

NVENCSTATUS profile_count(session *owner, GUID codec, uint32_t *count)
{
    REQUIRE_POINTER(owner, count);
    REQUIRE_H264(owner, codec);
    *count = PROFILES;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS profile_guids(session *owner, GUID codec, GUID *guids, uint32_t capacity, uint32_t *count)
{
    const GUID profiles[PROFILES] = {
        NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID, NV_ENC_H264_PROFILE_BASELINE_GUID, NV_ENC_H264_PROFILE_MAIN_GUID,
        NV_ENC_H264_PROFILE_HIGH_GUID,        NV_ENC_H264_PROFILE_HIGH_444_GUID,
    };
    REQUIRE_POINTER(owner, guids);
    REQUIRE_POINTER(owner, count);
    REQUIRE_H264(owner, codec);
    copy_guids(profiles, PROFILES, guids, capacity, count);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS format_count(session *owner, GUID codec, uint32_t *count)
{
    REQUIRE_POINTER(owner, count);
    REQUIRE_H264(owner, codec);
    *count = COUNT(supported_formats);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS formats(session *owner, GUID codec, NV_ENC_BUFFER_FORMAT *out, uint32_t capacity, uint32_t *count)
{
    REQUIRE_POINTER(owner, out);
    REQUIRE_POINTER(owner, count);
    REQUIRE_H264(owner, codec);
    *count = capacity < COUNT(supported_formats) ? capacity : COUNT(supported_formats);
    memcpy(out, supported_formats, *count * sizeof *out);
    return NV_ENC_SUCCESS;
}

static int capability_value(NV_ENC_CAPS name)
{
    for (uint32_t i = 0; i < COUNT(capabilities); i++)
        if (capabilities[i].name == name)
            return capabilities[i].value;
    return 0;
}

NVENCSTATUS capability(session *owner, GUID codec, NV_ENC_CAPS_PARAM *query, int *value)
{
    REQUIRE_POINTER(owner, query);
    REQUIRE_POINTER(owner, value);
    REQUIRE_VERSION(owner, query, NV_ENC_CAPS_PARAM_VER);
    REQUIRE_H264(owner, codec);
    *value = capability_value(query->capsToQuery);
    return NV_ENC_SUCCESS;
}
