/* Starting and changing an encoder: nvEncInitializeEncoder, nvEncReconfigureEncoder and what they check. */
#ifndef STANDIN_CONFIGURATION_H
#define STANDIN_CONFIGURATION_H

#include "session.h"

NVENCSTATUS initialize_encoder(session *owner, NV_ENC_INITIALIZE_PARAMS *parameters);
NVENCSTATUS reconfigure_encoder(session *owner, NV_ENC_RECONFIGURE_PARAMS *parameters);
NVENCSTATUS sequence_parameters(session *owner, NV_ENC_SEQUENCE_PARAM_PAYLOAD *payload);

NVENCSTATUS check_parameters(session *owner, const NV_ENC_INITIALIZE_PARAMS *parameters);
NVENCSTATUS check_config(session *owner, const NV_ENC_CONFIG *config, NV_ENC_TUNING_INFO tuning);

bool is_chroma_444(const session *owner);

#endif
