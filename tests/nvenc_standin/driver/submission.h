/* One picture on its way from the client's memory to an output buffer. */
#ifndef STANDIN_SUBMISSION_H
#define STANDIN_SUBMISSION_H

#include "session.h"

/* Exactly one of the two is set. */
typedef struct {
    mapping *mapped;
    input_buffer *buffer;
} picture_source;

typedef struct {
    picture_source source;
    gop_slot slot;
    picture_tag tag;
} submission;

/* Reads the samples, codes them, and fills the output buffers whose turn it is. */
NVENCSTATUS encode_submission(session *owner, const submission *picture);

/* Fills submitted output buffers with the pictures that are coded, in decode order. */
void fill_outputs(session *owner);

#endif
