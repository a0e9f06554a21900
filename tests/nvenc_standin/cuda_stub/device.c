/* The driver and its one device. */
#include <stdio.h>

#include "stub.h"

enum { DRIVER_VERSION = 13000 };

CUDA_CALL cuInit(unsigned flags)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuDriverGetVersion(int *version)
{
    *version = DRIVER_VERSION;
    return CUDA_SUCCESS;
}

CUDA_CALL cuDeviceGetCount(int *count)
{
    *count = 1;
    return CUDA_SUCCESS;
}

CUDA_CALL cuDeviceGet(int *device, int ordinal)
{
    if (ordinal)
        return CUDA_ERROR_INVALID_DEVICE;
    *device = 0;
    return CUDA_SUCCESS;
}

CUDA_CALL cuDeviceGetName(char *name, int size, int device)
{
    snprintf(name, (size_t)size, "CPU stub");
    return CUDA_SUCCESS;
}

CUDA_CALL cuDeviceGetAttribute(int *value, int attribute, int device)
{
    *value = 0;
    return CUDA_SUCCESS;
}

CUDA_CALL cuDeviceComputeCapability(int *major, int *minor, int device)
{
    *major = 9;
    *minor = 0;
    return CUDA_SUCCESS;
}

CUDA_CALL cuGetErrorName(int error, const char **name)
{
    *name = "CUDA_STUB_ERROR";
    return CUDA_SUCCESS;
}

CUDA_CALL cuGetErrorString(int error, const char **text)
{
    *text = "stub error";
    return CUDA_SUCCESS;
}
