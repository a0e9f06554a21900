"""NVIDIA's JPEG encoder for pictures in CUDA memory: the few calls of libnvjpeg that it takes, through ctypes.

One picture does not fill the GPU: the last step of JPEG, Huffman's code, has little to do in parallel. So every compressor has
a stream of its own, and several work at a time.
NVIDIA's own Python package for it, nvImageCodec, gives None where an encode fails and does not say why.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import cupy
from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib

from glrec_core.cuda.device import CudaDevice, CudaStream
from glrec_core.errors import BackendUnavailable, EncodeError
from glrec_core.values.frame import Size

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


_FUNCTIONS = (
    "nvjpegCreateSimple",
    "nvjpegEncodeGetBufferSize",
    "nvjpegEncodeRetrieveBitstream",
    "nvjpegEncodeYUV",
    "nvjpegEncoderParamsCreate",
    "nvjpegEncoderParamsDestroy",
    "nvjpegEncoderParamsSetQuality",
    "nvjpegEncoderParamsSetSamplingFactors",
    "nvjpegEncoderStateCreate",
    "nvjpegEncoderStateDestroy",
)


class _Image(ctypes.Structure):
    _fields_ = (("channel", ctypes.c_void_p * _MOST_PLANES), ("pitch", ctypes.c_size_t * _MOST_PLANES))


@cache
def library() -> ctypes.CDLL:
    """Load libnvjpeg, of the wheel or of a CUDA toolkit.

    Raises:
        BackendUnavailable: it is not there, or not what is known here.

    """
    try:
        found = load_nvidia_dynamic_lib("nvjpeg")
    except DynamicLibNotFoundError as error:
        raise BackendUnavailable(
            "libnvjpeg is not installed; pip install 'glrec[mjpeg]' (or mjpeg-cuda13) brings it"
        ) from error
    loaded = ctypes.CDLL(found.abs_path)
    for name in _FUNCTIONS:
        if not hasattr(loaded, name):
            raise BackendUnavailable(f"{found.abs_path} is no libnvjpeg that is known here: it lacks {name}")
    return loaded


def _call(name: str, *arguments: object) -> None:
    status = getattr(library(), name)(*arguments)
    if status:
        known = _STATUS_NAMES[status] if status < len(_STATUS_NAMES) else f"status {status}"
        raise EncodeError(f"{name} of libnvjpeg failed: {known}")


@cache
def _handle(device: CudaDevice) -> ctypes.c_void_p:
    """Return the library's handle for a device, one for the process."""
    handle = ctypes.c_void_p()
    with device:
        _call("nvjpegCreateSimple", ctypes.byref(handle))
    return handle


class JpegSettings:
    """What all pictures of one stream have in common: their size, quality (1 to 100) and chroma.

    Raises:
        EncodeError: the library refuses them.

    """

    def __init__(self, source: CudaStream, size: Size, quality: int, chroma: str) -> None:
        """`source` is the stream on which pictures are complete."""
        self.source = source
        self.size = size
        self.handle: ctypes.c_void_p = _handle(source.device)
        self.parameters: ctypes.c_void_p = ctypes.c_void_p()
        queue = ctypes.c_void_p(source.handles.stream)
        with source.device:
            _call("nvjpegEncoderParamsCreate", self.handle, ctypes.byref(self.parameters), queue)
            try:
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
        if self.parameters.value:
            with self.source.device:
                _call("nvjpegEncoderParamsDestroy", self.parameters)
            self.parameters = ctypes.c_void_p()


class JpegCompressor:
    """Holds one picture at a time between `start` and `finish`, and has a stream of its own. Implements `Compressor`.

    Raises:
        EncodeError: the library refuses, for want of memory most likely.

    """

    def __init__(self, settings: JpegSettings) -> None:
        self._settings = settings
        self._state = ctypes.c_void_p()
        self._stream = CudaStream(settings.source.device)
        self._queue = ctypes.c_void_p(self._stream.handles.stream)
        width, height = settings.size
        with settings.source.device:
            _call("nvjpegEncoderStateCreate", settings.handle, ctypes.byref(self._state), self._queue)
            self._arrived = cupy.cuda.Event(disable_timing=True)
            self._rows: Any = cupy.empty((3 * height, width), cupy.uint8)
            self._memory: Any = cupy.cuda.alloc_pinned_memory(settings.largest_bytes)
        self._image = _Image()
        for plane in range(3):
            self._image.channel[plane] = self._rows.data.ptr + plane * height * width
            self._image.pitch[plane] = width

    def start(self, rows: Any) -> None:
        """Queue the encoding of all rows of Y', then of Cb and of Cr: a (3 height, width) uint8 CuPy array, full range.

        They are copied on the source's stream, so that they may be written again there without a wait for the encoding.
        """
        settings = self._settings
        with settings.source.current():
            self._rows[...] = rows
            self._arrived.record(settings.source.cupy)
        with settings.source.device:
            self._stream.cupy.wait_event(self._arrived)
            _call(
                "nvjpegEncodeYUV",
                settings.handle,
                self._state,
                settings.parameters,
                ctypes.byref(self._image),
                _SUBSAMPLING["444"],
                *settings.size,
                self._queue,
            )

    def finish(self) -> bytes:
        """Wait for the picture and return its JPEG."""
        length = ctypes.c_size_t()
        with self._settings.source.device:
            self._retrieve(None, length)
            self._retrieve(self._memory.ptr, length)
            self._stream.synchronize()
        return ctypes.string_at(self._memory.ptr, length.value)

    def _retrieve(self, into: int | None, length: ctypes.c_size_t) -> None:
        """Write the JPEG to host memory, or only its length where no memory is given."""
        name, handle = "nvjpegEncodeRetrieveBitstream", self._settings.handle
        _call(name, handle, self._state, ctypes.c_void_p(into), ctypes.byref(length), self._queue)

    def close(self) -> None:
        """Destroy it, once the work that was queued for it is done."""
        if not self._state.value:
            return
        with self._settings.source.device:
            self._stream.synchronize()
            _call("nvjpegEncoderStateDestroy", self._state)
            self._rows = self._memory = None
        self._state = ctypes.c_void_p()
