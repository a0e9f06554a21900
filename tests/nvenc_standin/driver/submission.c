/* One picture on its way from the client's memory to an output buffer. */
#include <stdlib.h>

#include "buffers.h"
#include "cuda_driver.h"
#include "input_image.h"
#include "submission.h"

/* ---------- coded pictures out ---------- */

static bool wants_parameter_sets(const session *owner, const coded_picture *picture)
{
    const NV_ENC_CONFIG_H264 *h264 = &owner->config.encodeCodecConfig.h264Config;
    if (picture->tag.wants_parameter_sets)
        return true;
    if (picture->kind != PICTURE_IDR || h264->disableSPSPPS)
        return false;
    return h264->repeatSPSPPS || !owner->parameter_sets_sent;
}

static void fill_output(session *owner, output_buffer *buffer)
{
    if (owner->config.encodeCodecConfig.h264Config.outputAUD)
        h264_writer_delimiter(owner->writer, &buffer->data);
    if (wants_parameter_sets(owner, &buffer->picture)) {
        bytes_append(&buffer->data, owner->parameter_sets.data, owner->parameter_sets.size);
        owner->parameter_sets_sent = true;
    }
    h264_writer_pop(owner->writer, &buffer->data);
    buffer->decode_index = owner->pictures_out++;
    buffer->state = OUTPUT_READY;
}

void fill_outputs(session *owner)
{
    output_buffer *buffer;
    coded_picture picture;
    while (h264_writer_peek(owner->writer, &picture) && (buffer = output_buffer_next(owner))) {
        buffer->picture = picture;
        fill_output(owner, buffer);
    }
}

/* ---------- samples in ---------- */

static void *stream_of(const session *owner)
{
    return owner->input_stream ? *(void **)owner->input_stream : NULL;
}

/* Appends rows of device memory, tightly packed, to what was downloaded. */
static NVENCSTATUS download_rows(session *owner, const uint8_t *source, size_t pitch, size_t row_bytes, size_t rows)
{
    cuda_place place = {owner->device, stream_of(owner)};
    bytes_reserve(&owner->downloaded, row_bytes * rows);
    uint8_t *target = owner->downloaded.data + owner->downloaded.size;
    int result = cuda_download(place, target, source, pitch, row_bytes, rows);
    REQUIRE(owner, !result, NV_ENC_ERR_GENERIC, "reading the input from the device failed: CUDA error %d", result);
    owner->downloaded.size += row_bytes * rows;
    return NV_ENC_SUCCESS;
}

/* Planar chroma has rows of half the pitch. */
static NVENCSTATUS download(session *owner, const NV_ENC_REGISTER_RESOURCE *registered, input_image *image)
{
    const uint8_t *memory = registered->resourceToRegister;
    size_t pitch = registered->pitch, height = registered->height;
    size_t row_bytes = image_row_bytes(registered->bufferFormat, registered->width);
    size_t rows = image_rows(registered->bufferFormat, registered->height);
    bool planar = image_is_planar_420(registered->bufferFormat);
    bytes_clear(&owner->downloaded);
    NVENCSTATUS status = download_rows(owner, memory, pitch, row_bytes, planar ? height : rows);
    if (!status && planar)
        status = download_rows(owner, memory + pitch * height, pitch / 2, row_bytes / 2, 2 * (rows - height));
    *image = (input_image){registered->bufferFormat, owner->downloaded.data, row_bytes, height};
    return status;
}

static NVENCSTATUS fetch_image(session *owner, const picture_source *source, input_image *image)
{
    if (source->mapped)
        return download(owner, &source->mapped->registered->description, image);
    const input_buffer *buffer = source->buffer;
    *image = (input_image){buffer->format, buffer->memory, buffer->pitch, buffer->height};
    return NV_ENC_SUCCESS;
}

static void push_rgb(session *owner, const submission *picture, const input_image *image)
{
    uint32_t width = owner->parameters.encodeWidth, height = owner->parameters.encodeHeight;
    uint8_t *samples = allocate((size_t)width * height * 3 / 2);
    convert_rgb_to_nv12(image, width, height, samples);
    input_image converted = {NV_ENC_BUFFER_FORMAT_NV12, samples, width, height};
    picture_view view = image_view(&converted);
    h264_writer_push(owner->writer, picture->slot, &view, picture->tag);
    free(samples);
}

static void push_image(session *owner, const submission *picture, const input_image *image)
{
    if (image_is_rgb(image->format)) {
        push_rgb(owner, picture, image);
        return;
    }
    picture_view view = image_view(image);
    h264_writer_push(owner->writer, picture->slot, &view, picture->tag);
}

/* Instant mode leaves the samples where they are: what remains is the caller's own cost. */
NVENCSTATUS encode_submission(session *owner, const submission *picture)
{
    input_image image;
    if (in_instant_mode()) {
        h264_writer_push(owner->writer, picture->slot, NULL, picture->tag);
    } else {
        NVENCSTATUS status = fetch_image(owner, &picture->source, &image);
        if (status)
            return status;
        push_image(owner, picture, &image);
    }
    fill_outputs(owner);
    return NV_ENC_SUCCESS;
}
