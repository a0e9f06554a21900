/* Slices of I_PCM macroblocks, and the order in which pictures leave. */
#include <stdlib.h>

#include "h264_headers.h"
#include "h264_writer.h"
#include "picture_queue.h"

struct h264_writer {
    h264_settings settings;
    uint32_t mb_width;
    uint32_t mb_height;
    uint32_t frame_num;
    uint32_t idr_id;
    picture_queue waiting; /* in display order, for the reference that follows */
    picture_queue ready;   /* in decode order */
    bit_writer bits;
};

h264_writer *h264_writer_open(const h264_settings *settings)
{
    h264_writer *writer = allocate(sizeof *writer);
    writer->settings = *settings;
    writer->mb_width = macroblocks(settings->width);
    writer->mb_height = macroblocks(settings->height);
    queue_init(&writer->waiting);
    queue_init(&writer->ready);
    return writer;
}

void h264_writer_close(h264_writer *writer)
{
    if (!writer)
        return;
    queue_free(&writer->waiting);
    queue_free(&writer->ready);
    bytes_free(&writer->bits.bytes);
    free(writer);
}

void h264_writer_parameter_sets(h264_writer *writer, byte_buffer *output)
{
    put_sps(&writer->bits, &writer->settings);
    nal_finish(&writer->bits, NAL_SPS, 3, output);
    put_pps(&writer->bits, &writer->settings);
    nal_finish(&writer->bits, NAL_PPS, 3, output);
}

void h264_writer_delimiter(h264_writer *writer, byte_buffer *output)
{
    put_bits(&writer->bits, 7, 3); /* primary_pic_type: any slice */
    put_trailing_bits(&writer->bits);
    nal_finish(&writer->bits, NAL_DELIMITER, 0, output);
}

/* ---------- samples in ---------- */

static uint32_t block_side(const h264_writer *writer, int plane)
{
    return plane && !writer->settings.chroma_444 ? MACROBLOCK / 2 : MACROBLOCK;
}

