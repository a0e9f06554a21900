"""A ring in plain host memory, for renderers that draw on the CPU.

There glReadPixels is a copy by the CPU in any case; into a pixel buffer it costs a second step and ties the pixels' life to
the context. Measured on llvmpipe (Mesa 22.3, 2 cores, 2026-11): 0.14 against 0.23 ms a frame at 720p.
"""

from __future__ import annotations

from collections import deque
from functools import partial

import numpy as np
from numpy.typing import NDArray

from glrec_core.capture.ring import ReadSource
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size

_Slot = tuple[NDArray[np.uint8], int]
"""Pixels, (height, width, 4) with the bottom row first, and their address, which NumPy is slow to tell."""


class MemoryRing:
    """RGBA or BGRA frames of one size, read at once. Implements `Ring`."""

    reads_textures = False
    latency = 0

    def __init__(self, gl: GL, size: Size, slots: int) -> None:
        """Reserve the memory; the operating system gives it when a slot is first used."""
        self._gl = gl
        self.spec: FrameSpec = FrameSpec(size, PixelFormat.RGBA)
        self._layout = g.RGBA
        self._begun = False
        self._slots = slots
        shape = (size.height, size.width, 4)
        memory = [np.empty(shape, np.uint8) for _ in range(slots)]
        self._free: deque[_Slot] = deque((pixels, pixels.ctypes.data) for pixels in memory)
        self._read: list[Frame] = []

    @property
    def pending(self) -> int:
        """Number of frames that are still being read: none."""
        return 0

    @property
    def idle(self) -> bool:
        """Whether no frame is lent."""
        return len(self._free) == self._slots

    def read(self, picture: ReadSource, pts_ns: int) -> None:
        """Read the framebuffer into a free slot; its rows come bottom first and are lent as a reversed view."""
        if not self._begun:
            self._begin(picture)
        slot = self._free.pop()  # the last one given back is warm in the cache
        pixels, address = slot
        self._gl.ReadPixels(0, 0, *self.spec.size, self._layout, g.UNSIGNED_BYTE, address)
        self._read.append(Frame(self.spec, (pixels[::-1],), pts_ns, partial(self._free.append, slot)))

    def _begin(self, picture: ReadSource) -> None:
        """Choose the order of colours by the first picture: a window's pixels lie as BGRA, textures as RGBA.

        The other order is read as well, but at three to five times the cost. OSMesa draws into memory of the program's.
        """
        self._begun = True
        window = picture.framebuffer == 0 and not self._gl.es and self._gl.context.api.kind != "OSMesa"
        if window:
            self.spec, self._layout = FrameSpec(self.spec.size, PixelFormat.BGRA), g.BGRA

    def arrived(self, *, wait: bool = False) -> list[Frame]:  # noqa: ARG002 - a frame that was read has arrived
        """Return the frames that were read since the last call."""
        frames, self._read = self._read, []
        return frames

    def delete(self) -> None:
        """Do nothing: the memory goes when the last frame is given back."""
