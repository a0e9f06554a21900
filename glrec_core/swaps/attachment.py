"""The adapter for drawables: a normal one for the recorder, whichever toolkit has made the window.

It joins the plugins when somebody asks for swaps, and is not loaded before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from glrec_core.adapter import (
    Attachment,
    ConfigError,
    Framebuffer,
    Tap,
    current_binding,
    end_attachment,
    hookimpl,
    made_current,
)
from glrec_core.plugins import plugin_manager
from glrec_core.swaps.drawable import Drawable, Key, size_of
from glrec_core.swaps.hub import hub
from glrec_core.swaps.x_errors import x_errors_ignored


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "swaps: what any other OpenGL program shows, by glrec_core.record_swaps"


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hear of the swaps of `target` if it is a drawable.

    Raises:
        ConfigError: its end has been heard.

    """
    if not isinstance(target, Drawable):
        return None
    if target.closed:
        raise ConfigError("this drawable is closed; attach to a window that is open")
    return SwapAttachment(target, tap)


class SwapAttachment:
    """Hears of one drawable. The hub keeps it alive."""

    def __init__(self, drawable: Drawable, tap: Tap) -> None:
        self.key: Key = drawable.key
        self.display: int = drawable.display
        self._binding = drawable.binding  # and not the drawable, which is the program's
        self._tap = tap
        self._ended = False
        self._gone = False
        hub().add(self, drawable)

    def detach(self) -> None:
        """Hear no more; nothing of the program's has been changed."""
        hub().discard(self)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current for a `with` block, then what was current before."""
        binding, before = self._binding, current_binding()
        if self._gone or (before is not None and before.context == binding.context):
            yield
            return
        with ExitStack() as stack:
            with self._spared():
                stack.enter_context(made_current(binding))
            try:
                yield
            finally:
                with self._spared():
                    stack.close()

    @contextmanager
    def _spared(self) -> Iterator[None]:
        """Let the program live on if its window has gone unheard, or another thread has the context."""
        if self.key.kind != "GLX":
            yield
            return
        with x_errors_ignored(self.display):
            yield

    def swapping(self) -> None:
        """Tell of a frame."""
        size = size_of(self._binding)
        if size.width and size.height:
            self._tap.frame_drawn(Framebuffer(0, size))

    def ending(self) -> None:
        """Tell that the context goes, once."""
        if self._ended:
            return
        self._ended = True
        try:
            end_attachment(self, self._tap)
        finally:
            self._gone = True


def join_plugins() -> None:
    """Let `glrec_core.record` take drawables from now on."""
    manager, module = plugin_manager(), sys.modules[__name__]
    if not manager.is_registered(module):
        manager.register(module)
