"""What a caller gives as an array: in which memory it is, and how it is reached, whatever library it is of."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.cuda.context import kept
from glrec_core.errors import ArrayError
from glrec_core.values.foreign import CUDA, DLPACK, translated

_HOST_KINDS, _CUDA_KINDS = (1, 3), (2, 13)
"""DLDeviceType of dlpack.h: kDLCPU and kDLCUDAHost (pinned), kDLCUDA and kDLCUDAManaged."""


def device_of(array: object) -> int | None:
    """Return the number of the CUDA device whose memory holds an array; None for the host's.

    Raises:
        ArrayError: this is no array, or it is elsewhere.

    """
    if isinstance(array, np.ndarray):
        return None
    if hasattr(array, "__dlpack_device__"):
        with reading(array):
            kind, number = array.__dlpack_device__()
        if kind in _HOST_KINDS:
            return None
        if kind in _CUDA_KINDS:
            return int(number)
        raise ArrayError(
            f"{_kind(array)} is in the memory of a device of DLPack's type {int(kind)}; copy it to the host's or CUDA's"
        )
    if hasattr(array, "__cuda_array_interface__"):
        return _device_of_pointer(array.__cuda_array_interface__["data"][0])
    raise ArrayError(
        f"{_kind(array)} is not an array; give one of NumPy, or of a library that speaks DLPack or __cuda_array_interface__"
    )


def _device_of_pointer(pointer: int) -> int:
    check_cuda_packages()
    from cupy.cuda import runtime

    unknown = "__cuda_array_interface__ names memory that CUDA does not know"
    with translated(ArrayError, unknown, CUDA), kept():
        device = int(runtime.pointerGetAttributes(pointer).device)
    if device < 0:
        raise ArrayError("__cuda_array_interface__ names memory that no CUDA device has")
    return device


def check_cuda_packages() -> None:
    """Check that what reads arrays in CUDA memory is installed.

    Raises:
        ArrayError: it is not.

    """
    for module in ("cupy", "cuda"):
        if find_spec(module) is None:
            raise ArrayError(
                f"the array is in CUDA memory, and the package {module} is not installed; "
                "pip install 'glrec[nvenc]' (or nvenc-cuda13) brings it"
            )


def reading(array: object) -> AbstractContextManager[None]:
    """Say of an array that its own library does not give out that it cannot be read."""
    return translated(ArrayError, f"{_kind(array)} cannot be read", DLPACK)


def _kind(array: object) -> str:
    kind = type(array)
    return f"an object of {kind.__module__}.{kind.__qualname__}"


def on_host(array: object) -> NDArray[Any]:
    """Return an array in host memory as NumPy's, of the same memory.

    Raises:
        ArrayError: its library does not give it out.

    """
    if isinstance(array, np.ndarray):
        return array
    with reading(array):
        return np.from_dlpack(array)  # type: ignore[arg-type] # any object that speaks DLPack
