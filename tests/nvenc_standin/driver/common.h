/* What every file of the stand-in shares: allocation that cannot fail silently and a growing byte buffer. */
#ifndef STANDIN_COMMON_H
#define STANDIN_COMMON_H

#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))

typedef struct {
    uint8_t *data;
    size_t size;
    size_t capacity;
} byte_buffer;

/* Zeroed memory; aborts the test process when there is none. */
void *allocate(size_t size);

void bytes_reserve(byte_buffer *buffer, size_t extra);
void bytes_append(byte_buffer *buffer, const void *data, size_t size);
void bytes_append_byte(byte_buffer *buffer, uint8_t byte);
void bytes_clear(byte_buffer *buffer);
void bytes_free(byte_buffer *buffer);

#endif
