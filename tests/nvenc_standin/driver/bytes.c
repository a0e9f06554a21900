/* A growing byte buffer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static void require_memory(const void *memory)
{
    if (memory)
        return;
    fputs("NVENC stand-in: out of memory\n", stderr);
    abort();
}

void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    require_memory(memory);
    return memory;
}

void bytes_reserve(byte_buffer *buffer, size_t extra)
{
    size_t needed = buffer->size + extra;
    if (needed <= buffer->capacity)
        return;
    buffer->capacity = needed * 2;
    buffer->data = realloc(buffer->data, buffer->capacity);
    require_memory(buffer->data);
}

void bytes_append(byte_buffer *buffer, const void *data, size_t size)
{
    if (!size)
        return;
    bytes_reserve(buffer, size);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void bytes_append_byte(byte_buffer *buffer, uint8_t byte)
{
    bytes_append(buffer, &byte, 1);
}

void bytes_clear(byte_buffer *buffer)
{
    buffer->size = 0;
}

void bytes_free(byte_buffer *buffer)
{
    free(buffer->data);
    *buffer = (byte_buffer){0};
}
