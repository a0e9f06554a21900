/* What the stand-in says that it can do: codecs, profiles, formats, limits and presets. */
#ifndef STANDIN_CAPABILITIES_H
#define STANDIN_CAPABILITIES_H

#include "session.h"

#define REQUIRE_H264(owner, codec)                                                         \
    REQUIRE(owner, same_guid(codec, NV_ENC_CODEC_H264_GUID), NV_ENC_ERR_UNSUPPORTED_PARAM, \
            "%s: only H.264 in this stand-in", __func__)

bool same_guid(GUID a, GUID b);

/* Fills a client's array as far as it goes. */
void copy_guids(const GUID *source, uint32_t available, GUID *target, uint32_t capacity, uint32_t *count);

bool format_is_supported(NV_ENC_BUFFER_FORMAT format);

/* 1 to 7 for P1 to P7, 0 for any other GUID. */
int preset_number(GUID preset);

/* The configuration of a preset; its B-frame count and bit rates are assumptions. */
NV_ENC_CONFIG preset_config(int preset, NV_ENC_TUNING_INFO tuning);

enum { SMALLEST_WIDTH = 145, SMALLEST_HEIGHT = 49, LARGEST_SIDE = 4096, MOST_B_FRAMES = 4 };

NVENCSTATUS codec_count(session *owner, uint32_t *count);
NVENCSTATUS codec_guids(session *owner, GUID *guids, uint32_t capacity, uint32_t *count);
NVENCSTATUS profile_count(session *owner, GUID codec, uint32_t *count);
NVENCSTATUS profile_guids(session *owner, GUID codec, GUID *guids, uint32_t capacity, uint32_t *count);
NVENCSTATUS format_count(session *owner, GUID codec, uint32_t *count);
NVENCSTATUS formats(session *owner, GUID codec, NV_ENC_BUFFER_FORMAT *out, uint32_t capacity, uint32_t *count);
NVENCSTATUS preset_count(session *owner, GUID codec, uint32_t *count);
NVENCSTATUS preset_guids(session *owner, GUID codec, GUID *guids, uint32_t capacity, uint32_t *count);
NVENCSTATUS capability(session *owner, GUID codec, NV_ENC_CAPS_PARAM *query, int *value);
NVENCSTATUS preset_config_without_tuning(session *owner, GUID codec, GUID preset, NV_ENC_PRESET_CONFIG *result);
NVENCSTATUS preset_config_with_tuning(session *owner, GUID codec, GUID preset, NV_ENC_TUNING_INFO tuning,
                                      NV_ENC_PRESET_CONFIG *result);

#endif
