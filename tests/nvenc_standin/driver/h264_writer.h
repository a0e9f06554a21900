/* A tiny H.264 writer. Every macroblock is I_PCM (lossless); slice types and reordering are real.
 * In skip mode IDR pictures are grey and the others all-skip, some bytes each: no sample is read. */
#ifndef STANDIN_H264_WRITER_H
#define STANDIN_H264_WRITER_H

#include <stdbool.h>

#include "common.h"
#include "gop.h"

typedef struct {
    int format;
    bool full_range;
    int primaries;
    int transfer;
    int matrix;
    int chroma_location;
} h264_colour;

typedef struct {
    uint32_t width;
    uint32_t height;
    bool chroma_444; /* else 4:2:0 */
    bool has_b_frames;
    bool access_unit_delimiter;
    bool skip_mode;
    uint32_t sps_id;
    uint32_t level_idc; /* 0: the highest */
    uint32_t frame_rate_num;
    uint32_t frame_rate_den;
    uint32_t sar_width; /* 0: square pixels, not written */
    uint32_t sar_height;
    h264_colour colour;
} h264_settings;

/* Samples of one component: `step` is 2 in interleaved chroma. */
typedef struct {
    const uint8_t *samples;
    size_t stride;
    size_t step;
} plane_view;

typedef struct {
    plane_view planes[3];
} picture_view;

/* What the caller wants back with the coded picture. */
typedef struct {
    uint64_t timestamp;
    uint64_t duration;
    uint32_t display_index;
    bool wants_parameter_sets;
} picture_tag;

typedef struct {
    picture_kind kind;
    picture_tag tag;
} coded_picture;

typedef struct h264_writer h264_writer;

h264_writer *h264_writer_open(const h264_settings *settings);
void h264_writer_close(h264_writer *writer);
void h264_writer_parameter_sets(h264_writer *writer, byte_buffer *output);
void h264_writer_delimiter(h264_writer *writer, byte_buffer *output);

/* Takes a copy of the samples; `view` may be NULL in skip mode. */
void h264_writer_push(h264_writer *writer, gop_slot slot, const picture_view *view, picture_tag tag);

/* No more input: B pictures that wait for a reference are released. */
void h264_writer_finish(h264_writer *writer);

/* Describes the next picture in decode order; false when none is ready. */
bool h264_writer_peek(const h264_writer *writer, coded_picture *picture);

/* Appends the slice of the picture that h264_writer_peek described. */
void h264_writer_pop(h264_writer *writer, byte_buffer *output);

#endif
