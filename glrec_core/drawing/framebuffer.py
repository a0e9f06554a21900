"""A framebuffer of one's own, multisampled on request: a frame is then as large as wanted, window or not."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from glrec_core.drawing.state import check_usable
from glrec_core.errors import CaptureError, ConfigError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.objects import ColorTarget
from glrec_core.gl.state import ReadState, SetupState
from glrec_core.values.checks import whole_number
from glrec_core.values.frame import Framebuffer, Size
from glrec_core.values.measures import parse_size

_FARTHEST = ctypes.c_float(1.0)


class OffscreenFramebuffer:
    """Colour of 8 bits a channel (RGBA), and depth of 24 bits, in the context that is current when it is made.

    `with framebuffer:` draws into it; blocks may be nested. `close()` deletes it.

        with framebuffer, recorder.record():
            framebuffer.clear()
            draw()
    """

    def __init__(self, size: tuple[int, int], *, samples: int = 0, depth: bool = True) -> None:
        """Create the framebuffer; all bindings stay as they are.

        Args:
            size: (width, height) in pixels.
            samples: samples a pixel; 0 is none, and a driver may take more than was asked for.
            depth: whether it has a depth buffer.

        Raises:
            ConfigError: the size or the number of samples cannot be had.
            CaptureError: no context is current, or the driver refuses such a framebuffer.

        """
        gl = self._gl = current_gl()
        self.size: Size = parse_size(size)
        self.samples: int = _parse_samples(gl, samples)
        self._depth = depth
        self._renderbuffers: list[int] = []
        self._outer: list[tuple[int, int, tuple[int, ...]]] = []
        with ReadState(gl), SetupState(gl), _renderbuffer_kept(gl):
            self._resolved = ColorTarget(gl, self.size)
            self._resolved.make()
            self._name = gl.generate("GenFramebuffers") if samples else self._resolved.framebuffer
            self._attach_all()

    @property
    def name(self) -> int:
        """GL name of the framebuffer that is drawn into; 0 once it is closed."""
        return self._name

    @property
    def texture_id(self) -> int:
        """GL name of the texture that holds the picture, rows bottom first; with samples, as of the last `resolve()`."""
        return self._resolved.texture if self._name else 0

    @property
    def framebuffer(self) -> Framebuffer:
        """What `Recorder.frame_drawn` takes; the recorder resolves samples itself."""
        return Framebuffer(self._name, self.size)

    def clear(self, red: float = 0.0, green: float = 0.0, blue: float = 0.0, alpha: float = 1.0) -> None:
        """Fill with a colour (0 to 1), and the depth buffer with 1; obeys scissor and masks, as glClear does.

            with framebuffer:
                framebuffer.clear(0.2, 0.3, 0.4)
                draw()

        Raises:
            ClosedError: it is closed.
            CaptureError: its context is not current.

        """
        with self:
            self._gl.ClearBufferfv(g.COLOR, 0, (ctypes.c_float * 4)(red, green, blue, alpha))
            if self._depth:
                self._gl.ClearBufferfv(g.DEPTH, 0, ctypes.byref(_FARTHEST))

    def resolve(self) -> Framebuffer:
        """Average the samples into `texture_id`; return a framebuffer with it, from which pixels can be read.

            recorder.frame_drawn(framebuffer.resolve())
            quad.draw(framebuffer.texture_id)

        Raises:
            ClosedError: it is closed.
            CaptureError: its context is not current.

        """
        gl, area = self._gl, (0, 0, *self.size)
        self._check("resolve()")
        if self.samples:
            with ReadState(gl):
                gl.BindFramebuffer(g.READ_FRAMEBUFFER, self._name)
                gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, self._resolved.framebuffer)
                gl.BlitFramebuffer(*area, *area, g.COLOR_BUFFER_BIT, g.NEAREST)
        return Framebuffer(self._resolved.framebuffer, self.size)

    def close(self) -> None:
        """Delete all GL objects; if its context is not current, leave them to the context's end. Safe to call twice.

        For example:

            framebuffer = OffscreenFramebuffer((1280, 720), samples=4)
            framebuffer.close()
        """
        if self._name and self._gl.context.is_current():
            if self.samples:
                self._gl.delete("DeleteFramebuffers", self._name)
            self._resolved.delete()
            for renderbuffer in self._renderbuffers:
                self._gl.delete("DeleteRenderbuffers", renderbuffer)
        self._name = 0

    def __enter__(self) -> Self:
        """Bind it for drawing and reading, and set the viewport to all of it."""
        self._check("with framebuffer")
        gl = self._gl
        draw, read = gl.integer(g.DRAW_FRAMEBUFFER_BINDING), gl.integer(g.READ_FRAMEBUFFER_BINDING)
        self._outer.append((draw, read, gl.integers(g.VIEWPORT, 4)))
        gl.BindFramebuffer(g.FRAMEBUFFER, self._name)
        gl.Viewport(0, 0, *self.size)
        return self

    def __exit__(self, *_: object) -> None:
        """Put bindings and viewport back, unless the context went away within the block."""
        gl = self._gl
        draw, read, viewport = self._outer.pop()
        if not gl.context.is_current():
            return
        gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, draw)
        gl.BindFramebuffer(g.READ_FRAMEBUFFER, read)
        gl.Viewport(*viewport)

    def _check(self, call: str) -> None:
        check_usable(self._gl, call, closed=self._name == 0)

    def _attach_all(self) -> None:
        gl = self._gl
        gl.BindFramebuffer(g.FRAMEBUFFER, self._name)
        if self.samples:
            self._attach(g.COLOR_ATTACHMENT0, g.RGBA8)
        if self._depth:
            self._attach(g.DEPTH_ATTACHMENT, g.DEPTH_COMPONENT24)
        status = gl.CheckFramebufferStatus(g.FRAMEBUFFER)
        if status != g.FRAMEBUFFER_COMPLETE:
            self.close()
            raise CaptureError(
                f"the driver ({gl.renderer}) refuses a framebuffer of {self.size} with {self.samples} samples "
                f"(status {status:#x}); try a smaller size or fewer samples"
            )

    def _attach(self, attachment: int, internal_format: int) -> None:
        gl = self._gl
        name = gl.generate("GenRenderbuffers")
        self._renderbuffers.append(name)
        gl.BindRenderbuffer(g.RENDERBUFFER, name)
        gl.RenderbufferStorageMultisample(g.RENDERBUFFER, self.samples, internal_format, *self.size)
        gl.FramebufferRenderbuffer(g.FRAMEBUFFER, attachment, g.RENDERBUFFER, name)


def _parse_samples(gl: GL, samples: object) -> int:
    most = gl.integer(g.MAX_SAMPLES)
    try:
        return whole_number("samples", samples, 0, most)
    except ConfigError as error:
        raise ConfigError(f"{error}, the most that {gl.renderer} has") from error


@contextmanager
def _renderbuffer_kept(gl: GL) -> Iterator[None]:
    bound = gl.integer(g.RENDERBUFFER_BINDING)
    try:
        yield
    finally:
        gl.BindRenderbuffer(g.RENDERBUFFER, bound)
