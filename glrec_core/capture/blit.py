"""Copies any framebuffer into a texture of ours: resolves samples, scales, letterboxes and pads, by blits.

Blits need no shader, no vertex state and no viewport, so almost nothing of the host's state is touched. A plain texture
that needs no change is read where it is, or copied by a compute pass, where a GPU has that: neither binds a framebuffer.
Rows stay in OpenGL's order; the conversion turns them.
"""

from __future__ import annotations

from glrec_core.capture.geometry import PaddedSize, Rect, halvings
from glrec_core.capture.ring import Direct, ReadSource
from glrec_core.capture.texture_copy import TextureCopy
from glrec_core.errors import CaptureError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.gl.objects import ColorTarget, attachment_parameter, color_buffer, plain_texture
from glrec_core.gl.state import SetupState
from glrec_core.values.frame import Framebuffer, Size


class Blitter:
    """Owns a ring of target textures and whatever stands between them and a source of the present size."""

    def __init__(
        self, gl: GL, padded: PaddedSize, *, keep_shape: bool, targets: int = 1, opaque: bool = True
    ) -> None:
        """Name the targets; to be called within `ReadState`. `opaque` is what lies around the picture.

        Each is made when a picture is first copied into it: where frames are read from the source itself, as most are of a
        renderer on the CPU, the first one need not wait for it (7 ms at 720p, 58 at 4K; llvmpipe, two cores, 2026-11).
        """
        self._gl = gl
        self._opaque = opaque
        self._padded = padded
        self._keep_shape = keep_shape
        self._source: tuple[int, Size, int] | None = None
        self._read_buffer: tuple[int, int] | None = None
        self._place = Rect(0, 0, 0, 0)
        self._between: list[ColorTarget] = []
        self._srgb = False
        self._unchanged = False
        self.targets: list[ColorTarget] = []
        self._last = 0
        self._stale: list[ColorTarget] = []
        self._texture_copy: TextureCopy | None = None
        try:
            for _ in range(targets):
                self.targets.append(ColorTarget(gl, padded.coded))
            if gl.has_compute and not gl.is_software:
                self._texture_copy = TextureCopy(gl, padded.coded)
                self._make_targets()
        except BaseException:
            self.delete()
            raise

    def _make_targets(self) -> None:
        """Make what a compute pass may copy into before anything is blitted into it."""
        with SetupState(self._gl):
            for target in self.targets:
                target.make()
                target.clear(opaque=self._opaque)

    def take(self, source: Framebuffer, direct: Direct) -> ReadSource | None:
        """Return the picture of a known source that needs no change, without a binding: its own texture, or a copy of that.

        None for every other source, which `prepare` can do. No `ReadState` is needed.
        """
        copy = None if direct is Direct.TEXTURE else self._texture_copy
        takes_any = copy is not None or direct is Direct.TEXTURE
        if not (takes_any and self._unchanged and self._source == (source.name, source.size, 0)):
            return None
        # Asked for in every frame: the host may attach another texture in each.
        texture = plain_texture(self._gl, source.name)
        if not texture:
            return None
        if copy is None:
            return ReadSource(source.name, texture)
        self._last = (self._last + 1) % len(self.targets)
        copy.copy(texture, self.target.texture)
        return ReadSource(self.target.framebuffer, self.target.texture)

    def prepare(self, source: Framebuffer, direct: Direct, *, asked: bool = False) -> ReadSource:
        """Return the picture to record, bound for reading; `restore` must follow its use, both within one `ReadState`.

        That is the source itself, where `direct` allows it and its picture needs no change, else a copy in `target`.
        `asked` says that `take` has just given None.

        Raises:
            CaptureError: the framebuffer is incomplete or holds integers.

        """
        gl = self._gl
        gl.BindFramebuffer(g.FRAMEBUFFER, source.name)
        samples = gl.integer(g.SAMPLES)
        if (source.name, source.size, samples) != self._source:
            self._arrange(source, samples)
            asked = False
        buffer = color_buffer(gl, source.name)
        read_buffer = gl.integer(g.READ_BUFFER)
        if read_buffer != buffer:
            self._read_buffer = (source.name, read_buffer)
            gl.ReadBuffer(buffer)
        if self._unchanged and direct is Direct.FRAMEBUFFER:
            return ReadSource(source.name, 0)
        picture = (None if asked else self.take(source, direct)) or self._blitted(source)
        gl.BindFramebuffer(g.READ_FRAMEBUFFER, picture.framebuffer)
        return picture

    def restore(self) -> None:
        """Give the source its own read buffer back, where `prepare` had to choose another."""
        if self._read_buffer is not None:
            (framebuffer, buffer), self._read_buffer = self._read_buffer, None
            self._gl.BindFramebuffer(g.READ_FRAMEBUFFER, framebuffer)
            self._gl.ReadBuffer(buffer)

    @property
    def target(self) -> ColorTarget:
        """The texture with the last copied picture."""
        return self.targets[self._last]

    def delete(self) -> None:
        """Delete all textures and framebuffers."""
        self._delete_between()
        for target in self.targets:
            target.delete()
        if self._texture_copy is not None:
            self._texture_copy.delete()

    def _blitted(self, source: Framebuffer) -> ReadSource:
        """Copy a source that is bound into the next target."""
        self._last = (self._last + 1) % len(self.targets)
        self._clear_stale(source)
        self._blit_all(source)
        return ReadSource(self.target.framebuffer, self.target.texture)

    def _clear_stale(self, source: Framebuffer) -> None:
        """Clear what is around the picture in the next target, if it is new or a picture of another shape was there before.

        Not before its turn: the earlier pictures in the other targets may not have been read yet.
        """
        if self.target in self._stale:
            self._stale.remove(self.target)
            with SetupState(self._gl):
                self.target.make()
                self.target.clear(opaque=self._opaque)
            self._gl.BindFramebuffer(g.READ_FRAMEBUFFER, source.name)

    def _blit_all(self, source: Framebuffer) -> None:
        area = Rect(0, 0, *source.size)
        for step in self._between:
            into = Rect(0, 0, *step.size)
            self._blit(area, step.framebuffer, into)
            self._gl.BindFramebuffer(g.READ_FRAMEBUFFER, step.framebuffer)
            area = into
        self._blit(area, self.target.framebuffer, self._place)
        if self._padded.padding != (0, 0):
            self._pad()

    def _blit(self, area: Rect, framebuffer: int, into: Rect) -> None:
        same = (area.right - area.left, area.top - area.bottom) == (
            into.right - into.left,
            into.top - into.bottom,
        )
        self._gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, framebuffer)
        self._gl.BlitFramebuffer(*area, *into, g.COLOR_BUFFER_BIT, g.NEAREST if same else g.LINEAR)

    def _pad(self) -> None:
        """Repeat the last column and the lowest row of the content over the padding."""
        columns, rows = self._padded.padding
        width, height = self._padded.coded
        self._gl.BindFramebuffer(g.READ_FRAMEBUFFER, self.target.framebuffer)
        for column in range(width - columns, width):
            last = width - columns - 1
            self._blit(
                Rect(last, 0, last + 1, height), self.target.framebuffer, Rect(column, 0, column + 1, height)
            )
        for row in range(rows):
            self._blit(Rect(0, rows, width, rows + 1), self.target.framebuffer, Rect(0, row, width, row + 1))

    def _arrange(self, source: Framebuffer, samples: int) -> None:
        """Prepare for a source that is new or has changed its size; it is bound for reading and drawing."""
        gl = self._gl
        srgb = self._inspect(source)
        self._place = self._padded.place(source.size, keep_shape=self._keep_shape)
        placed = Size(self._place.right - self._place.left, self._place.top - self._place.bottom)
        # A multisampled blit can neither scale nor, in OpenGL ES, move or change the encoding.
        moved = placed != source.size or (gl.es and (self._place.left, self._place.bottom) != (0, 0))
        steps = [source.size] if samples and moved else []
        steps += halvings(source.size, placed)
        with SetupState(gl):
            self._delete_between()
            self._between = [ColorTarget(gl, size, srgb=srgb) for size in steps]
            for step in self._between:
                step.make()
            if srgb != self._srgb:
                self._remake_targets(srgb=srgb)
        self._stale = list(self.targets)
        gl.BindFramebuffer(g.FRAMEBUFFER, source.name)
        self._source = (source.name, source.size, samples)
        self._unchanged = not samples and source.size == self._padded.coded

    def _remake_targets(self, *, srgb: bool) -> None:
        for target in self.targets:
            target.delete()
        self.targets = [ColorTarget(self._gl, self._padded.coded, srgb=srgb) for _ in self.targets]
        self._srgb = srgb

    def _inspect(self, source: Framebuffer) -> bool:
        """Refuse what cannot be copied; return whether our textures must be sRGB for a blit to leave values alone.

        Desktop OpenGL converts only while FRAMEBUFFER_SRGB is enabled, which `ReadState` turns off; OpenGL ES always does.
        """
        gl = self._gl
        status = gl.CheckFramebufferStatus(g.READ_FRAMEBUFFER)
        if status != g.FRAMEBUFFER_COMPLETE:
            raise CaptureError(
                f"framebuffer {source.name} is not complete (status {status:#x}), so it holds no picture"
            )
        component_type = attachment_parameter(gl, source.name, g.FRAMEBUFFER_ATTACHMENT_COMPONENT_TYPE)
        if component_type in {g.INT, g.UNSIGNED_INT}:
            raise CaptureError(
                f"framebuffer {source.name} holds integers; draw into a normalised or float colour buffer"
            )
        return (
            gl.es and attachment_parameter(gl, source.name, g.FRAMEBUFFER_ATTACHMENT_COLOR_ENCODING) == g.SRGB
        )

    def _delete_between(self) -> None:
        for step in self._between:
            step.delete()
        self._between = []
