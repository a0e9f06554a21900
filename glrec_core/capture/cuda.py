"""A ring of frames in CUDA memory: pictures are converted, or laid out as RGBA, where OpenGL drew them.

Going over from OpenGL's context to CUDA's costs the GPU hardly more for several pictures than for one. So pictures are
kept as textures until a batch is full, and converted together. Nothing waits here: a frame is lent when its conversion
is queued, and whoever works on the same stream afterwards finds it done.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any

from glrec_core.capture.ring import ReadSource
from glrec_core.cuda.device import CudaStream
from glrec_core.cuda.kernel import Kernel, Launch
from glrec_core.cuda.layout import kernel_format
from glrec_core.cuda.memory import frame_rows
from glrec_core.cuda.texture import MappedTextures, RegisteredTexture
from glrec_core.gl.functions import GL
from glrec_core.values.color import ColorSpace
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size


@dataclass(slots=True, eq=False)
class _Slot:
    """Memory of one frame: all rows as one array, the planes as views of it, and what converts a picture into it."""

    rows: Any
    planes: tuple[Any, ...]
    convert: Launch


class CudaRing:
    """Frames of one size in the memory of a stream's device. Implements `Ring`.

    A frame's `owner` is the array of all its rows that its planes are views of, row 0 the top.
    """

    reads_textures = True

    def __init__(
        self,
        gl: GL,  # noqa: ARG002 - the stream's device has been found by the context
        size: Size,
        slots: int,
        *,
        stream: CudaStream,
        pixel_format: PixelFormat,
        color: ColorSpace,
        batch: int,
    ) -> None:
        """Compile the kernel, unless CuPy has it on disk, and reserve the memory; `color` is that of Y'CbCr.

        Raises:
            CaptureError: the kernel cannot be compiled or the GPU has not enough memory.

        """
        self.spec: FrameSpec = FrameSpec(size, pixel_format, Memory.CUDA)
        self.latency: int = batch - 1
        self._stream = stream
        self._batch = batch
        self._textures: dict[int, RegisteredTexture] = {}
        self._waiting: list[tuple[RegisteredTexture, int]] = []
        form = kernel_format(pixel_format)
        with stream.device:
            kernel = Kernel(pixel_format, color)
            self._slots = [
                _Slot(rows, form.planes(rows, size.height), kernel.into(rows, size))
                for rows in frame_rows(pixel_format, size, slots + self.latency)
            ]
        self._free = deque(self._slots)

    @property
    def pending(self) -> int:
        """Number of pictures that wait for their batch."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether no frame is lent."""
        return len(self._free) == len(self._slots)

    def read(self, picture: ReadSource, pts_ns: int) -> None:
        """Put the picture into the batch; its texture must keep it until `arrived` has returned its frame."""
        if picture.texture not in self._textures:
            with self._stream.device:
                self._textures[picture.texture] = RegisteredTexture(picture.texture)
        self._waiting.append((self._textures[picture.texture], pts_ns))

    def arrived(self, *, wait: bool = False) -> list[Frame]:
        """Queue the conversion of a full batch and return its frames.

        With `wait` the batch may have gaps, and all textures are given back to OpenGL, which may then delete them.
        """
        frames = self._convert() if wait or len(self._waiting) == self._batch else []
        if wait:
            self._unregister()
        return frames

    def delete(self) -> None:
        """Give back the memory, once the work on it is done; no frame may be lent any more."""
        with self._stream.device:
            self._stream.synchronize()
            self._slots = []
            self._free.clear()

    def _convert(self) -> list[Frame]:
        batch, self._waiting = self._waiting, []
        if not batch:
            return []
        textures = [texture for texture, _ in batch]
        with self._stream.device, MappedTextures(textures, self._stream.handles) as surfaces:
            return [
                self._frame(surface, pts_ns) for surface, (_, pts_ns) in zip(surfaces, batch, strict=True)
            ]

    def _frame(self, surface: int, pts_ns: int) -> Frame:
        slot = self._free.popleft()
        slot.convert(surface, self._stream.handles.stream)
        return Frame(self.spec, slot.planes, pts_ns, partial(self._free.append, slot), slot.rows)

    def _unregister(self) -> None:
        if not self._textures:
            return
        with self._stream.device:
            for texture in self._textures.values():
                texture.unregister()
        self._textures.clear()
