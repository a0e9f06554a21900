/* The symbols that the NVENC driver library exports, and a mark that the real one has not. */
#include "common.h"
#include "function_table.h"
#include "switches.h"

EXPORTED NVENCSTATUS NVENCAPI NvEncodeAPIGetMaxSupportedVersion(uint32_t *version)
{
    if (!version)
        return NV_ENC_ERR_INVALID_PTR;
    *version = reported_api_version();
    return NV_ENC_SUCCESS;
}

/* NVENCAPI_STRUCT_VERSION keeps the API's major version in the low byte, its minor one in the high. */
static uint32_t api_of_structure(uint32_t structure_version)
{
    uint32_t major = structure_version & 0xff, minor = structure_version >> 24 & 0xf;
    return major << 4 | minor;
}

EXPORTED NVENCSTATUS NVENCAPI NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST *table)
{
    if (!table)
        return NV_ENC_ERR_INVALID_PTR;
    uint32_t wanted = api_of_structure(table->version);
    log_call("{\"call\":\"create_instance\",\"version\":\"0x%08x\"}", table->version);
    if (wanted > reported_api_version() || wanted != api_of_structure(NV_ENCODE_API_FUNCTION_LIST_VER))
        return NV_ENC_ERR_INVALID_VERSION;
    return fill_function_table(table);
}

/* Lets a benchmark refuse to run on the stand-in. */
EXPORTED const char *nvenc_sw_identity(void);

const char *nvenc_sw_identity(void)
{
    return "nvenc_sw: software stand-in for libnvidia-encode, PCM H.264 inside, for tests only";
}
