/* Contexts and each thread's stack of current contexts. */
#include "stub.h"

enum { STACK_DEPTH = 64, LAST_DEFAULT_STREAM = 2 };

static char primary_context[64];
static _Thread_local void *stack[STACK_DEPTH];
static _Thread_local int depth;

static int push(void *context)
{
    if (depth == STACK_DEPTH)
        return CUDA_ERROR_OUT_OF_MEMORY;
    stack[depth++] = context;
    return CUDA_SUCCESS;
}

static void *current(void)
{
    return depth ? stack[depth - 1] : NULL;
}

CUDA_CALL cuCtxCreate_v2(void **context, unsigned flags, int device)
{
    int result = stub_create_object(context);
    return result ? result : push(*context);
}

CUDA_CALL cuCtxDestroy_v2(void *context)
{
    if (context && current() == context)
        depth--;
    return context == primary_context ? CUDA_SUCCESS : stub_destroy_object(context);
}

CUDA_CALL cuDevicePrimaryCtxRetain(void **context, int device)
{
    *context = primary_context;
    return CUDA_SUCCESS;
}

CUDA_CALL cuDevicePrimaryCtxRelease(int device)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuDevicePrimaryCtxRelease_v2(int device)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuDevicePrimaryCtxReset(int device)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active)
{
    *flags = 0;
    *active = 1;
    return CUDA_SUCCESS;
}

CUDA_CALL cuDevicePrimaryCtxSetFlags(int device, unsigned flags)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuCtxGetDevice(int *device)
{
    if (!depth)
        return CUDA_ERROR_INVALID_CONTEXT;
    *device = 0;
    return CUDA_SUCCESS;
}

CUDA_CALL cuCtxGetCurrent(void **context)
{
    *context = current();
    return CUDA_SUCCESS;
}

CUDA_CALL cuCtxSetCurrent(void *context)
{
    if (depth)
        depth--;
    return context ? push(context) : CUDA_SUCCESS;
}

CUDA_CALL cuCtxPushCurrent_v2(void *context)
{
    return context ? push(context) : CUDA_ERROR_INVALID_CONTEXT;
}

CUDA_CALL cuCtxPopCurrent_v2(void **context)
{
    if (!depth)
        return CUDA_ERROR_INVALID_CONTEXT;
    void *popped = stack[--depth];
    if (context)
        *context = popped;
    return CUDA_SUCCESS;
}

CUDA_CALL cuCtxGetApiVersion(void *context, unsigned *version)
{
    *version = 13000;
    return CUDA_SUCCESS;
}

CUDA_CALL cuCtxSetLimit(int limit, size_t value)
{
    return CUDA_SUCCESS;
}

/* The default streams belong to the context that asks. */
CUDA_CALL cuStreamGetCtx(void *stream, void **context)
{
    if ((uintptr_t)stream > LAST_DEFAULT_STREAM)
        *context = *(void **)stream;
    else
        *context = depth ? current() : primary_context;
    return CUDA_SUCCESS;
}

/* A stream keeps the context in which it was made. */
CUDA_CALL cuStreamCreate(void **stream, unsigned flags)
{
    int result = stub_create_object(stream);
    if (!result)
        *(void **)*stream = depth ? current() : primary_context;
    return result;
}
