"""Hears of the frames of pygame's OpenGL display by standing in for `pygame.display.flip` and `update`.

There is one display, which is named by its surface. Another `set_mode` mostly keeps the context; where it does not, the
display ends at its next flip. Of pygame-ce's `Window`, whose `flip` is a method of each window, only objects with
attributes can be hooked: those of subclasses. All of them end with `pygame.display.quit` and `pygame.quit`.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from glrec_core.adapter import (
    Attachment,
    ConfigError,
    Framebuffer,
    KeyEdge,
    MethodHook,
    Size,
    Tap,
    current_binding,
    end_attachment,
    hookimpl,
    made_current,
)


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "pygame: the surface of a display with the flag OPENGL; pygame.Window subclasses with opengl=True"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("pygame", "pygame-ce")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is pygame's display or a window of it.

    Raises:
        ConfigError: it is closed, or a surface, but not that of an OpenGL display, or a window without attributes.

    """
    pygame = sys.modules.get("pygame")
    if pygame is None:
        return None
    if isinstance(target, getattr(pygame, "Surface", ())):
        return _display_attachment(pygame, target, tap)
    if isinstance(target, getattr(pygame, "Window", ())):
        return _window_attachment(pygame, target, tap)
    return None


def has_opengl(pygame: ModuleType) -> bool:
    """Whether the display is one of OpenGL. SDL draws others by OpenGL too, so that their flags say the same.

    What is asked for is to update nothing, which only OpenGL displays refuse.
    """
    try:
        pygame.display.update((0, 0, 0, 0))
    except pygame.error:
        return True
    return False


def _check_open(pygame: ModuleType, ask: Callable[[], object], kind: str) -> None:
    try:
        ask()
    except pygame.error as error:
        raise ConfigError(
            f"this pygame {kind} is closed and draws no more frames; attach to one that is open"
        ) from error


def _display_attachment(pygame: ModuleType, surface: Any, tap: Tap) -> Attachment:
    _check_open(pygame, surface.get_flags, "display")
    if surface is not pygame.display.get_surface() or not has_opengl(pygame):
        raise ConfigError(
            f"{surface!r} is not an OpenGL display; use pygame.display.set_mode(flags=pygame.OPENGL)"
        )
    return DisplayAttachment(pygame, tap)


def _window_attachment(pygame: ModuleType, window: Any, tap: Tap) -> Attachment:
    _check_open(pygame, lambda: window.id, "window")
    if not window.opengl:
        raise ConfigError(f"{window!r} has no OpenGL context; create it with opengl=True")
    if not hasattr(window, "__dict__"):
        raise ConfigError(
            f"{window!r} cannot be hooked; make it of a subclass: class Window(pygame.Window): pass"
        )
    return WindowAttachment(pygame, window, tap)


class _SdlAttachment:
    """What both kinds have in common.

    pygame does not tell which context is a target's: it is current after its making, mostly still when this is made, and
    for sure at each flip. With SDL's video part all contexts end, unheard where Python itself ends.
    """

    def __init__(self, pygame: ModuleType, tap: Tap, *hooks: MethodHook) -> None:
        self._tap = tap
        self._pygame = pygame
        self._has_contexts = pygame.display.get_init
        self._binding = current_binding()
        self._is_sure = False
        self._ended = False
        self._hooks = (
            *hooks,
            MethodHook(pygame.display, "quit", self._before_end),
            MethodHook(pygame, "quit", self._before_end),
        )
        self._look_at_key: Callable[[], None] | None = None

    def detach(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()
        self._ended = True
        self._binding = None

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` when a key is found down that was up at the frame before. See `KeyWatcher`.

        Events belong to whoever takes them first, the program. So keys are looked at once a frame.
        """
        pygame, edge = self._pygame, KeyEdge(pressed)
        code = getattr(pygame, f"K_{key if key[1:] else key.lower()}")
        self._look_at_key = lambda: edge.look(down=bool(pygame.key.get_pressed()[code]))

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current for a `with` block, then what was current before; SDL need not know."""
        if self._binding is None or not self._has_contexts():
            yield
            return
        with made_current(self._binding):
            yield

    def _drawn(self, width: int, height: int) -> None:
        if self._look_at_key is not None:
            self._look_at_key()
        found, known = current_binding(), self._binding
        if self._is_sure and known is not None and (found is None or found.context != known.context):
            self._binding = None  # gone: only the encoded part can still be finished
            self._before_end()
            return
        self._binding, self._is_sure = found, True
        self._tap.frame_drawn(Framebuffer(0, Size(width, height)))

    def _before_end(self) -> None:
        if self._ended:
            return
        end_attachment(self, self._tap)


class DisplayAttachment(_SdlAttachment):
    """The hooks on the display."""

    def __init__(self, pygame: ModuleType, tap: Tap) -> None:
        self._display = display = pygame.display
        super().__init__(
            pygame,
            tap,
            MethodHook(display, "flip", self._before_flip),
            MethodHook(display, "update", self._before_update, arguments=True),
        )

    def _before_flip(self) -> None:
        self._drawn(*self._display.get_window_size())

    def _before_update(self, *rectangles: Any) -> None:
        if not rectangles:  # which is a flip
            self._before_flip()


class WindowAttachment(_SdlAttachment):
    """The hooks on a window. Its context ends with it, also when it is collected."""

    def __init__(self, pygame: ModuleType, window: Any, tap: Tap) -> None:
        self._window = weakref.ref(window, lambda _: self._before_end())
        super().__init__(
            pygame,
            tap,
            MethodHook(window, "flip", self._before_flip),
            MethodHook(window, "destroy", self._before_end),
        )

    def _before_flip(self) -> None:
        if (window := self._window()) is not None:
            self._drawn(*window.size)
