/* The few calls that the stand-in makes into libcuda. */
#ifndef STANDIN_CUDA_DRIVER_H
#define STANDIN_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

enum { CUDA_LIBRARY_MISSING = -1, CUDA_NOT_DEVICE_MEMORY = 999 };

/* All return 0, CUDA_LIBRARY_MISSING or the CUresult of the call that failed. */
int cuda_check_context(void *context);
int cuda_check_device_pointer(void *context, const void *pointer);

typedef struct {
    void *context;
    void *stream; /* NULL: the default stream */
} cuda_place;

/* Copies `rows` rows of `row_bytes` bytes to tightly packed host memory and waits for them. */
int cuda_download(cuda_place place, void *target, const void *source, size_t source_pitch, size_t row_bytes, size_t rows);

#endif
