/* The layouts of input pictures, and RGB turned into NV12. */
#ifndef STANDIN_INPUT_IMAGE_H
#define STANDIN_INPUT_IMAGE_H

#include "session.h"

/* A picture in memory that this process can read. */
typedef struct {
    NV_ENC_BUFFER_FORMAT format;
    const uint8_t *memory;
    size_t pitch;
    size_t height; /* rows of the first component */
} input_image;

uint32_t image_row_bytes(NV_ENC_BUFFER_FORMAT format, uint32_t width);
uint32_t image_rows(NV_ENC_BUFFER_FORMAT format, uint32_t height);
bool image_is_rgb(NV_ENC_BUFFER_FORMAT format);
bool image_is_planar_420(NV_ENC_BUFFER_FORMAT format);

/* Where the components of a YUV picture lie. */
picture_view image_view(const input_image *image);

/* BT.601 limited range, as NVENC converts RGB; `nv12` has width * height * 3 / 2 bytes. */
void convert_rgb_to_nv12(const input_image *image, uint32_t width, uint32_t height, uint8_t *nv12);

#endif
