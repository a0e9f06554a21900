/* Input buffers in system memory, and the buffers that hold coded pictures. */
#include <stdlib.h>

#include "buffers.h"
#include "capabilities.h"
#include "input_image.h"
#include "pictures.h"

enum { LARGEST_INPUT_SIDE = 8192, ROW_ALIGNMENT = 256 };

NVENCSTATUS input_buffer_create(session *owner, NV_ENC_CREATE_INPUT_BUFFER *request)
{
    REQUIRE_POINTER(owner, request);
    REQUIRE_VERSION(owner, request, NV_ENC_CREATE_INPUT_BUFFER_VER);
    REQUIRE_INITIALIZED(owner);
    REQUIRE(owner, format_is_supported(request->bufferFmt), NV_ENC_ERR_INVALID_PARAM, "input format 0x%x",
            (unsigned)request->bufferFmt);
    REQUIRE(owner,
            request->width && request->height && request->width <= LARGEST_INPUT_SIDE &&
                request->height <= LARGEST_INPUT_SIDE,
            NV_ENC_ERR_INVALID_PARAM, "input size %ux%u", request->width, request->height);
    input_buffer *created = allocate(sizeof *created);
    created->format = request->bufferFmt;
    created->width = request->width;
    created->height = request->height;
    created->pitch = (image_row_bytes(created->format, created->width) + ROW_ALIGNMENT - 1) & ~(ROW_ALIGNMENT - 1u);
    created->memory = allocate((size_t)created->pitch * image_rows(created->format, created->height));
    resource_add(&owner->input_buffers, &created->link);
    request->inputBuffer = created;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS input_buffer_destroy(session *owner, NV_ENC_INPUT_PTR handle)
{
    input_buffer *buffer = resource_find(owner->input_buffers, handle);
    REQUIRE_POINTER(owner, handle);
    REQUIRE(owner, buffer, NV_ENC_ERR_INVALID_PARAM, "unknown input buffer");
    forget_late_picture_of(owner, buffer);
    resource_remove(&owner->input_buffers, &buffer->link);
    free(buffer->memory);
    free(buffer);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS input_buffer_lock(session *owner, NV_ENC_LOCK_INPUT_BUFFER *request)
{
    REQUIRE_POINTER(owner, request);
    REQUIRE_VERSION(owner, request, NV_ENC_LOCK_INPUT_BUFFER_VER);
    input_buffer *buffer = resource_find(owner->input_buffers, request->inputBuffer);
    REQUIRE(owner, buffer, NV_ENC_ERR_INVALID_PARAM, "unknown input buffer");
    REQUIRE(owner, !buffer->locked, NV_ENC_ERR_LOCK_BUSY, "input buffer is locked");
    buffer->locked = true;
    request->bufferDataPtr = buffer->memory;
    request->pitch = buffer->pitch;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS input_buffer_unlock(session *owner, NV_ENC_INPUT_PTR handle)
{
    input_buffer *buffer = resource_find(owner->input_buffers, handle);
    REQUIRE_POINTER(owner, handle);
    REQUIRE(owner, buffer && buffer->locked, NV_ENC_ERR_INVALID_PARAM, "input buffer is not locked");
    buffer->locked = false;
    return NV_ENC_SUCCESS;
}

/* ---------- coded pictures ---------- */

NVENCSTATUS output_buffer_create(session *owner, NV_ENC_CREATE_BITSTREAM_BUFFER *request)
{
    REQUIRE_POINTER(owner, request);
    REQUIRE_VERSION(owner, request, NV_ENC_CREATE_BITSTREAM_BUFFER_VER);
    REQUIRE_INITIALIZED(owner);
    output_buffer *created = allocate(sizeof *created);
    resource_add(&owner->output_buffers, &created->link);
    request->bitstreamBuffer = created;
    return NV_ENC_SUCCESS;
}

void output_buffer_submit(session *owner, output_buffer *buffer)
{
    output_buffer **link = &owner->submitted;
    while (*link)
        link = &(*link)->next_submitted;
    *link = buffer;
    buffer->next_submitted = NULL;
    buffer->state = OUTPUT_PENDING;
    bytes_clear(&buffer->data);
}

output_buffer *output_buffer_next(session *owner)
{
    output_buffer *first = owner->submitted;
    if (first)
        owner->submitted = first->next_submitted;
    return first;
}

static void withdraw(session *owner, const output_buffer *buffer)
{
    for (output_buffer **link = &owner->submitted; *link; link = &(*link)->next_submitted)
        if (*link == buffer) {
            *link = buffer->next_submitted;
            return;
        }
}

NVENCSTATUS output_buffer_destroy(session *owner, NV_ENC_OUTPUT_PTR handle)
{
    output_buffer *buffer = resource_find(owner->output_buffers, handle);
    REQUIRE_POINTER(owner, handle);
    REQUIRE(owner, buffer, NV_ENC_ERR_INVALID_PARAM, "unknown bitstream buffer");
    withdraw(owner, buffer);
    resource_remove(&owner->output_buffers, &buffer->link);
    bytes_free(&buffer->data);
    free(buffer);
    return NV_ENC_SUCCESS;
}

static NV_ENC_PIC_TYPE api_picture_type(picture_kind kind)
{
    switch (kind) {
    case PICTURE_IDR:
        return NV_ENC_PIC_TYPE_IDR;
    case PICTURE_I:
        return NV_ENC_PIC_TYPE_I;
    case PICTURE_P:
        return NV_ENC_PIC_TYPE_P;
    default:
        return NV_ENC_PIC_TYPE_B;
    }
}

static void describe(const output_buffer *buffer, NV_ENC_LOCK_BITSTREAM *request)
{
    request->bitstreamBufferPtr = buffer->data.data;
    request->bitstreamSizeInBytes = (uint32_t)buffer->data.size;
    request->outputTimeStamp = buffer->picture.tag.timestamp;
    request->outputDuration = buffer->picture.tag.duration;
    request->pictureType = api_picture_type(buffer->picture.kind);
    request->pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
    request->frameIdx = buffer->decode_index;
    request->frameIdxDisplay = buffer->picture.tag.display_index;
    request->frameAvgQP = 0;
    request->numSlices = 1;
    request->hwEncodeStatus = 2; /* finished */
}

/* Where the driver would block for ever (a B picture whose reference was not handed in), this one says so. */
static NVENCSTATUS check_ready(session *owner, const output_buffer *buffer)
{
    REQUIRE(owner, buffer->state != OUTPUT_LOCKED, NV_ENC_ERR_LOCK_BUSY, "bitstream locked twice");
    REQUIRE(owner, buffer->state != OUTPUT_PENDING, NV_ENC_ERR_LOCK_BUSY,
            "picture not finished: more input is needed");
    REQUIRE(owner, buffer->state == OUTPUT_READY, NV_ENC_ERR_INVALID_PARAM, "nothing was encoded into this buffer");
    return NV_ENC_SUCCESS;
}

NVENCSTATUS output_buffer_lock(session *owner, NV_ENC_LOCK_BITSTREAM *request)
{
    REQUIRE_POINTER(owner, request);
    REQUIRE_VERSION(owner, request, NV_ENC_LOCK_BITSTREAM_VER);
    REQUIRE_INITIALIZED(owner);
    output_buffer *buffer = resource_find(owner->output_buffers, request->outputBitstream);
    REQUIRE(owner, buffer, NV_ENC_ERR_INVALID_PARAM, "unknown bitstream buffer");
    NVENCSTATUS status = read_late_pictures(owner);
    if (!status)
        status = check_ready(owner, buffer);
    if (status)
        return status;
    buffer->state = OUTPUT_LOCKED;
    describe(buffer, request);
    if (request->sliceOffsets && owner->parameters.reportSliceOffsets)
        request->sliceOffsets[0] = 0;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS output_buffer_unlock(session *owner, NV_ENC_OUTPUT_PTR handle)
{
    output_buffer *buffer = resource_find(owner->output_buffers, handle);
    REQUIRE_POINTER(owner, handle);
    REQUIRE(owner, buffer && buffer->state == OUTPUT_LOCKED, NV_ENC_ERR_INVALID_PARAM, "bitstream is not locked");
    buffer->state = OUTPUT_IDLE;
    return NV_ENC_SUCCESS;
}
