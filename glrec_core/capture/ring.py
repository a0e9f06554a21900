"""The seam between the host capture and its rings: what is read, and what every ring must offer."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple, Protocol

from glrec_core.gl.functions import GL
from glrec_core.values.frame import Frame, FrameSpec, Size


class Direct(enum.Enum):
    """What a ring can read of a source that needs no change, without a copy in between."""

    NOTHING = enum.auto()
    FRAMEBUFFER = enum.auto()
    TEXTURE = enum.auto()
    """The RGBA8 texture that the source draws into; a source that has none is copied."""


class ReadSource(NamedTuple):
    """The picture to read: a framebuffer, bound for reading, whose read buffer holds it, and a texture with the same content.

    Where a framebuffer is read directly, the texture is 0. Rings that read textures may get one whose framebuffer is not
    bound.
    """

    framebuffer: int
    texture: int


class Ring(Protocol):
    """Where frames of one size are read into. All methods are called within `ReadState`; only a frame's release is not.

    A ring that `reads_textures` gets by with what it binds itself, once it is made: its `read` and `arrived` without `wait`
    are called outside, too.
    """

    spec: FrameSpec
    reads_textures: bool
    """Whether it reads a picture's texture, rather than the framebuffer that is bound."""
    latency: int
    """How many frames may still be read when the next one is drawn; they come on top of the slots asked for."""

    @property
    def pending(self) -> int:
        """Number of frames that are still being read."""

    @property
    def idle(self) -> bool:
        """Whether no frame is being read or lent."""

    def read(self, picture: ReadSource, pts_ns: int) -> None:
        """Start reading `picture` into a free slot."""

    def arrived(self, *, wait: bool = False) -> list[Frame]:
        """Return the frames that have been read, oldest first; wait for all, or only for those beyond `latency`.

        Raises:
            CaptureError: the context is lost or the GPU hangs.

        """

    def delete(self) -> None:
        """Delete its GL objects; no frame may be lent any more."""


OpenRing = Callable[[GL, Size, int], Ring]
"""Opens a ring for frames of a size, of which a number can wait for the encoder; raises CaptureError."""
