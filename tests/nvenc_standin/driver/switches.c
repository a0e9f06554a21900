/* The call log and the switches that tests set in the environment. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "switches.h"

static pthread_mutex_t switches_mutex = PTHREAD_MUTEX_INITIALIZER;

static const char *switched(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int switched_number(const char *name, int otherwise)
{
    const char *value = switched(name);
    return value ? atoi(value) : otherwise;
}

static void append_line(const char *path, const char *format, va_list arguments)
{
    FILE *file = fopen(path, "a");
    if (!file)
        return;
    vfprintf(file, format, arguments);
    fputc('\n', file);
    fclose(file);
}

void log_call(const char *format, ...)
{
    const char *path = switched("NVENC_SW_LOG");
    if (!path)
        return;
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&switches_mutex);
    append_line(path, format, arguments);
    pthread_mutex_unlock(&switches_mutex);
    va_end(arguments);
}

/* How often the failing call was seen; counts anew when the switch changes. */
static int count_call(const char *switch_value)
{
    static char counted[64];
    static int count;
    pthread_mutex_lock(&switches_mutex);
    if (strncmp(counted, switch_value, sizeof counted - 1)) {
        snprintf(counted, sizeof counted, "%s", switch_value);
        count = 0;
    }
    int seen = ++count;
    pthread_mutex_unlock(&switches_mutex);
    return seen;
}

int injected_status(const char *call)
{
    char name[32];
    int status = 0, first = 1;
    const char *value = switched("NVENC_SW_FAIL");
    if (!value || sscanf(value, "%31[^:]:%d:%d", name, &status, &first) < 2 || strcmp(name, call))
        return 0;
    return count_call(value) >= first ? status : 0;
}

void sleep_as_switched(void)
{
    int milliseconds = switched_number("NVENC_SW_SLEEP_MS", 0);
    if (milliseconds <= 0)
        return;
    struct timespec duration = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&duration, NULL);
}

bool reads_input_late(void)
{
    return switched("NVENC_SW_LATE_READ") != NULL;
}

bool logs_pictures(void)
{
    return switched("NVENC_SW_LOG_PICS") != NULL;
}

bool in_instant_mode(void)
{
    const char *mode = switched("NVENC_SW_MODE");
    return mode && !strcmp(mode, "instant");
}

int session_limit(void)
{
    return switched_number("NVENC_SW_MAX_SESSIONS", -1);
}

uint32_t reported_api_version(void)
{
    unsigned major = 12, minor = 1;
    const char *value = switched("NVENC_SW_API");
    if (value && sscanf(value, "%u.%u", &major, &minor) != 2)
        fprintf(stderr, "NVENC stand-in: NVENC_SW_API=%s is not major.minor\n", value);
    return major << 4 | minor;
}
