/* nvEncEncodePicture: pictures in, coded pictures into the submitted output buffers. */
#ifndef STANDIN_PICTURES_H
#define STANDIN_PICTURES_H

#include "session.h"

NVENCSTATUS encode_picture(session *owner, NV_ENC_PIC_PARAMS *parameters);

/* Reads the inputs that NVENC_SW_LATE_READ put off, and encodes them. */
NVENCSTATUS read_late_pictures(session *owner);
void forget_late_pictures(session *owner);
void forget_late_picture_of(session *owner, const void *input);

/* Every picture handed in is coded; the next one starts a new sequence. */
NVENCSTATUS finish_pictures(session *owner);

#endif
