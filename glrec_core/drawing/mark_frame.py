"""Lets a program without a window say that a frame is drawn, to whoever listens: `glrec run` does.

A program that draws into framebuffers of its own, for instance in a standalone moderngl context, has no swap of buffers
that could be noticed. Without a listener the call does nothing, so that the program runs the same by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from glrec_core.gl.objects import bound_framebuffer
from glrec_core.values.frame import Framebuffer, Size

Listener = Callable[[Framebuffer], None]

_listeners: list[Listener] = []


class NamedFramebuffer(Protocol):
    """A framebuffer object of another library, such as `moderngl.Framebuffer`."""

    @property
    def glo(self) -> int: ...
    @property
    def size(self) -> tuple[int, int]: ...


def mark_frame(framebuffer: Framebuffer | NamedFramebuffer | None = None) -> None:
    """Report that a frame is drawn: under `glrec run` it is recorded, otherwise nothing happens.

        draw()
        mark_frame()

    Args:
        framebuffer: where the picture is: a `moderngl.Framebuffer` or a `Framebuffer`; None is the one that is bound for
            drawing. Its context must be current.

    """
    if _listeners:
        source = _source(framebuffer)
        for listener in _listeners:
            listener(source)


def listen(listener: Listener) -> Callable[[], None]:
    """Have `listener` called for every marked frame; returns what ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def _source(framebuffer: Framebuffer | NamedFramebuffer | None) -> Framebuffer:
    if framebuffer is None:
        return bound_framebuffer()
    if isinstance(framebuffer, Framebuffer):
        return framebuffer
    return Framebuffer(framebuffer.glo, Size(*framebuffer.size))
