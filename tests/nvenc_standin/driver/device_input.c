/* CUDA memory as encoder input. */
#include <stdlib.h>

#include "capabilities.h"
#include "cuda_driver.h"
#include "device_input.h"
#include "input_image.h"

static NVENCSTATUS check_kind(session *owner, const NV_ENC_REGISTER_RESOURCE *request)
{
    REQUIRE(owner, request->resourceType == NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR, NV_ENC_ERR_UNIMPLEMENTED,
            "resource type %d not in the stand-in", (int)request->resourceType);
    REQUIRE(owner, owner->device_type == NV_ENC_DEVICE_TYPE_CUDA, NV_ENC_ERR_INVALID_CALL,
            "CUDA resource on a session that is not CUDA");
    REQUIRE(owner, request->bufferUsage == NV_ENC_INPUT_IMAGE, NV_ENC_ERR_UNIMPLEMENTED, "usage %d",
            (int)request->bufferUsage);
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_layout(session *owner, const NV_ENC_REGISTER_RESOURCE *request)
{
    REQUIRE(owner, format_is_supported(request->bufferFormat), NV_ENC_ERR_INVALID_PARAM, "format 0x%x",
            (unsigned)request->bufferFormat);
    REQUIRE(owner,
            request->width >= owner->parameters.encodeWidth && request->height >= owner->parameters.encodeHeight,
            NV_ENC_ERR_INVALID_PARAM, "registered %ux%u below the encode size", request->width, request->height);
    REQUIRE(owner,
            request->pitch >= image_row_bytes(request->bufferFormat, request->width) && request->pitch % 4 == 0,
            NV_ENC_ERR_INVALID_PARAM, "pitch %u for width %u", request->pitch, request->width);
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_memory(session *owner, const NV_ENC_REGISTER_RESOURCE *request)
{
    int result = cuda_check_device_pointer(owner->device, request->resourceToRegister);
    REQUIRE(owner, !result, NV_ENC_ERR_RESOURCE_REGISTER_FAILED, "not a device pointer of this context (%d)", result);
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_registration(session *owner, const NV_ENC_REGISTER_RESOURCE *request)
{
    NVENCSTATUS status = check_kind(owner, request);
    if (!status)
        status = check_layout(owner, request);
    return status ? status : check_memory(owner, request);
}

NVENCSTATUS resource_register(session *owner, NV_ENC_REGISTER_RESOURCE *request)
{
    REQUIRE_POINTER(owner, request);
    REQUIRE_VERSION(owner, request, NV_ENC_REGISTER_RESOURCE_VER);
    REQUIRE_INITIALIZED(owner);
    REQUIRE_POINTER(owner, request->resourceToRegister);
    NVENCSTATUS status = check_registration(owner, request);
    if (status)
        return status;
    registration *created = allocate(sizeof *created);
    created->description = *request;
    resource_add(&owner->registrations, &created->link);
    request->registeredResource = created;
    log_call("{\"call\":\"register\",\"session\":%u,\"w\":%u,\"h\":%u,\"pitch\":%u,\"fmt\":%u}", owner->number,
             request->width, request->height, request->pitch, (unsigned)request->bufferFormat);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS resource_unregister(session *owner, NV_ENC_REGISTERED_PTR handle)
{
    registration *registered = resource_find(owner->registrations, handle);
    REQUIRE_POINTER(owner, handle);
    REQUIRE(owner, registered, NV_ENC_ERR_RESOURCE_NOT_REGISTERED, "not registered");
    REQUIRE(owner, !registered->mapped, NV_ENC_ERR_INVALID_CALL, "unregistered while mapped");
    resource_remove(&owner->registrations, &registered->link);
    free(registered);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS resource_map(session *owner, NV_ENC_MAP_INPUT_RESOURCE *request)
{
    REQUIRE_POINTER(owner, request);
    REQUIRE_VERSION(owner, request, NV_ENC_MAP_INPUT_RESOURCE_VER);
    REQUIRE_INITIALIZED(owner);
    registration *registered = resource_find(owner->registrations, request->registeredResource);
    REQUIRE(owner, registered, NV_ENC_ERR_RESOURCE_NOT_REGISTERED, "map of an unregistered resource");
    REQUIRE(owner, !registered->mapped, NV_ENC_ERR_MAP_FAILED, "mapped already");
    mapping *created = allocate(sizeof *created);
    created->registered = registered;
    registered->mapped = true;
    resource_add(&owner->mappings, &created->link);
    request->mappedResource = created;
    request->mappedBufferFmt = registered->description.bufferFormat;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS resource_unmap(session *owner, NV_ENC_INPUT_PTR handle)
{
    mapping *mapped = resource_find(owner->mappings, handle);
    REQUIRE_POINTER(owner, handle);
    REQUIRE(owner, mapped, NV_ENC_ERR_RESOURCE_NOT_MAPPED, "not mapped");
    REQUIRE(owner, !mapped->being_read, NV_ENC_ERR_ENCODER_BUSY, "unmapped while its picture is being encoded");
    mapped->registered->mapped = false;
    resource_remove(&owner->mappings, &mapped->link);
    free(mapped);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS set_streams(session *owner, NV_ENC_CUSTREAM_PTR input, NV_ENC_CUSTREAM_PTR output)
{
    REQUIRE_INITIALIZED(owner);
    REQUIRE(owner, owner->device_type == NV_ENC_DEVICE_TYPE_CUDA, NV_ENC_ERR_INVALID_CALL,
            "streams on a session that is not CUDA");
    owner->input_stream = input;
    log_call("{\"call\":\"streams\",\"session\":%u,\"in\":%d,\"out\":%d}", owner->number, input != NULL,
             output != NULL);
    return NV_ENC_SUCCESS;
}
