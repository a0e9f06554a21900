/* Bits, Exp-Golomb codes and NAL units (ITU-T H.264, clauses 7.3.1, 9.1 and annex B). */
#ifndef STANDIN_BIT_WRITER_H
#define STANDIN_BIT_WRITER_H

#include <stdbool.h>

#include "common.h"

typedef struct {
    byte_buffer bytes;
    uint8_t partial;
    int partial_bits;
} bit_writer;

void put_bits(bit_writer *bits, uint32_t value, int count);
void put_flag(bit_writer *bits, bool flag);
void put_u32(bit_writer *bits, uint32_t value);
void put_ue(bit_writer *bits, uint32_t value);
void put_zero_bits_to_byte(bit_writer *bits);
void put_bytes(bit_writer *bits, const uint8_t *data, size_t size);
void put_trailing_bits(bit_writer *bits);

/* Appends start code, NAL header and the escaped payload to `output`, and empties the writer. */
void nal_finish(bit_writer *bits, int nal_type, int ref_idc, byte_buffer *output);

#endif