static uint32_t minimum(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Copies one component; the last column and row fill the padding. */
static uint8_t *copy_plane(const h264_writer *writer, int plane, const plane_view *view)
{
    uint32_t side = block_side(writer, plane);
    uint32_t columns = writer->mb_width * side, lines = writer->mb_height * side;
    uint32_t last_column = writer->settings.width * side / MACROBLOCK - 1;
    uint32_t last_line = writer->settings.height * side / MACROBLOCK - 1;
    uint8_t *copy = allocate((size_t)columns * lines);
    for (uint32_t y = 0; y < lines; y++) {
        const uint8_t *line = view->samples + minimum(y, last_line) * view->stride;
        for (uint32_t x = 0; x < columns; x++)
            copy[(size_t)y * columns + x] = line[minimum(x, last_column) * view->step];
    }
    return copy;
}

static void make_ready(h264_writer *writer, picture *entry, picture_kind kind)
{
    entry->info.kind = kind;
    queue_put(&writer->ready, entry);
}

static void release_waiting_b(h264_writer *writer)
{
    for (picture *entry; (entry = queue_take(&writer->waiting));)
        make_ready(writer, entry, PICTURE_B);
}

/* Without a reference to follow them, the last waiting picture becomes the reference of the others. */
void h264_writer_finish(h264_writer *writer)
{
    picture *last = queue_take_last(&writer->waiting);
    if (last)
        make_ready(writer, last, PICTURE_P);
    release_waiting_b(writer);
}

static picture *new_picture(const h264_writer *writer, const picture_view *view, picture_tag tag)
{
    picture *entry = allocate(sizeof *entry);
    entry->info.tag = tag;
    for (int i = 0; i < 3 && !writer->settings.skip_mode; i++)
        entry->planes[i] = copy_plane(writer, i, &view->planes[i]);
    return entry;
}

void h264_writer_push(h264_writer *writer, gop_slot slot, const picture_view *view, picture_tag tag)
{
    picture *entry = new_picture(writer, view, tag);
    entry->order_count = slot.order_count;
    if (slot.kind == PICTURE_B) {
        queue_put(&writer->waiting, entry);
        return;
    }
    if (slot.kind == PICTURE_IDR)
        h264_writer_finish(writer);
    make_ready(writer, entry, slot.kind);
    release_waiting_b(writer);
}

/* ---------- slices out ---------- */

static bool is_intra(picture_kind kind)
{
    return kind == PICTURE_IDR || kind == PICTURE_I;
}

static uint32_t slice_type(picture_kind kind)
{
    return is_intra(kind) ? 7 : kind == PICTURE_B ? 6 : 5;
}

static uint32_t pcm_macroblock_type(picture_kind kind)
{
    return is_intra(kind) ? 25 : kind == PICTURE_B ? 48 : 30;
}

static void start_sequence(h264_writer *writer)
{
    writer->frame_num = 0;
    writer->idr_id = (writer->idr_id + 1) & 0xff;
}

static void put_reference_lists(bit_writer *bits, picture_kind kind)
{
    if (kind == PICTURE_B)
        put_flag(bits, true); /* direct_spatial_mv_pred_flag */
    if (is_intra(kind))
        return;
    put_flag(bits, false);                        /* no override of the number of references */
    put_bits(bits, 0, kind == PICTURE_B ? 2 : 1); /* lists are not modified */
}

static void put_reference_marking(bit_writer *bits, picture_kind kind)
{
    if (kind == PICTURE_IDR)
        put_bits(bits, 0, 2);
    else if (kind != PICTURE_B)
        put_flag(bits, false); /* sliding window */
}

static void put_slice_header(h264_writer *writer, const picture *entry)
{
    bit_writer *bits = &writer->bits;
    picture_kind kind = entry->info.kind;
    put_ue(bits, 0); /* first macroblock */
    put_ue(bits, slice_type(kind));
    put_ue(bits, 0); /* picture parameter set */
    put_bits(bits, writer->frame_num & 0xffff, 16);
    if (kind == PICTURE_IDR)
        put_ue(bits, writer->idr_id);
    put_bits(bits, entry->order_count & 0xffff, 16);
    put_reference_lists(bits, kind);
    put_reference_marking(bits, kind);
    put_ue(bits, 0); /* slice_qp_delta */
    put_ue(bits, 1); /* deblocking filter off */
}

static void put_block(h264_writer *writer, const picture *entry, int plane, uint32_t mb_x, uint32_t mb_y)
{
    uint32_t side = block_side(writer, plane);
    size_t stride = (size_t)writer->mb_width * side;
    const uint8_t *corner = entry->planes[plane] + mb_y * side * stride + (size_t)mb_x * side;
    for (uint32_t line = 0; line < side; line++)
        put_bytes(&writer->bits, corner + line * stride, side);
}

static void put_pcm_macroblock(h264_writer *writer, const picture *entry, uint32_t mb_x, uint32_t mb_y)
{
    picture_kind kind = entry->info.kind;
    if (!is_intra(kind))
        put_ue(&writer->bits, 0); /* mb_skip_run */
    put_ue(&writer->bits, pcm_macroblock_type(kind));
    put_zero_bits_to_byte(&writer->bits);
    for (int plane = 0; plane < 3; plane++)
        put_block(writer, entry, plane, mb_x, mb_y);
}

static void put_pcm_macroblocks(h264_writer *writer, const picture *entry)
{
    for (uint32_t mb_y = 0; mb_y < writer->mb_height; mb_y++)
        for (uint32_t mb_x = 0; mb_x < writer->mb_width; mb_x++)
            put_pcm_macroblock(writer, entry, mb_x, mb_y);
}

/* I_16x16 with DC prediction and no coefficients: grey in the first picture. */
static void put_flat_macroblocks(h264_writer *writer, uint32_t count)
{
    bool chroma_444 = writer->settings.chroma_444;
    while (count--) {
        put_ue(&writer->bits, 3);
        if (!chroma_444)
            put_ue(&writer->bits, 0); /* intra_chroma_pred_mode */
        put_ue(&writer->bits, 0);     /* mb_qp_delta */
        put_bits(&writer->bits, 7, chroma_444 ? 3 : 1); /* no coefficients, one bit a component */
    }
}

static void put_skip_mode_macroblocks(h264_writer *writer, picture_kind kind)
{
    uint32_t count = writer->mb_width * writer->mb_height;
    if (is_intra(kind))
        put_flat_macroblocks(writer, count);
    else
        put_ue(&writer->bits, count); /* mb_skip_run over the whole picture */
}

static void put_slice(h264_writer *writer, const picture *entry)
{
    put_slice_header(writer, entry);
    if (writer->settings.skip_mode)
        put_skip_mode_macroblocks(writer, entry->info.kind);
    else
        put_pcm_macroblocks(writer, entry);
    put_trailing_bits(&writer->bits);
}

bool h264_writer_peek(const h264_writer *writer, coded_picture *next)
{
    if (!writer->ready.head)
        return false;
    *next = writer->ready.head->info;
    return true;
}

void h264_writer_pop(h264_writer *writer, byte_buffer *output)
{
    picture *entry = queue_take(&writer->ready);
    picture_kind kind = entry->info.kind;
    if (kind == PICTURE_IDR)
        start_sequence(writer);
    put_slice(writer, entry);
    nal_finish(&writer->bits, kind == PICTURE_IDR ? NAL_IDR_SLICE : NAL_SLICE, kind == PICTURE_B ? 0 : 2, output);
    if (kind != PICTURE_B)
        writer->frame_num++;
    picture_free(entry);
}
