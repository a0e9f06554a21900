/* Sequence and picture parameter sets. frame_num and pic_order_cnt_lsb have 16 bits. */
#include "h264_headers.h"

enum { PROFILE_HIGH = 100, PROFILE_HIGH_444 = 244, HIGHEST_LEVEL = 62 };
enum { UNSPECIFIED = 2, VIDEO_FORMAT_UNSPECIFIED = 5, SAR_EXTENDED = 255 };

uint32_t macroblocks(uint32_t samples)
{
    return (samples + MACROBLOCK - 1) / MACROBLOCK;
}

static uint32_t reference_frames(const h264_settings *settings)
{
    return settings->has_b_frames ? 2 : 1;
}

static void put_profile(bit_writer *bits, const h264_settings *settings)
{
    put_bits(bits, settings->chroma_444 ? PROFILE_HIGH_444 : PROFILE_HIGH, 8);
    put_bits(bits, 0, 8); /* constraint flags */
    put_bits(bits, settings->level_idc ? settings->level_idc : HIGHEST_LEVEL, 8);
    put_ue(bits, settings->sps_id);
    put_ue(bits, settings->chroma_444 ? 3 : 1);
    if (settings->chroma_444)
        put_flag(bits, false); /* separate_colour_plane_flag */
    put_ue(bits, 0);           /* luma depth 8 */
    put_ue(bits, 0);           /* chroma depth 8 */
    put_bits(bits, 0, 2);      /* no lossless transform bypass, no scaling matrix */
}

static void put_cropping(bit_writer *bits, const h264_settings *settings)
{
    uint32_t unit = settings->chroma_444 ? 1 : 2;
    uint32_t right = macroblocks(settings->width) * MACROBLOCK - settings->width;
    uint32_t bottom = macroblocks(settings->height) * MACROBLOCK - settings->height;
    put_flag(bits, right || bottom);
    if (!right && !bottom)
        return;
    put_ue(bits, 0);
    put_ue(bits, right / unit);
    put_ue(bits, 0);
    put_ue(bits, bottom / unit);
}

static void put_aspect_ratio(bit_writer *bits, const h264_settings *settings)
{
    put_flag(bits, settings->sar_width > 0);
    if (!settings->sar_width)
        return;
    put_bits(bits, SAR_EXTENDED, 8);
    put_bits(bits, settings->sar_width, 16);
    put_bits(bits, settings->sar_height, 16);
}

static bool describes_colour(const h264_colour *colour)
{
    return colour->primaries != UNSPECIFIED || colour->transfer != UNSPECIFIED || colour->matrix != UNSPECIFIED;
}

static void put_colour_description(bit_writer *bits, const h264_colour *colour)
{
    put_flag(bits, describes_colour(colour));
    if (!describes_colour(colour))
        return;
    put_bits(bits, (uint32_t)colour->primaries, 8);
    put_bits(bits, (uint32_t)colour->transfer, 8);
    put_bits(bits, (uint32_t)colour->matrix, 8);
}

static void put_video_signal(bit_writer *bits, const h264_colour *colour)
{
    bool present = describes_colour(colour) || colour->full_range || colour->format != VIDEO_FORMAT_UNSPECIFIED;
    put_flag(bits, present);
    if (!present)
        return;
    put_bits(bits, (uint32_t)colour->format, 3);
    put_flag(bits, colour->full_range);
    put_colour_description(bits, colour);
}

static void put_chroma_location(bit_writer *bits, const h264_colour *colour)
{
    put_flag(bits, colour->chroma_location > 0);
    if (colour->chroma_location <= 0)
        return;
    put_ue(bits, (uint32_t)colour->chroma_location);
    put_ue(bits, (uint32_t)colour->chroma_location);
}

static void put_timing(bit_writer *bits, const h264_settings *settings)
{
    put_flag(bits, true);
    put_u32(bits, settings->frame_rate_den);
    put_u32(bits, settings->frame_rate_num * 2); /* ticks are fields */
    put_flag(bits, true);                        /* fixed frame rate */
}

static void put_bitstream_restriction(bit_writer *bits, const h264_settings *settings)
{
    put_flag(bits, true);
    put_flag(bits, true); /* motion vectors over picture boundaries */
    put_ue(bits, 0);      /* max_bytes_per_pic_denom: no limit */
    put_ue(bits, 0);      /* max_bits_per_mb_denom: no limit */
    put_ue(bits, 15);     /* log2_max_mv_length_horizontal */
    put_ue(bits, 15);     /* log2_max_mv_length_vertical */
    put_ue(bits, settings->has_b_frames ? 1 : 0);
    put_ue(bits, reference_frames(settings));
}

static void put_vui(bit_writer *bits, const h264_settings *settings)
{
    put_flag(bits, true);
    put_aspect_ratio(bits, settings);
    put_flag(bits, false); /* no overscan information */
    put_video_signal(bits, &settings->colour);
    put_chroma_location(bits, &settings->colour);
    put_timing(bits, settings);
    put_bits(bits, 0, 2);  /* no HRD */
    put_flag(bits, false); /* no pic_struct */
    put_bitstream_restriction(bits, settings);
}

void put_sps(bit_writer *bits, const h264_settings *settings)
{
    put_profile(bits, settings);
    put_ue(bits, 12); /* log2_max_frame_num - 4 */
    put_ue(bits, 0);  /* pic_order_cnt_type */
    put_ue(bits, 12); /* log2_max_pic_order_cnt_lsb - 4 */
    put_ue(bits, reference_frames(settings));
    put_flag(bits, false); /* no gaps in frame_num */
    put_ue(bits, macroblocks(settings->width) - 1);
    put_ue(bits, macroblocks(settings->height) - 1);
    put_flag(bits, true); /* frames only */
    put_flag(bits, true); /* direct_8x8_inference_flag */
    put_cropping(bits, settings);
    put_vui(bits, settings);
    put_trailing_bits(bits);
}

void put_pps(bit_writer *bits, const h264_settings *settings)
{
    put_ue(bits, 0);
    put_ue(bits, settings->sps_id);
    put_bits(bits, 0, 2); /* CAVLC, no field order */
    put_ue(bits, 0);      /* one slice group */
    put_ue(bits, 0);      /* one reference in list 0 */
    put_ue(bits, 0);      /* one reference in list 1 */
    put_bits(bits, 0, 3); /* no weighted prediction */
    put_ue(bits, 0);      /* pic_init_qp 26 */
    put_ue(bits, 0);      /* pic_init_qs 26 */
    put_ue(bits, 0);      /* no chroma QP offset */
    put_flag(bits, true); /* the slices switch the deblocking filter off */
    put_bits(bits, 0, 2); /* no constrained intra prediction, no redundant pictures */
    put_trailing_bits(bits);
}
