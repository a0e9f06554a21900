/* The count of contexts, streams and events that were created and not destroyed. */
#include <stdatomic.h>

#include "stub.h"

enum { OBJECT_BYTES = 64 };

static atomic_int live_objects;

int stub_create_object(void **object)
{
    *object = calloc(1, OBJECT_BYTES);
    if (!*object)
        return CUDA_ERROR_OUT_OF_MEMORY;
    atomic_fetch_add(&live_objects, 1);
    return CUDA_SUCCESS;
}

int stub_destroy_object(void *object)
{
    if (!object)
        return CUDA_ERROR_INVALID_VALUE;
    free(object);
    atomic_fetch_sub(&live_objects, 1);
    return CUDA_SUCCESS;
}

CUDA_CALL cuda_stub_live_objects(void)
{
    return atomic_load(&live_objects);
}
