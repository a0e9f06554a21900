"""What a backend is: one way from the frames of an OpenGL context to packets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glrec_core.config import Config
from glrec_core.gl.functions import GL
from glrec_core.stages import Pipeline
from glrec_core.values.clock import Clock
from glrec_core.values.frame import Size

Unavailable = Callable[[GL, Config, Size | None], str | None]


@dataclass(frozen=True, slots=True)
class Backend:
    """One row: how frames get from a context of some kind to packets."""

    name: str
    check: Callable[[Config], None]
    """Raises ConfigError for options that this backend cannot honour; needs no context."""
    unavailable: Unavailable
    """Says in a sentence why it cannot serve this context, or None; raises ConfigError for options that its hardware does
    not honour. The size is that of the first source, if it is known."""
    describe: Callable[[GL, Config], str]
    """Says in a sentence what it does in this context."""
    open: Callable[[GL, Config, Clock, Size], Pipeline]
    """Opens it for a first source of the given size."""
    preload: Callable[[Config], None]
    """Does what takes long and needs no context, imports above all, so that it is done when the first frame comes. Whatever it
    raises is told by `unavailable`, `open` or the encode thread, which need the same. Any thread."""
    codec: str | None = None
    """The one codec that it makes; "auto" takes it for no other."""
    by_name_only: bool = False
    """Whether "auto" never takes it."""
