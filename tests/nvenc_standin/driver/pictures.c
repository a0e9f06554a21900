/* nvEncEncodePicture: what it refuses, when it reads its input, and what it answers. */
#include <stdlib.h>

#include "buffers.h"
#include "configuration.h"
#include "pictures.h"
#include "submission.h"

struct late_picture {
    late_picture *next;
    submission picture;
};

/* ---------- pictures read late ---------- */

static void put_off(session *owner, const submission *picture)
{
    late_picture **link = &owner->late_pictures;
    while (*link)
        link = &(*link)->next;
    *link = allocate(sizeof **link);
    (*link)->picture = *picture;
    if (picture->source.mapped)
        picture->source.mapped->being_read = true;
}

static NVENCSTATUS read_late_picture(session *owner)
{
    late_picture *first = owner->late_pictures;
    owner->late_pictures = first->next;
    if (first->picture.source.mapped)
        first->picture.source.mapped->being_read = false;
    NVENCSTATUS status = encode_submission(owner, &first->picture);
    free(first);
    return status;
}

NVENCSTATUS read_late_pictures(session *owner)
{
    NVENCSTATUS status = NV_ENC_SUCCESS;
    while (owner->late_pictures && !status)
        status = read_late_picture(owner);
    return status;
}

static void forget_first_late_picture(late_picture **link)
{
    late_picture *forgotten = *link;
    *link = forgotten->next;
    free(forgotten);
}

void forget_late_pictures(session *owner)
{
    while (owner->late_pictures)
        forget_first_late_picture(&owner->late_pictures);
}

void forget_late_picture_of(session *owner, const void *input)
{
    late_picture **link = &owner->late_pictures;
    while (*link)
        if ((*link)->picture.source.buffer == input)
            forget_first_late_picture(link);
        else
            link = &(*link)->next;
}

/* ---------- the call ---------- */

