/* The part of CUDA's driver interface that the stand-in calls and the host-memory libcuda offers.
 * Names and layouts: the CUDA Driver API reference. */
#ifndef STANDIN_CUDA_ABI_H
#define STANDIN_CUDA_ABI_H

#include <stddef.h>
#include <stdint.h>

enum {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_INVALID_CONTEXT = 201,
    CUDA_ERROR_NOT_SUPPORTED = 801
};
enum { CU_MEMORYTYPE_HOST = 1, CU_MEMORYTYPE_DEVICE = 2 };
enum { CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9 };

typedef uint64_t cuda_pointer;

/* CUDA_MEMCPY2D_v2 */
typedef struct {
    size_t source_x_bytes;
    size_t source_y;
    int source_type;
    const void *source_host;
    cuda_pointer source_device;
    void *source_array;
    size_t source_pitch;
    size_t target_x_bytes;
    size_t target_y;
    int target_type;
    void *target_host;
    cuda_pointer target_device;
    void *target_array;
    size_t target_pitch;
    size_t width_bytes;
    size_t height;
} cuda_copy_2d;

#endif
