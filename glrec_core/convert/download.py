"""The way back to host memory for frames that were captured on the GPU: for a software encoder that takes over there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from glrec_core.errors import ConvertError
from glrec_core.frame import Frame, FrameSpec, Memory
from glrec_core.stages import Converter


class Download:
    """NV12 in CUDA memory to NV12 in host memory, and on to a converter there. Implements `Converter`.

    A frame's `owner` is the (rows, width) array that its planes are views of, complete on the stream that CuPy's work is
    queued on within `on_stream()`.
    """

    def __init__(
        self, source: FrameSpec, on_stream: Callable[[], AbstractContextManager[Any]], converter: Converter
    ) -> None:
        self._source = replace(source, memory=Memory.HOST)
        self._on_stream = on_stream
        self._converter = converter

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read any more after that.

        Raises:
            ConvertError: the GPU does not give the frame out, or the converter refused it.

        """
        owner: Any = frame.owner  # CuPy ships no types
        try:
            with self._on_stream():
                rows = owner.get()  # waits for the stream
        except (RuntimeError, MemoryError) as error:
            raise ConvertError(f"the GPU does not give {frame} out: {error}") from error
        height = self._source.size.height
        planes = rows[:height], rows[height:].reshape(height // 2, -1, 2)
        return self._converter.convert(Frame(self._source, planes, frame.pts_ns))

    def close(self) -> None:
        """Release the converter."""
        self._converter.close()