NVENCSTATUS finish_pictures(session *owner)
{
    NVENCSTATUS status = read_late_pictures(owner);
    if (status)
        return status;
    h264_writer_finish(owner->writer);
    fill_outputs(owner);
    gop_restart(&owner->pattern);
    owner->parameter_sets_sent = false;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS end_of_stream(session *owner, const NV_ENC_PIC_PARAMS *parameters)
{
    REQUIRE(owner, !parameters->inputBuffer, NV_ENC_ERR_INVALID_PARAM, "EOS with an input buffer");
    NVENCSTATUS status = finish_pictures(owner);
    log_call("{\"call\":\"eos\",\"session\":%u,\"submitted\":%u,\"out\":%u}", owner->number, owner->pictures_in,
             owner->pictures_out);
    return status;
}

static NV_ENC_BUFFER_FORMAT source_format(const picture_source *source)
{
    return source->mapped ? source->mapped->registered->description.bufferFormat : source->buffer->format;
}

/* A size of 0x0 is what FFmpeg hands in for CUDA frames, and the driver takes it. */
static NVENCSTATUS check_geometry(session *owner, const NV_ENC_PIC_PARAMS *parameters)
{
    bool given = parameters->inputWidth || parameters->inputHeight;
    REQUIRE(owner, parameters->pictureStruct == NV_ENC_PIC_STRUCT_FRAME, NV_ENC_ERR_INVALID_PARAM,
            "pictureStruct %d", (int)parameters->pictureStruct);
    REQUIRE(owner,
            !given || (parameters->inputWidth == owner->parameters.encodeWidth &&
                       parameters->inputHeight == owner->parameters.encodeHeight),
            NV_ENC_ERR_INVALID_PARAM, "picture is %ux%u", parameters->inputWidth, parameters->inputHeight);
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_source(session *owner, const NV_ENC_PIC_PARAMS *parameters, const picture_source *source)
{
    REQUIRE(owner, source->mapped || source->buffer, NV_ENC_ERR_RESOURCE_NOT_MAPPED,
            "input is neither a mapped resource nor an input buffer");
    REQUIRE(owner, !source->buffer || !source->buffer->locked, NV_ENC_ERR_LOCK_BUSY, "input buffer still locked");
    REQUIRE(owner, parameters->bufferFmt == source_format(source), NV_ENC_ERR_INVALID_PARAM,
            "bufferFmt differs from the input's");
    REQUIRE(owner, (parameters->bufferFmt == NV_ENC_BUFFER_FORMAT_YUV444) == is_chroma_444(owner),
            NV_ENC_ERR_INVALID_PARAM, "input chroma does not match chromaFormatIDC");
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_output(session *owner, const output_buffer *output)
{
    REQUIRE(owner, output, NV_ENC_ERR_INVALID_PARAM, "unknown bitstream buffer");
    REQUIRE(owner, output->state != OUTPUT_PENDING && output->state != OUTPUT_LOCKED, NV_ENC_ERR_ENCODER_BUSY,
            "bitstream buffer still in use");
    return NV_ENC_SUCCESS;
}

static picture_request request_of(session *owner, uint32_t flags)
{
    bool idr = owner->force_idr || flags & NV_ENC_PIC_FLAG_FORCEIDR;
    owner->force_idr = false;
    if (idr)
        return REQUEST_IDR;
    return flags & NV_ENC_PIC_FLAG_FORCEINTRA ? REQUEST_INTRA : REQUEST_NONE;
}

static submission new_submission(session *owner, const NV_ENC_PIC_PARAMS *parameters, picture_source source)
{
    picture_tag tag = {
        .timestamp = parameters->inputTimeStamp,
        .duration = parameters->inputDuration,
        .display_index = owner->pictures_in++,
        .wants_parameter_sets = parameters->encodePicFlags & NV_ENC_PIC_FLAG_OUTPUT_SPSPPS,
    };
    picture_request request = request_of(owner, parameters->encodePicFlags);
    return (submission){source, gop_next(&owner->pattern, request), tag};
}

/* As the driver does: NEED_MORE_INPUT at a B picture, and SUCCESS once the reference after it came and all
 * outputs so far can be locked. */
static NVENCSTATUS submit(session *owner, const submission *picture, output_buffer *output)
{
    NVENCSTATUS status = NV_ENC_SUCCESS;
    output_buffer_submit(owner, output);
    if (reads_input_late())
        put_off(owner, picture);
    else
        status = encode_submission(owner, picture);
    if (status)
        return status;
    return picture->slot.kind == PICTURE_B ? NV_ENC_ERR_NEED_MORE_INPUT : NV_ENC_SUCCESS;
}

static NVENCSTATUS check_picture(session *owner, const NV_ENC_PIC_PARAMS *parameters, const picture_source *source,
                                 const output_buffer *output)
{
    NVENCSTATUS status = check_geometry(owner, parameters);
    if (!status)
        status = check_output(owner, output);
    return status ? status : check_source(owner, parameters, source);
}

static void log_picture(const session *owner, const NV_ENC_PIC_PARAMS *parameters)
{
    if (!logs_pictures())
        return;
    log_call("{\"call\":\"encode\",\"session\":%u,\"flags\":%u,\"ts\":%llu,\"dur\":%llu,\"frameIdx\":%u,\"type\":%d}",
             owner->number, parameters->encodePicFlags, (unsigned long long)parameters->inputTimeStamp,
             (unsigned long long)parameters->inputDuration, parameters->frameIdx, (int)parameters->pictureType);
}

NVENCSTATUS encode_picture(session *owner, NV_ENC_PIC_PARAMS *parameters)
{
    REQUIRE_POINTER(owner, parameters);
    REQUIRE_VERSION(owner, parameters, NV_ENC_PIC_PARAMS_VER);
    REQUIRE_INITIALIZED(owner);
    sleep_as_switched();
    log_picture(owner, parameters);
    if (parameters->encodePicFlags & NV_ENC_PIC_FLAG_EOS)
        return end_of_stream(owner, parameters);
    REQUIRE_POINTER(owner, parameters->inputBuffer);
    REQUIRE_POINTER(owner, parameters->outputBitstream);
    picture_source source = {
        resource_find(owner->mappings, parameters->inputBuffer),
        resource_find(owner->input_buffers, parameters->inputBuffer),
    };
    output_buffer *output = resource_find(owner->output_buffers, parameters->outputBitstream);
    NVENCSTATUS status = check_picture(owner, parameters, &source, output);
    if (status)
        return status;
    submission picture = new_submission(owner, parameters, source);
    return submit(owner, &picture, output);
}
