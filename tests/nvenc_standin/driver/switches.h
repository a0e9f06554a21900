/* The call log and the switches that tests set in the environment (README.md lists them). */
#ifndef STANDIN_SWITCHES_H
#define STANDIN_SWITCHES_H

#include <stdbool.h>
#include <stdint.h>

/* Appends one line of JSON to the file that NVENC_SW_LOG names. */
void log_call(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The status that NVENC_SW_FAIL=call:status[:nth] wants from this call, else 0. */
int injected_status(const char *call);

void sleep_as_switched(void);
bool reads_input_late(void);
bool logs_pictures(void);
bool in_instant_mode(void);

/* NVENC_SW_MAX_SESSIONS, or -1 for no limit. */
int session_limit(void);

/* NVENC_SW_API or 12.1, as (major << 4 | minor). */
uint32_t reported_api_version(void);

#endif
