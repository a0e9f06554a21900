"""A ring of buffers that the GPU writes frames into while nobody waits, lent out as host memory.

Where the context has buffer storage (OpenGL 4.4) the buffers stay mapped for good and the encode thread reads the pixels
where the GPU wrote them. Elsewhere they are mapped when their fence has passed and unmapped when their frame is released.
"""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.capture.ring import ReadSource
from glrec_core.errors import CaptureError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.values.frame import Frame, FrameSpec

_PERSISTENT_FLAGS = g.MAP_READ_BIT | g.MAP_PERSISTENT_BIT | g.MAP_COHERENT_BIT
_WAIT_NS = 1_000_000_000
_MAX_WAITS = 20
"""How many seconds a fence may take before the GPU is taken for hung."""


@dataclass(slots=True, eq=False)
class _Slot:
    """One buffer; `address` is 0 while it is not mapped, `fence` is 0 while nothing is written into it."""

    buffer: int
    address: int = 0
    fence: int = 0
    pts_ns: int = 0


class BufferRing(ABC):
    """Frames of one size; a subclass says how the GPU writes one. Implements `Ring`."""

    latency: int
    reads_textures: bool

    def __init__(self, gl: GL, spec: FrameSpec, frame_bytes: int, slots: int) -> None:
        """Create the buffers.

        Raises:
            CaptureError: the driver cannot make or map them.

        """
        self._gl = gl
        self.spec = spec
        self._frame_bytes = frame_bytes
        self._persistent = gl.has_buffer_storage
        self._pending: deque[_Slot] = deque()
        self._released: deque[_Slot] = deque()
        self._slots: list[_Slot] = []
        self._free: deque[_Slot] = deque()
        try:
            for _ in range(slots + self.latency):
                self._add_slot()
        except BaseException:
            self.delete()
            raise

    @abstractmethod
    def _write(self, picture: ReadSource, buffer: int) -> None:
        """Have the GPU write the picture into a buffer."""

    @abstractmethod
    def _planes(self, memory: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
        """Return the frame's planes as views of the `frame_bytes` bytes of a buffer."""

    @property
    def pending(self) -> int:
        """Number of frames that are still being read."""
        return len(self._pending)

    @property
    def idle(self) -> bool:
        """Whether no frame is being read or lent."""
        return len(self._free) + len(self._released) == len(self._slots)

    def read(self, picture: ReadSource, pts_ns: int) -> None:
        """Start reading `picture` into a free slot."""
        self._unmap_released()
        slot = self._free.popleft()
        self._write(picture, slot.buffer)
        slot.fence = self._gl.FenceSync(g.SYNC_GPU_COMMANDS_COMPLETE, 0)
        slot.pts_ns = pts_ns
        self._pending.append(slot)

    def arrived(self, *, wait: bool = False) -> list[Frame]:
        """Return the frames whose fence has passed, oldest first. See `Ring.arrived`."""
        frames = []
        held = 0 if wait else self.latency
        while self._pending and self._passed(self._pending[0], wait=len(self._pending) > held):
            frames.append(self._lend(self._pending.popleft()))
        return frames

    def delete(self) -> None:
        """Delete all buffers. Their memory goes with them, so no frame may be lent any more."""
        for slot in self._slots:
            if slot.fence:
                self._gl.DeleteSync(slot.fence)
            self._gl.delete("DeleteBuffers", slot.buffer)
        self._slots = []

    def _add_slot(self) -> None:
        gl, slot = self._gl, _Slot(self._gl.generate("GenBuffers"))
        self._slots.append(slot)
        self._free.append(slot)
        gl.BindBuffer(g.PIXEL_PACK_BUFFER, slot.buffer)
        if self._persistent:
            gl.BufferStorage(
                g.PIXEL_PACK_BUFFER, self._frame_bytes, None, _PERSISTENT_FLAGS | g.CLIENT_STORAGE_BIT
            )
            self._map(slot, _PERSISTENT_FLAGS)
        else:
            gl.BufferData(g.PIXEL_PACK_BUFFER, self._frame_bytes, None, g.STREAM_READ)

    def _map(self, slot: _Slot, flags: int) -> None:
        slot.address = self._gl.MapBufferRange(g.PIXEL_PACK_BUFFER, 0, self._frame_bytes, flags) or 0
        if not slot.address:
            raise CaptureError(
                f"the driver ({self._gl.renderer}) cannot map a buffer of {self._frame_bytes} bytes for frames; "
                "lower slots= or size="
            )

    def _passed(self, slot: _Slot, *, wait: bool) -> bool:
        for _ in range(_MAX_WAITS if wait else 1):
            status = self._gl.ClientWaitSync(slot.fence, g.SYNC_FLUSH_COMMANDS_BIT, _WAIT_NS if wait else 0)
            if status in {g.ALREADY_SIGNALED, g.CONDITION_SATISFIED}:
                return True
            if status != g.TIMEOUT_EXPIRED:
                raise CaptureError(
                    f"waiting for a frame failed (glClientWaitSync gave {status:#x}): the context is lost"
                )
        if wait:
            raise CaptureError(f"the GPU has not finished a frame within {_MAX_WAITS} s")
        return False

    def _lend(self, slot: _Slot) -> Frame:
        self._gl.DeleteSync(slot.fence)
        slot.fence = 0
        if not self._persistent:
            self._gl.BindBuffer(g.PIXEL_PACK_BUFFER, slot.buffer)
            self._map(slot, g.MAP_READ_BIT)
        memory: Any = (ctypes.c_ubyte * self._frame_bytes).from_address(slot.address)
        planes = self._planes(np.frombuffer(memory, np.uint8))
        returned = self._free if self._persistent else self._released
        return Frame(self.spec, planes, slot.pts_ns, partial(returned.append, slot))

    def _unmap_released(self) -> None:
        while self._released:
            slot = self._released.popleft()
            self._gl.BindBuffer(g.PIXEL_PACK_BUFFER, slot.buffer)
            self._gl.UnmapBuffer(g.PIXEL_PACK_BUFFER)
            slot.address = 0
            self._free.append(slot)
