/* Which kind of picture each input becomes. */
#include "gop.h"

static picture_kind kind_at(const gop *pattern, uint32_t position, picture_request request)
{
    if (request == REQUEST_INTRA)
        return PICTURE_I;
    if (position % (pattern->b_frames + 1) == 0 || position == pattern->length - 1)
        return PICTURE_P;
    return PICTURE_B;
}

gop_slot gop_next(gop *pattern, picture_request request)
{
    uint32_t position = pattern->since_idr;
    if (!position || position >= pattern->length || request == REQUEST_IDR) {
        pattern->since_idr = 1;
        return (gop_slot){PICTURE_IDR, 0};
    }
    pattern->since_idr++;
    return (gop_slot){kind_at(pattern, position, request), 2 * position};
}

void gop_restart(gop *pattern)
{
    pattern->since_idr = 0;
}
