"""Tells each swap to whom it belongs, and when a drawable, its context or its display ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Protocol
from weakref import WeakSet

from glrec_core.adapter import Binding
from glrec_core.hooks.swap.machine import Unsupported
from glrec_core.hooks.swap.watch import BEGINS, ENDS, SWAPS, watch
from glrec_core.swaps.drawable import Drawable, Key, binding_of, key_of
from glrec_core.system.libraries import has_elf_libraries

_ENDS_CONTEXT = frozenset({"glXDestroyContext", "eglDestroyContext"})
_ENDS_DISPLAY = {"XCloseDisplay": "GLX", "eglTerminate": "EGL"}


class Hearer(Protocol):
    """Who hears of one drawable."""

    @property
    def key(self) -> Key:
        """Which one."""

    @property
    def display(self) -> int:
        """The connection to the window system that it belongs to."""

    def swapping(self) -> None:
        """Hear that a frame is drawn; its context is current."""

    def ending(self) -> None:
        """Hear that the drawable, its context or its display is about to go."""


Finder = Callable[[Drawable], bool]
"""Called at the swaps of drawables until it returns true for one; it may attach to it."""


class Hub:
    """All that hear of swaps in this process. There is one; `hub` gives it."""

    def __init__(self) -> None:
        self._hearers: tuple[Hearer, ...] = ()
        self._finders: dict[Finder, dict[Key, int]] = {}
        self._quiet: set[int | None] = set()
        """Drawables that nobody wants to hear of, so that they cost next to nothing."""
        self._met: list[Callable[[], None]] = []
        self._known: WeakSet[Drawable] = WeakSet()
        self._knowing = threading.Lock()
        self._stop: Callable[[], None] | None = None

    @property
    def hearers(self) -> tuple[Hearer, ...]:
        """Who hears now, in order."""
        return self._hearers

    def add(self, hearer: Hearer, drawable: Drawable) -> None:
        """Let somebody hear of a drawable, which will know of its own end, too."""
        with self._knowing:
            self._known.add(drawable)
        self._hearers = (*self._hearers, hearer)
        self._switch()

    def discard(self, hearer: Hearer) -> None:
        """Let him hear no more."""
        self._hearers = tuple(each for each in self._hearers if each is not hearer)
        self._switch()

    def find(self, finder: Finder) -> Callable[[], None]:
        """Tell of drawables that are not known yet; what is returned ends that."""
        self._finders[finder] = {}
        self._switch()

        def stop() -> None:
            self._finders.pop(finder, None)
            self._switch()

        return stop

    def before_display(self, wanted: Callable[[], None]) -> Callable[[], None]:
        """Call `wanted` when a library is met that looks for a window system; what is returned ends that."""
        self._met.append(wanted)
        self._switch()
        if self._stop is not None and any(name in BEGINS for _, name in watch().patched):
            wanted()

        def stop() -> None:
            if wanted in self._met:
                self._met.remove(wanted)
            self._switch()

        return stop

    # What the hooks call

    def met(self, name: str) -> None:
        """Hear that a library may make a call."""
        if name in BEGINS:
            for wanted in list(self._met):
                wanted()

    def called(self, name: str, first: int | None, second: int | None) -> None:
        """Hear of a call."""
        if second in self._quiet and name in SWAPS:
            return
        if name in SWAPS:
            self._swapped("EGL" if name.startswith("egl") else "GLX", second)
        elif name in ENDS:
            self._end(name, first, second)
        else:
            self.met(name)

    def _swapped(self, kind: str, handle: int | None) -> None:
        if not self._is_wanted(kind, handle):
            self._quiet.add(handle)
            return
        binding = binding_of(kind)
        if binding is None or binding.handles[1] != handle:
            return  # of another thread's drawing: nothing can be read here
        key = key_of(binding)
        self._show(key, binding)
        _each([each.swapping for each in self._hearers if each.key == key])

    def _is_wanted(self, kind: str, handle: int | None) -> bool:
        """Whether anybody hears of a drawable, or does not know it yet; to ask OpenGL would take longer."""
        for hearer in self._hearers:
            if hearer.key.handle == handle and hearer.key.kind == kind:
                return True
        return any(
            all(key.handle != handle or key.kind != kind for key in settled)
            for settled in list(self._finders.values())
        )

    def _show(self, key: Key, binding: Binding) -> None:
        """Let the finders see a drawable that they do not know."""
        for finder, settled in list(self._finders.items()):
            if key not in settled:
                drawable = Drawable(binding)
                if finder(drawable):
                    settled[key] = drawable.display

    def _end(self, name: str, first: int | None, second: int | None) -> None:
        ends = partial(_ends, name, first, second)
        _each([each.ending for each in self._hearers if ends(each.key, each.display)])
        with self._knowing:
            known = list(self._known)
        self._quiet.clear()
        for drawable in known:
            drawable.closed = drawable.closed or ends(drawable.key, drawable.display)
        for settled in self._finders.values():  # another window may get the same handle
            for key, display in list(settled.items()):
                if ends(key, display):
                    settled.pop(key, None)

    def _switch(self) -> None:
        """Hear of the hooks only while somebody hears of this."""
        self._quiet.clear()
        wanted = bool(self._hearers or self._finders or self._met)
        if wanted and self._stop is None:
            self._stop = watch().listen(self)
        elif not wanted and self._stop is not None:
            self._stop()
            self._stop = None


def _ends(name: str, first: int | None, second: int | None, key: Key, display: int) -> bool:
    if name in _ENDS_DISPLAY:
        return key.kind == _ENDS_DISPLAY[name] and display == first
    if key.kind != ("EGL" if name.startswith("egl") else "GLX"):
        return False
    return (key.context if name in _ENDS_CONTEXT else key.handle) == second


def _each(calls: Iterable[Callable[[], None]]) -> None:
    """Make all calls, then raise what the first of them has raised."""
    errors: list[BaseException] = []
    for call in calls:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)
    if errors:
        raise errors[0]


@cache
def hub() -> Hub:
    """Return the hub of this process.

    Raises:
        Unsupported: this system or this processor has no hooks.

    """
    if not has_elf_libraries():
        raise Unsupported("swaps can be heard on Linux only")
    watch()
    return Hub()
