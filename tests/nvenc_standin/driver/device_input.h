/* CUDA memory as encoder input: register, map, unmap, unregister, and the streams that order its use. */
#ifndef STANDIN_DEVICE_INPUT_H
#define STANDIN_DEVICE_INPUT_H

#include "session.h"

NVENCSTATUS resource_register(session *owner, NV_ENC_REGISTER_RESOURCE *request);
NVENCSTATUS resource_unregister(session *owner, NV_ENC_REGISTERED_PTR handle);
NVENCSTATUS resource_map(session *owner, NV_ENC_MAP_INPUT_RESOURCE *request);
NVENCSTATUS resource_unmap(session *owner, NV_ENC_INPUT_PTR handle);
NVENCSTATUS set_streams(session *owner, NV_ENC_CUSTREAM_PTR input, NV_ENC_CUSTREAM_PTR output);

#endif
