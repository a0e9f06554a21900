/* Device memory, which is host memory, and copies, which are done when the call returns. */
#include <stdatomic.h>
#include <string.h>

#include "stub.h"

enum { PITCH_ALIGNMENT = 512 };

static atomic_int live_allocations;

CUDA_CALL cuda_stub_live_allocations(void)
{
    return atomic_load(&live_allocations);
}

static void *address(cuda_pointer pointer)
{
    return (void *)(uintptr_t)pointer;
}

CUDA_CALL cuMemAlloc_v2(cuda_pointer *pointer, size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        return CUDA_ERROR_OUT_OF_MEMORY;
    atomic_fetch_add(&live_allocations, 1);
    *pointer = (cuda_pointer)(uintptr_t)memory;
    return CUDA_SUCCESS;
}

CUDA_CALL cuMemAllocAsync(cuda_pointer *pointer, size_t size, void *stream)
{
    return cuMemAlloc_v2(pointer, size);
}

CUDA_CALL cuMemAllocManaged(cuda_pointer *pointer, size_t size, unsigned flags)
{
    return cuMemAlloc_v2(pointer, size);
}

CUDA_CALL cuMemAllocPitch_v2(cuda_pointer *pointer, size_t *pitch, size_t width, size_t height, unsigned element)
{
    *pitch = (width + PITCH_ALIGNMENT - 1) & ~(size_t)(PITCH_ALIGNMENT - 1);
    return cuMemAlloc_v2(pointer, *pitch * height);
}

CUDA_CALL cuMemFree_v2(cuda_pointer pointer)
{
    if (!pointer)
        return CUDA_SUCCESS;
    atomic_fetch_sub(&live_allocations, 1);
    free(address(pointer));
    return CUDA_SUCCESS;
}

CUDA_CALL cuMemFreeAsync(cuda_pointer pointer, void *stream)
{
    return cuMemFree_v2(pointer);
}

CUDA_CALL cuPointerGetAttribute(void *value, int attribute, cuda_pointer pointer)
{
    if (attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE)
        *(unsigned *)value = CU_MEMORYTYPE_DEVICE;
    else if (attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)
        *(int *)value = 0;
    else
        return CUDA_ERROR_INVALID_VALUE;
    return CUDA_SUCCESS;
}

/* ---------- copies ---------- */

CUDA_CALL cuMemcpy(cuda_pointer target, cuda_pointer source, size_t size)
{
    memcpy(address(target), address(source), size);
    return CUDA_SUCCESS;
}

CUDA_CALL cuMemcpyAsync(cuda_pointer target, cuda_pointer source, size_t size, void *stream)
{
    return cuMemcpy(target, source, size);
}

CUDA_CALL cuMemcpyDtoD_v2(cuda_pointer target, cuda_pointer source, size_t size)
{
    return cuMemcpy(target, source, size);
}

CUDA_CALL cuMemcpyDtoDAsync_v2(cuda_pointer target, cuda_pointer source, size_t size, void *stream)
{
    return cuMemcpy(target, source, size);
}

CUDA_CALL cuMemcpyDtoH_v2(void *target, cuda_pointer source, size_t size)
{
    memcpy(target, address(source), size);
    return CUDA_SUCCESS;
}

CUDA_CALL cuMemcpyDtoHAsync_v2(void *target, cuda_pointer source, size_t size, void *stream)
{
    return cuMemcpyDtoH_v2(target, source, size);
}

CUDA_CALL cuMemcpyHtoD_v2(cuda_pointer target, const void *source, size_t size)
{
    memcpy(address(target), source, size);
    return CUDA_SUCCESS;
}

CUDA_CALL cuMemcpyHtoDAsync_v2(cuda_pointer target, const void *source, size_t size, void *stream)
{
    return cuMemcpyHtoD_v2(target, source, size);
}

CUDA_CALL cuMemsetD8Async(cuda_pointer target, unsigned char value, size_t size, void *stream)
{
    memset(address(target), value, size);
    return CUDA_SUCCESS;
}

static const char *source_of(const cuda_copy_2d *copy)
{
    const char *base = copy->source_type == CU_MEMORYTYPE_HOST ? copy->source_host : address(copy->source_device);
    return base + copy->source_y * copy->source_pitch + copy->source_x_bytes;
}

static char *target_of(const cuda_copy_2d *copy)
{
    char *base = copy->target_type == CU_MEMORYTYPE_HOST ? copy->target_host : address(copy->target_device);
    return base + copy->target_y * copy->target_pitch + copy->target_x_bytes;
}

static int pitch_is_too_small(size_t pitch, size_t width)
{
    return pitch && pitch < width;
}

CUDA_CALL cuMemcpy2D_v2(const cuda_copy_2d *copy)
{
    if (pitch_is_too_small(copy->source_pitch, copy->width_bytes) ||
        pitch_is_too_small(copy->target_pitch, copy->width_bytes))
        return CUDA_ERROR_INVALID_VALUE;
    for (size_t row = 0; row < copy->height; row++)
        memcpy(target_of(copy) + row * copy->target_pitch, source_of(copy) + row * copy->source_pitch,
               copy->width_bytes);
    return CUDA_SUCCESS;
}

CUDA_CALL cuMemcpy2DAsync_v2(const cuda_copy_2d *copy, void *stream)
{
    return cuMemcpy2D_v2(copy);
}
