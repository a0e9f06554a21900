/* The few calls that the stand-in makes into libcuda, which it finds at run time as the driver does. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "cuda_abi.h"
#include "cuda_driver.h"

typedef struct {
    int (*push_context)(void *context);
    int (*pop_context)(void **context);
    int (*context_device)(int *device);
    int (*pointer_attribute)(void *value, int attribute, cuda_pointer pointer);
    int (*copy_2d)(const cuda_copy_2d *copy);
    int (*copy_2d_async)(const cuda_copy_2d *copy, void *stream);
    int (*synchronize_stream)(void *stream);
} cuda_functions;

static cuda_functions cuda;
static bool cuda_is_complete;
static pthread_once_t cuda_once = PTHREAD_ONCE_INIT;

/* POSIX lets a data pointer hold a function; ISO C has no cast for it. */
static bool resolve(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void load_cuda(void)
{
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        return;
    cuda_is_complete = resolve(library, "cuCtxPushCurrent_v2", &cuda.push_context) &&
                       resolve(library, "cuCtxPopCurrent_v2", &cuda.pop_context) &&
                       resolve(library, "cuCtxGetDevice", &cuda.context_device) &&
                       resolve(library, "cuPointerGetAttribute", &cuda.pointer_attribute) &&
                       resolve(library, "cuMemcpy2D_v2", &cuda.copy_2d) &&
                       resolve(library, "cuMemcpy2DAsync_v2", &cuda.copy_2d_async) &&
                       resolve(library, "cuStreamSynchronize", &cuda.synchronize_stream);
}

static int enter(void *context)
{
    pthread_once(&cuda_once, load_cuda);
    return cuda_is_complete ? cuda.push_context(context) : CUDA_LIBRARY_MISSING;
}

static void leave(void)
{
    void *left;
    cuda.pop_context(&left);
}

int cuda_check_context(void *context)
{
    int device;
    int result = enter(context);
    if (result)
        return result;
    result = cuda.context_device(&device);
    leave();
    return result;
}

int cuda_check_device_pointer(void *context, const void *pointer)
{
    unsigned type = 0;
    int result = enter(context);
    if (result)
        return result;
    result = cuda.pointer_attribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, (cuda_pointer)(uintptr_t)pointer);
    leave();
    if (result)
        return result;
    return type == CU_MEMORYTYPE_DEVICE ? CUDA_SUCCESS : CUDA_NOT_DEVICE_MEMORY;
}

static int copy_and_wait(const cuda_copy_2d *copy, void *stream)
{
    if (!stream)
        return cuda.copy_2d(copy);
    int result = cuda.copy_2d_async(copy, stream);
    return result ? result : cuda.synchronize_stream(stream);
}

int cuda_download(cuda_place place, void *target, const void *source, size_t source_pitch, size_t row_bytes, size_t rows)
{
    cuda_copy_2d copy = {
        .source_type = CU_MEMORYTYPE_DEVICE,
        .source_device = (cuda_pointer)(uintptr_t)source,
        .source_pitch = source_pitch,
        .target_type = CU_MEMORYTYPE_HOST,
        .target_host = target,
        .target_pitch = row_bytes,
        .width_bytes = row_bytes,
        .height = rows,
    };
    int result = enter(place.context);
    if (result)
        return result;
    result = copy_and_wait(&copy, place.stream);
    leave();
    return result;
}
