"""NumPy arrays that pose as CUDA memory: on the host-memory libcuda of the NVENC stand-in every pointer is a
device pointer, so that PyNvVideoCodec can be fed on a machine without a GPU. Never for a real driver.
"""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KDLCUDA = 2  # DLDeviceType, dlpack.h
_KDLUINT = 1  # DLDataTypeCode, dlpack.h


class _Tensor(ctypes.Structure):
    """DLTensor of dlpack.h, with its device and data type written out."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("dtype_code", ctypes.c_uint8),
        ("dtype_bits", ctypes.c_uint8),
        ("dtype_lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _ManagedTensor(ctypes.Structure):
    """DLManagedTensor of dlpack.h."""

    _fields_ = (("tensor", _Tensor), ("manager_ctx", ctypes.c_void_p), ("deleter", _Deleter))


_keep = _Deleter(lambda _tensor: None)  # the frame object owns all memory
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


class HostFrame:
    """A picture in host memory, in the shape in which PyNvVideoCodec takes CUDA memory.

    `samples` is a uint8 array (rows, columns) whose columns are adjacent; rows may be padded (pitched). The frame
    must outlive the call that it is handed to. `streams` collects the CUDA streams that the consumer named.
    """

    def __init__(self, samples: NDArray[np.uint8]) -> None:
        if samples.ndim != 2 or samples.dtype != np.uint8 or samples.strides[1] != 1:
            raise ValueError(
                f"a frame is a 2D uint8 array with adjacent columns, not {samples.dtype} {samples.shape}"
            )
        self.streams: list[int | None] = []
        self._samples = samples
        self._shape = (ctypes.c_int64 * 2)(*samples.shape)
        self._strides = (ctypes.c_int64 * 2)(*samples.strides)
        tensor = _Tensor(samples.ctypes.data, _KDLCUDA, 0, 2, _KDLUINT, 8, 1, self._shape, self._strides, 0)
        self._managed = _ManagedTensor(tensor, None, _keep)

    def cuda(self) -> "HostFrame":
        """PyNvVideoCodec takes objects with this method as device memory."""
        return self

    def __dlpack_device__(self) -> tuple[int, int]:
        return _KDLCUDA, 0

    def __dlpack__(self, stream: int | None = None) -> Any:
        self.streams.append(stream)
        return _new_capsule(ctypes.addressof(self._managed), b"dltensor", None)
