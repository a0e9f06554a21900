/* A libcuda.so.1 whose device memory is host memory: enough for PyNvVideoCodec to load and encode on a machine
 * without a GPU. No kernel runs. Streams are synchronous. */
#ifndef CUDA_STUB_H
#define CUDA_STUB_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../driver/cuda_abi.h"

/* The signatures are libcuda's; most of their parameters mean nothing here. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define CUDA_CALL __attribute__((visibility("default"))) int

/* Zeroed memory that cuda_stub_live_objects counts: contexts, streams, events. */
int stub_create_object(void **object);
int stub_destroy_object(void *object);

#endif
