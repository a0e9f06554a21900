"""Memory for frames on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cupy
import numpy as np

from glrec_core.cuda.layout import kernel_format
from glrec_core.errors import CaptureError
from glrec_core.values.frame import PixelFormat, Size

_PITCH_ALIGNMENT_BYTES = 256
"""What cudaMalloc aligns to, so that every row begins as a picture does."""


def frame_rows(pixel_format: PixelFormat, size: Size, count: int) -> Sequence[Any]:
    """Return the rows of so many frames on the current device, as `KernelFormat` says, views of one block of CuPy's pool.

    Raises:
        CaptureError: there is no kernel for the pixel format, or the GPU has not enough memory.

    """
    form = kernel_format(pixel_format)
    columns = form.columns(size.width)
    pitch = -(-columns * form.sample_bytes // _PITCH_ALIGNMENT_BYTES) * _PITCH_ALIGNMENT_BYTES
    shape = count, form.rows(size.height), pitch // form.sample_bytes
    try:
        block = cupy.empty(shape, np.dtype(f"u{form.sample_bytes}"))
    except cupy.cuda.memory.OutOfMemoryError as error:
        raise CaptureError(
            f"the GPU has no memory for {count} frames of {size} ({error}); lower slots= or size="
        ) from error
    return [rows[:, :columns] for rows in block]
