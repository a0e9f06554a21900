/* An encode session, the table of open sessions, and how a call is refused. */
#ifndef STANDIN_SESSION_H
#define STANDIN_SESSION_H

#include <nvEncodeAPI.h>
#include <pthread.h>
#include <stdbool.h>

#include "common.h"
#include "gop.h"
#include "h264_writer.h"
#include "switches.h"

enum { LAST_ERROR_BYTES = 512 };

/* What a client creates in a session; each kind has its own list. */
typedef struct resource {
    struct resource *next;
} resource;

typedef struct {
    resource link;
    NV_ENC_BUFFER_FORMAT format;
    uint32_t width;
    uint32_t height;
    uint32_t pitch;
    uint8_t *memory;
    bool locked;
} input_buffer;

typedef struct output_buffer {
    resource link;
    struct output_buffer *next_submitted;
    byte_buffer data;
    enum { OUTPUT_IDLE, OUTPUT_PENDING, OUTPUT_READY, OUTPUT_LOCKED } state;
    coded_picture picture;
    uint32_t decode_index;
} output_buffer;

typedef struct {
    resource link;
    NV_ENC_REGISTER_RESOURCE description;
    bool mapped;
} registration;

typedef struct {
    resource link;
    registration *registered;
    bool being_read; /* a picture that NVENC_SW_LATE_READ has yet to read */
} mapping;

typedef struct late_picture late_picture;

typedef struct session {
    struct session *next;
    uint32_t number;
    NV_ENC_DEVICE_TYPE device_type;
    void *device;
    bool initialized;
    NV_ENC_INITIALIZE_PARAMS parameters;
    NV_ENC_CONFIG config;
    h264_writer *writer;
    gop pattern;
    byte_buffer parameter_sets;
    bool parameter_sets_sent;
    bool force_idr;
    resource *input_buffers;
    resource *output_buffers;
    resource *registrations;
    resource *mappings;
    output_buffer *submitted; /* waiting for a coded picture, in the order of submission */
    late_picture *late_pictures;
    byte_buffer downloaded;
    uint32_t pictures_in;
    uint32_t pictures_out;
    NV_ENC_CUSTREAM_PTR input_stream; /* points to a CUstream, or NULL */
    char last_error[LAST_ERROR_BYTES];
    pthread_mutex_t mutex;
} session;

/* Stores and logs the reason; returns `status`. `owner` may be NULL. */
NVENCSTATUS refuse(session *owner, NVENCSTATUS status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define REQUIRE(owner, condition, status, ...)             \
    do {                                                   \
        if (!(condition))                                  \
            return refuse((owner), (status), __VA_ARGS__); \
    } while (0)
#define REQUIRE_POINTER(owner, pointer) \
    REQUIRE(owner, (pointer) != NULL, NV_ENC_ERR_INVALID_PTR, "%s: null " #pointer, __func__)
#define REQUIRE_VERSION(owner, structure, wanted)                                                                   \
    REQUIRE(owner, (structure)->version == (wanted), NV_ENC_ERR_INVALID_VERSION, "%s: version 0x%08x, wanted 0x%08x", \
            __func__, (structure)->version, (uint32_t)(wanted))
#define REQUIRE_INITIALIZED(owner)                                                                             \
    REQUIRE(owner, (owner)->initialized, NV_ENC_ERR_ENCODER_NOT_INITIALIZED, "%s before nvEncInitializeEncoder", \
            __func__)

NVENCSTATUS session_open(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *parameters, void **handle);
NVENCSTATUS session_destroy(session *owner);

/* NULL when the handle is not an open session's. */
session *session_find(const void *handle);

void resource_add(resource **list, resource *entry);
bool resource_remove(resource **list, const resource *entry);

/* The resource that a client's handle stands for, or NULL. */
void *resource_find(resource *list, const void *handle);

#endif
