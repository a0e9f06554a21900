/* Streams and events: all work is done when its call returns, so there is nothing to wait for. */
#include "stub.h"

CUDA_CALL cuStreamDestroy_v2(void *stream)
{
    return stub_destroy_object(stream);
}

CUDA_CALL cuStreamSynchronize(void *stream)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuStreamQuery(void *stream)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuStreamWaitEvent(void *stream, void *event, unsigned flags)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuEventCreate(void **event, unsigned flags)
{
    return stub_create_object(event);
}

CUDA_CALL cuEventDestroy_v2(void *event)
{
    return stub_destroy_object(event);
}

CUDA_CALL cuEventRecord(void *event, void *stream)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuEventSynchronize(void *event)
{
    return CUDA_SUCCESS;
}

CUDA_CALL cuEventQuery(void *event)
{
    return CUDA_SUCCESS;
}
