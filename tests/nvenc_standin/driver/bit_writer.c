/* Bits, Exp-Golomb codes and NAL units. */
#include "bit_writer.h"

static void put_bit(bit_writer *bits, uint32_t bit)
{
    bits->partial = (uint8_t)(bits->partial << 1 | (bit & 1));
    if (++bits->partial_bits < 8)
        return;
    bytes_append_byte(&bits->bytes, bits->partial);
    bits->partial = 0;
    bits->partial_bits = 0;
}

void put_bits(bit_writer *bits, uint32_t value, int count)
{
    while (count--)
        put_bit(bits, value >> count);
}

void put_flag(bit_writer *bits, bool flag)
{
    put_bit(bits, flag);
}

void put_u32(bit_writer *bits, uint32_t value)
{
    put_bits(bits, value, 32);
}

void put_ue(bit_writer *bits, uint32_t value)
{
    int prefix = 0;
    while ((value + 1) >> (prefix + 1))
        prefix++;
    put_bits(bits, 0, prefix);
    put_bits(bits, value + 1, prefix + 1);
}

void put_zero_bits_to_byte(bit_writer *bits)
{
    while (bits->partial_bits)
        put_bit(bits, 0);
}

void put_bytes(bit_writer *bits, const uint8_t *data, size_t size)
{
    bytes_append(&bits->bytes, data, size);
}

void put_trailing_bits(bit_writer *bits)
{
    put_bit(bits, 1);
    put_zero_bits_to_byte(bits);
}

/* Emulation prevention (clause 7.4.1): no 000000, 000001, 000002 or 000003 inside a NAL unit. */
static void append_escaped(byte_buffer *output, const byte_buffer *payload)
{
    int zeros = 0;
    bytes_reserve(output, payload->size * 3 / 2 + 1);
    for (size_t i = 0; i < payload->size; i++) {
        uint8_t byte = payload->data[i];
        if (zeros == 2 && byte <= 3) {
            output->data[output->size++] = 3;
            zeros = 0;
        }
        output->data[output->size++] = byte;
        zeros = byte ? 0 : zeros + 1;
    }
}

void nal_finish(bit_writer *bits, int nal_type, int ref_idc, byte_buffer *output)
{
    const uint8_t start[] = {0, 0, 0, 1, (uint8_t)(ref_idc << 5 | nal_type)};
    bytes_append(output, start, sizeof start);
    append_escaped(output, &bits->bytes);
    bytes_clear(&bits->bytes);
}
