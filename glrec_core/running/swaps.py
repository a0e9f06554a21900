"""Programs on toolkits that no adapter knows: their windows are found by their swaps, and their screen by their asking for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from glrec_core.adapter import Attachment, Tap
from glrec_core.hooks.swap.machine import Unsupported
from glrec_core.swaps.attachment import SwapAttachment, join_plugins
from glrec_core.swaps.drawable import Drawable, Key
from glrec_core.swaps.hub import hub

_PATIENCE_SWAPS = 3
"""How many frames of a drawable are let pass while an adapter may have a window that has not drawn: it may be that one."""


class Watcher(Protocol):
    """What is asked of the session."""

    @property
    def adapters(self) -> bool | None:
        """Whether an adapter has a window that has drawn; None if it may have one that has not yet."""

    def begin_swaps(self, attach: Callable[[Tap], Attachment]) -> None:
        """Record a window that is known by its swaps."""

    def want_display(self) -> None:
        """Hear that the program looks for a window system."""


def is_supported() -> bool:
    """Whether swaps can be heard on this system."""
    try:
        hub()
    except Unsupported:
        return False
    return True


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Let the session hear of swaps for a `with` block, where the system has such."""
    passed: dict[Key, int] = {}

    def found(drawable: Drawable) -> bool:
        adapters = watcher.adapters
        if adapters is None:
            passed[drawable.key] = passed.get(drawable.key, 0) + 1
            if passed[drawable.key] <= _PATIENCE_SWAPS:
                return False
        if not adapters:
            watcher.begin_swaps(lambda tap: SwapAttachment(drawable, tap))
        return True

    try:
        stops = (hub().find(found), hub().before_display(watcher.want_display))
    except Unsupported:
        yield
        return
    join_plugins()
    try:
        yield
    finally:
        for stop in stops:
            stop()
