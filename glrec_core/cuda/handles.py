"""What a library that works on somebody else's CUDA stream must be told; plain numbers, so that naming them needs no CUDA."""

from __future__ import annotations

from typing import NamedTuple


class CudaHandles(NamedTuple):
    """A stream by its native handle (CUstream), with its context (CUcontext) and its device's number in CUDA's order."""

    device: int
    context: int
    stream: int
