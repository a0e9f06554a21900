/* Input buffers in system memory, and the buffers that hold coded pictures. */
#ifndef STANDIN_BUFFERS_H
#define STANDIN_BUFFERS_H

#include "session.h"

NVENCSTATUS input_buffer_create(session *owner, NV_ENC_CREATE_INPUT_BUFFER *request);
NVENCSTATUS input_buffer_destroy(session *owner, NV_ENC_INPUT_PTR handle);
NVENCSTATUS input_buffer_lock(session *owner, NV_ENC_LOCK_INPUT_BUFFER *request);
NVENCSTATUS input_buffer_unlock(session *owner, NV_ENC_INPUT_PTR handle);

NVENCSTATUS output_buffer_create(session *owner, NV_ENC_CREATE_BITSTREAM_BUFFER *request);
NVENCSTATUS output_buffer_destroy(session *owner, NV_ENC_OUTPUT_PTR handle);
NVENCSTATUS output_buffer_lock(session *owner, NV_ENC_LOCK_BITSTREAM *request);
NVENCSTATUS output_buffer_unlock(session *owner, NV_ENC_OUTPUT_PTR handle);

/* The buffer waits for a coded picture, behind those that were submitted before. */
void output_buffer_submit(session *owner, output_buffer *buffer);

/* The buffer submitted longest ago, or NULL. */
output_buffer *output_buffer_next(session *owner);

#endif
