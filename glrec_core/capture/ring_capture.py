"""Capture into a ring: copy or blit, start reading, and no more on the render thread."""

from __future__ import annotations

from glrec_core.capture.blit import Blitter
from glrec_core.capture.geometry import PaddedSize
from glrec_core.capture.ring import Direct, OpenRing, Ring
from glrec_core.config import Config
from glrec_core.gl.functions import GL
from glrec_core.gl.state import ReadState
from glrec_core.values.frame import Frame, Framebuffer, FrameSpec, Size


class RingCapture:
    """Reads frames into a ring, in its memory and pixel format. Implements `Capture`."""

    def __init__(
        self,
        gl: GL,
        config: Config,
        source: Size,
        alignment: int,
        open_ring: OpenRing,
        *,
        direct: Direct,
        textures: int = 1,
    ) -> None:
        """Open for a first source of size `source`; the encoder takes sizes that are a multiple of `alignment`.

        `direct` says what the ring may read of a source that needs no change. Rings may need a picture to stay in its
        texture for some more frames: there are `textures` of them, taken in turn.

        Raises:
            CaptureError: the driver cannot make the texture or the buffers.

        """
        self._gl = gl
        self._config = config
        self._alignment = alignment
        self._open_ring = open_ring
        self._direct = direct
        self._textures = textures
        self._state = ReadState(gl)
        self.notes: tuple[str, ...] = ()
        self._retired: list[Ring] = []
        self._ring: Ring | None = None
        with self._state:
            ring = self._open(source)
        self.latency: int = ring.latency
        self.slots: int = config.slots + ring.latency

    def _open(self, source: Size) -> Ring:
        config = self._config
        padded = PaddedSize.of(source if config.size is None else Size(*config.size), self._alignment)
        self._source_size = source
        if padded.padding != (0, 0):
            self.notes = (*self.notes, padded.padding_note)
        keep_shape = config.on_resize != "scale"
        blitter = self._blitter = Blitter(
            self._gl, padded, keep_shape=keep_shape, targets=self._textures, opaque=config.alpha is None
        )
        try:
            ring = self._ring = self._open_ring(self._gl, padded.coded, config.slots)
        except BaseException:
            blitter.delete()
            raise
        self._spec = ring.spec
        return ring

    @property
    def spec(self) -> FrameSpec:
        """Of the frames that are read now."""
        return self._spec if self._ring is None else self._ring.spec

    @property
    def pending(self) -> int:
        """How many frames are still being read."""
        return self._ring.pending if self._ring is not None else 0

    @property
    def texture_id(self) -> int:
        """GL name of the texture that holds the last grabbed frame; from the first look on, frames are copied there."""
        self._direct = Direct.NOTHING
        return self._blitter.target.texture

    def settle(self) -> None:
        """See `Capture.settle`: software renderers draw only when somebody reads, and a direct read waits for that."""
        if self._gl.is_software:
            self._gl.Finish()

    def grab(self, source: Framebuffer, pts_ns: int) -> list[Frame]:
        """Start reading `source`; return the frames that have arrived. See `Capture.grab`."""
        ring, asked = self._ring, False
        if ring is not None and ring.reads_textures and not self._retired:
            picture = self._blitter.take(source, self._direct)
            if picture is not None:
                ring.read(picture, pts_ns)
                return ring.arrived()
            asked = True
        with self._state:
            return self._grab_bound(source, pts_ns, asked=asked)

    def _grab_bound(self, source: Framebuffer, pts_ns: int, *, asked: bool) -> list[Frame]:
        frames: list[Frame] = []
        ring = self._ring
        if ring is None or (source.size != self._source_size and self._config.on_resize == "segment"):
            frames = self._retire()
            ring, asked = self._open(source.size), False
        if self._retired:
            self._delete_retired()
        blitter = self._blitter
        try:
            ring.read(blitter.prepare(source, self._direct, asked=asked), pts_ns)
        finally:
            blitter.restore()
        return frames + ring.arrived()

    def drain(self) -> list[Frame]:
        """Wait for all frames that are still being read."""
        if self._ring is None:
            return []
        with self._state:
            return self._ring.arrived(wait=True)

    def abandon(self) -> int:
        """Forget all GL names: their context is gone."""
        lost, self._ring = self.pending, None
        self._retired = []
        return lost

    def close(self) -> None:
        """Delete the rings and the textures; no frame may be lent any more."""
        if self._ring is None and not self._retired:
            return
        with self._state:
            self._put_away()  # without a look at what is still being read: a lost context would never give it
            for ring in self._retired:
                ring.delete()
            self._retired = []

    def _retire(self) -> list[Frame]:
        """Take ring and textures out of use; return the frames that were still being read."""
        frames = self._ring.arrived(wait=True) if self._ring is not None else []
        self._put_away()
        return frames

    def _put_away(self) -> None:
        if self._ring is not None:
            self._blitter.delete()
            self._retired.append(self._ring)
            self._ring = None

    def _delete_retired(self) -> None:
        """Delete the rings of earlier sizes whose frames have all been given back."""
        for ring in [ring for ring in self._retired if ring.idle]:
            ring.delete()
            self._retired.remove(ring)
