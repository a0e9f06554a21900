/* Sequence and picture parameter sets (ITU-T H.264, clauses 7.3.2.1, 7.3.2.2 and E.1.1). */
#ifndef STANDIN_H264_HEADERS_H
#define STANDIN_H264_HEADERS_H

#include "bit_writer.h"
#include "h264_writer.h"

enum { NAL_SLICE = 1, NAL_IDR_SLICE = 5, NAL_SPS = 7, NAL_PPS = 8, NAL_DELIMITER = 9 };
enum { MACROBLOCK = 16 };

uint32_t macroblocks(uint32_t samples);
void put_sps(bit_writer *bits, const h264_settings *settings);
void put_pps(bit_writer *bits, const h264_settings *settings);

#endif
