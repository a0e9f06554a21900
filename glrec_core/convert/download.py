"""The way back to host memory for frames that were captured on the GPU: for a software encoder that takes over there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from glrec_core.cuda.layout import kernel_format
from glrec_core.errors import ConvertError
from glrec_core.stages import Converter
from glrec_core.values.foreign import translated
from glrec_core.values.frame import Frame, Memory

OnStream = Callable[[], AbstractContextManager[Any]]
"""Makes the stream on which frames are complete the one that CuPy's work is queued on."""


def downloaded(frame: Frame, on_stream: OnStream) -> Frame:
    """Return a frame of the same pixels in host memory. The input's planes are views of its `owner`, an array of all rows.

    Raises:
        ConvertError: the GPU does not give the frame out.

    """
    owner: Any = frame.owner  # CuPy ships no types
    what = f"the GPU does not give {frame} out"
    with translated(ConvertError, what, RuntimeError, MemoryError), on_stream():
        rows = owner.get()  # waits for the stream
    planes = kernel_format(frame.spec.format).planes(rows, frame.spec.size.height)
    return Frame(replace(frame.spec, memory=Memory.HOST), planes, frame.pts_ns)


class Download:
    """Frames in CUDA memory to the same in host memory, and on to a converter there. Implements `Converter`.

    A frame's `owner` is the array of all its rows that its planes are views of, complete on the stream that CuPy's work is
    queued on within `on_stream()`.
    """

    def __init__(self, on_stream: OnStream, converter: Converter) -> None:
        self._on_stream = on_stream
        self._converter = converter

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read any more after that.

        Raises:
            ConvertError: the GPU does not give the frame out, or the converter refused it.

        """
        return self._converter.convert(downloaded(frame, self._on_stream))

    def close(self) -> None:
        """Release the converter."""
        self._converter.close()
