/* Which kind of picture each input becomes: a fixed pattern of IDR, reference and B pictures. */
#ifndef STANDIN_GOP_H
#define STANDIN_GOP_H

#include <stdint.h>

typedef enum { PICTURE_IDR, PICTURE_I, PICTURE_P, PICTURE_B } picture_kind;
typedef enum { REQUEST_NONE, REQUEST_INTRA, REQUEST_IDR } picture_request;

typedef struct {
    uint32_t length;   /* pictures from IDR to IDR; UINT32_MAX without end */
    uint32_t b_frames; /* B pictures between two references */
    uint32_t since_idr;
} gop;

typedef struct {
    picture_kind kind;
    uint32_t order_count; /* twice the display distance from the IDR */
} gop_slot;

gop_slot gop_next(gop *pattern, picture_request request);

/* The next picture starts a new coded video sequence. */
void gop_restart(gop *pattern);

#endif
