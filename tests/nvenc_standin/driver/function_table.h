/* The function table of API 12.1. */
#ifndef STANDIN_FUNCTION_TABLE_H
#define STANDIN_FUNCTION_TABLE_H

#include <nvEncodeAPI.h>

NVENCSTATUS fill_function_table(NV_ENCODE_API_FUNCTION_LIST *table);

#endif
