/* The layouts of input pictures, and RGB turned into NV12. */
#include "input_image.h"

bool image_is_rgb(NV_ENC_BUFFER_FORMAT format)
{
    return format == NV_ENC_BUFFER_FORMAT_ARGB || format == NV_ENC_BUFFER_FORMAT_ABGR;
}

bool image_is_planar_420(NV_ENC_BUFFER_FORMAT format)
{
    return format == NV_ENC_BUFFER_FORMAT_YV12 || format == NV_ENC_BUFFER_FORMAT_IYUV;
}

uint32_t image_row_bytes(NV_ENC_BUFFER_FORMAT format, uint32_t width)
{
    return image_is_rgb(format) ? width * 4 : width;
}

uint32_t image_rows(NV_ENC_BUFFER_FORMAT format, uint32_t height)
{
    if (image_is_rgb(format))
        return height;
    return format == NV_ENC_BUFFER_FORMAT_YUV444 ? height * 3 : height + (height + 1) / 2;
}

static picture_view view_nv12(const input_image *image)
{
    const uint8_t *chroma = image->memory + image->pitch * image->height;
    return (picture_view){{
        {image->memory, image->pitch, 1},
        {chroma, image->pitch, 2},
        {chroma + 1, image->pitch, 2},
    }};
}

static picture_view view_yuv444(const input_image *image)
{
    size_t plane = image->pitch * image->height;
    return (picture_view){{
        {image->memory, image->pitch, 1},
        {image->memory + plane, image->pitch, 1},
        {image->memory + 2 * plane, image->pitch, 1},
    }};
}

static picture_view view_planar_420(const input_image *image)
{
    size_t pitch = image->pitch / 2;
    const uint8_t *first = image->memory + image->pitch * image->height;
    const uint8_t *second = first + pitch * ((image->height + 1) / 2);
    bool cr_first = image->format == NV_ENC_BUFFER_FORMAT_YV12;
    return (picture_view){{
        {image->memory, image->pitch, 1},
        {cr_first ? second : first, pitch, 1},
        {cr_first ? first : second, pitch, 1},
    }};
}

picture_view image_view(const input_image *image)
{
    if (image->format == NV_ENC_BUFFER_FORMAT_NV12)
        return view_nv12(image);
    if (image->format == NV_ENC_BUFFER_FORMAT_YUV444)
        return view_yuv444(image);
    return view_planar_420(image);
}

/* ---------- RGB ---------- */

typedef struct {
    int red;
    int green;
    int blue;
} rgb_sum;

/* ARGB is a little-endian word: blue comes first in memory. In ABGR red does. */
static void add_pixel(rgb_sum *sum, const input_image *image, uint32_t x, uint32_t y)
{
    const uint8_t *pixel = image->memory + y * image->pitch + 4 * (size_t)x;
    bool blue_first = image->format == NV_ENC_BUFFER_FORMAT_ARGB;
    sum->red += pixel[blue_first ? 2 : 0];
    sum->green += pixel[1];
    sum->blue += pixel[blue_first ? 0 : 2];
}

static uint8_t luma(rgb_sum pixel)
{
    return (uint8_t)((66 * pixel.red + 129 * pixel.green + 25 * pixel.blue + 128) / 256 + 16);
}

static rgb_sum sum_2x2(const input_image *image, uint32_t x, uint32_t y)
{
    rgb_sum sum = {0, 0, 0};
    for (uint32_t i = 0; i < 4; i++)
        add_pixel(&sum, image, x + i % 2, y + i / 2);
    return sum;
}

/* The coefficients are scaled by 256 and the sums are of four pixels: 1024 in all. */
static uint8_t chroma_of_sum(int weighted)
{
    return (uint8_t)(((weighted + 512) >> 10) + 128);
}

void convert_rgb_to_nv12(const input_image *image, uint32_t width, uint32_t height, uint8_t *nv12)
{
    uint8_t *chroma = nv12 + (size_t)width * height;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            rgb_sum pixel = {0, 0, 0};
            add_pixel(&pixel, image, x, y);
            *nv12++ = luma(pixel);
        }
    for (uint32_t y = 0; y < height; y += 2)
        for (uint32_t x = 0; x < width; x += 2) {
            rgb_sum sum = sum_2x2(image, x, y);
            *chroma++ = chroma_of_sum(-38 * sum.red - 74 * sum.green + 112 * sum.blue);
            *chroma++ = chroma_of_sum(112 * sum.red - 94 * sum.green - 18 * sum.blue);
        }
}
