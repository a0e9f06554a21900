"""NVIDIA's JPEG encoder for pictures in CUDA memory: the few calls of libnvjpeg that it takes, through ctypes.

Everything is queued on one stream, so a picture's memory may be written again by whatever is queued there afterwards.
NVIDIA's own Python package for it, nvImageCodec, gives None where an encode fails and does not say why.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import cupy
from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib

from glrec_core.cuda.device import CudaStream
from glrec_core.errors import BackendUnavailable, EncodeError
from glrec_core.frame import Size

_SUBSAMPLING = {
    "444": 0,
    "420": 2,
}  # nvjpegChromaSubsampling_t, as all names and numbers here from nvjpeg.h of CUDA 13
_STATUS_NAMES = (
    "SUCCESS",
    "NOT_INITIALIZED",
    "INVALID_PARAMETER",
    "BAD_JPEG",
    "JPEG_NOT_SUPPORTED",
    "ALLOCATOR_FAILURE",
    "EXECUTION_FAILED",
    "ARCH_MISMATCH",
    "INTERNAL_ERROR",
    "IMPLEMENTATION_NOT_SUPPORTED",
    "INCOMPLETE_BITSTREAM",
)
_MOST_PLANES = 4  # NVJPEG_MAX_COMPONENT


class _Image(ctypes.Structure):
    _fields_ = (("channel", ctypes.c_void_p * _MOST_PLANES), ("pitch", ctypes.c_size_t * _MOST_PLANES))


@cache
def library() -> ctypes.CDLL:
    """Load libnvjpeg, of the wheel or of a CUDA toolkit.

    Raises:
        BackendUnavailable: it is not there.

    """
    try:
        found = load_nvidia_dynamic_lib("nvjpeg")
    except DynamicLibNotFoundError as error:
        raise BackendUnavailable(
            "libnvjpeg is not installed; pip install 'glrec[mjpeg]' (or mjpeg-cuda13) brings it"
        ) from error
    return ctypes.CDLL(found.abs_path)


def _call(name: str, *arguments: object) -> None:
    status = getattr(library(), name)(*arguments)
    if status:
        known = _STATUS_NAMES[status] if status < len(_STATUS_NAMES) else f"status {status}"
        raise EncodeError(f"{name} of libnvjpeg failed: {known}")


class JpegSettings:
    """A handle of the library's with the parameters of all pictures of one stream: quality 1 to 100 and chroma.

    Raises:
        EncodeError: the library refuses them.

    """

    def __init__(self, stream: CudaStream, size: Size, quality: int, chroma: str) -> None:
        self.stream = stream
        self.size = size
        self.handle, self.parameters = ctypes.c_void_p(), ctypes.c_void_p()
        queue = self.queue = ctypes.c_void_p(stream.handles.stream)
        with stream.device:
            _call("nvjpegCreateSimple", ctypes.byref(self.handle))
            try:
                _call("nvjpegEncoderParamsCreate", self.handle, ctypes.byref(self.parameters), queue)
                _call("nvjpegEncoderParamsSetQuality", self.parameters, quality, queue)
                subsampling = _SUBSAMPLING[chroma]
                _call("nvjpegEncoderParamsSetSamplingFactors", self.parameters, subsampling, queue)
            except BaseException:
                self.close()
                raise

    @property
    def largest_bytes(self) -> int:
        """What a picture's JPEG takes at most."""
        length = ctypes.c_size_t()
        _call("nvjpegEncodeGetBufferSize", self.handle, self.parameters, *self.size, ctypes.byref(length))
        return length.value

    def close(self) -> None:
        """Destroy them; no compressor may use them any more."""
        with self.stream.device:
            if self.parameters.value:
                _call("nvjpegEncoderParamsDestroy", self.parameters)
                self.parameters = ctypes.c_void_p()
            if self.handle.value:
                _call("nvjpegDestroy", self.handle)
                self.handle = ctypes.c_void_p()


class JpegCompressor:
    """Holds one picture at a time between `start` and `finish`. Implements `Compressor`.

    Raises:
        EncodeError: the library refuses, for want of memory most likely.

    """

    def __init__(self, settings: JpegSettings) -> None:
        self._settings = settings
        self._state = ctypes.c_void_p()
        with settings.stream.device:
            _call("nvjpegEncoderStateCreate", settings.handle, ctypes.byref(self._state), settings.queue)
            self._memory = cupy.cuda.alloc_pinned_memory(settings.largest_bytes)

    def start(self, planes: tuple[Any, ...]) -> None:
        """Queue the encoding of Y', Cb and Cr, each (height, width) uint8 CuPy arrays of any pitch, full range."""
        settings, image = self._settings, _Image()
        for index, plane in enumerate(planes):
            image.channel[index], image.pitch[index] = plane.data.ptr, plane.strides[0]
        with settings.stream.device:
            _call(
                "nvjpegEncodeYUV",
                settings.handle,
                self._state,
                settings.parameters,
                ctypes.byref(image),
                _SUBSAMPLING["444"],
                *settings.size,
                settings.queue,
            )

    def finish(self) -> bytes:
        """Wait for the picture and return its JPEG."""
        length = ctypes.c_size_t()
        with self._settings.stream.device:
            self._retrieve(None, length)
            self._retrieve(self._memory.ptr, length)
            self._settings.stream.synchronize()
        return ctypes.string_at(self._memory.ptr, length.value)

    def _retrieve(self, into: int | None, length: ctypes.c_size_t) -> None:
        """Write the JPEG to host memory, or only its length where no memory is given."""
        settings, target = self._settings, ctypes.c_void_p(into)
        _call(
            "nvjpegEncodeRetrieveBitstream",
            settings.handle,
            self._state,
            target,
            ctypes.byref(length),
            settings.queue,
        )

    def close(self) -> None:
        """Destroy it, once the work that was queued for it is done."""
        if not self._state.value:
            return
        with self._settings.stream.device:
            self._settings.stream.synchronize()
            _call("nvjpegEncoderStateDestroy", self._state)
            self._state = ctypes.c_void_p()
