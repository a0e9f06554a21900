/* The table of open sessions, and how a call is refused. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cuda_driver.h"
#include "buffers.h"
#include "pictures.h"
#include "session.h"

static session *open_sessions;
static uint32_t sessions_opened;
static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;

NVENCSTATUS refuse(session *owner, NVENCSTATUS status, const char *format, ...)
{
    char reason[LAST_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    if (owner)
        snprintf(owner->last_error, sizeof owner->last_error, "%s", reason);
    log_call("{\"error\":%d,\"what\":\"%s\"}", (int)status, reason);
    return status;
}

void resource_add(resource **list, resource *entry)
{
    entry->next = *list;
    *list = entry;
}

bool resource_remove(resource **list, const resource *entry)
{
    for (; *list; list = &(*list)->next)
        if (*list == entry) {
            *list = entry->next;
            return true;
        }
    return false;
}

void *resource_find(resource *list, const void *handle)
{
    while (list && list != handle)
        list = list->next;
    return list;
}

static unsigned resource_count(const resource *list)
{
    unsigned count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

session *session_find(const void *handle)
{
    pthread_mutex_lock(&table_mutex);
    session *found = open_sessions;
    while (found && found != handle)
        found = found->next;
    pthread_mutex_unlock(&table_mutex);
    return found;
}

static int count_sessions(void)
{
    int count = 0;
    for (const session *entry = open_sessions; entry; entry = entry->next)
        count++;
    return count;
}

/* Gives the session its number and a place in the table, unless the limit is reached. */
static bool table_add(session *entry)
{
    int limit = session_limit();
    pthread_mutex_lock(&table_mutex);
    bool fits = limit < 0 || count_sessions() < limit;
    if (fits) {
        entry->number = ++sessions_opened;
        entry->next = open_sessions;
        open_sessions = entry;
    }
    pthread_mutex_unlock(&table_mutex);
    return fits;
}

static void table_remove(const session *entry)
{
    pthread_mutex_lock(&table_mutex);
    session **link = &open_sessions;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    pthread_mutex_unlock(&table_mutex);
}

static NVENCSTATUS check_cuda_device(void *context)
{
    REQUIRE(NULL, context, NV_ENC_ERR_INVALID_PTR, "null CUcontext");
    int result = cuda_check_context(context);
    REQUIRE(NULL, result != CUDA_LIBRARY_MISSING, NV_ENC_ERR_NO_ENCODE_DEVICE, "libcuda.so.1 cannot be loaded");
    REQUIRE(NULL, !result, NV_ENC_ERR_INVALID_DEVICE, "CUcontext refused by the driver: %d", result);
    return NV_ENC_SUCCESS;
}

/* An OpenGL session takes system-memory input buffers only. */
static NVENCSTATUS check_device(const NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *parameters)
{
    if (parameters->deviceType == NV_ENC_DEVICE_TYPE_CUDA)
        return check_cuda_device(parameters->device);
    REQUIRE(NULL, parameters->deviceType == NV_ENC_DEVICE_TYPE_OPENGL, NV_ENC_ERR_UNSUPPORTED_DEVICE,
            "device type %d", (int)parameters->deviceType);
    REQUIRE(NULL, !parameters->device, NV_ENC_ERR_INVALID_DEVICE, "device must be NULL for OpenGL");
    return NV_ENC_SUCCESS;
}

static session *session_create(const NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *parameters)
{
    session *created = allocate(sizeof *created);
    created->device_type = parameters->deviceType;
    created->device = parameters->device;
    pthread_mutex_init(&created->mutex, NULL);
    return created;
}

static void session_free(session *owner)
{
    h264_writer_close(owner->writer);
    bytes_free(&owner->parameter_sets);
    bytes_free(&owner->downloaded);
    pthread_mutex_destroy(&owner->mutex);
    free(owner);
}

NVENCSTATUS session_open(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *parameters, void **handle)
{
    REQUIRE_POINTER(NULL, parameters);
    REQUIRE_POINTER(NULL, handle);
    *handle = NULL;
    REQUIRE_VERSION(NULL, parameters, NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER);
    REQUIRE(NULL, parameters->apiVersion == NVENCAPI_VERSION, NV_ENC_ERR_INVALID_VERSION,
            "apiVersion 0x%08x, this table is 0x%08x", parameters->apiVersion, NVENCAPI_VERSION);
    NVENCSTATUS status = check_device(parameters);
    if (status)
        return status;
    session *created = session_create(parameters);
    if (!table_add(created)) {
        session_free(created);
        return refuse(NULL, NV_ENC_ERR_OUT_OF_MEMORY, "session limit %d reached", session_limit());
    }
    *handle = created;
    log_call("{\"call\":\"open\",\"session\":%u,\"api\":\"%d.%d\",\"dev\":%d}", created->number,
             NVENCAPI_MAJOR_VERSION, NVENCAPI_MINOR_VERSION, (int)parameters->deviceType);
    return NV_ENC_SUCCESS;
}

static void log_destroy(const session *owner)
{
    log_call("{\"call\":\"destroy\",\"session\":%u,\"submitted\":%u,\"out\":%u,\"left_in\":%u,\"left_out\":%u,"
             "\"left_registered\":%u,\"left_mapped\":%u}",
             owner->number, owner->pictures_in, owner->pictures_out, resource_count(owner->input_buffers),
             resource_count(owner->output_buffers), resource_count(owner->registrations),
             resource_count(owner->mappings));
}

static void free_plain_resources(resource *list)
{
    while (list) {
        resource *next = list->next;
        free(list);
        list = next;
    }
}

static void free_resources(session *owner)
{
    while (owner->input_buffers)
        input_buffer_destroy(owner, owner->input_buffers);
    while (owner->output_buffers)
        output_buffer_destroy(owner, owner->output_buffers);
    forget_late_pictures(owner);
    free_plain_resources(owner->mappings);
    free_plain_resources(owner->registrations);
}

NVENCSTATUS session_destroy(session *owner)
{
    table_remove(owner);
    log_destroy(owner);
    free_resources(owner);
    session_free(owner);
    return NV_ENC_SUCCESS;
}
