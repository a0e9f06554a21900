"""Hears of the frames of a GLFW window by standing in for `glfw.swap_buffers`, which takes the window as its argument.

A window is a pointer without attributes, so the functions of the module are hooked, once for all windows. A program that
fetched them by name before (`from glfw import swap_buffers`) is not heard. The context ends in `destroy_window`, and in
`terminate` for all.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glrec_core.adapter import (
    Attachment,
    ConfigError,
    Framebuffer,
    KeyEdge,
    MethodHook,
    Size,
    Tap,
    end_attachment,
    hookimpl,
    restored_context,
)


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "glfw: windows as glfw.create_window returns them"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("glfw",)


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a GLFW window.

    Raises:
        ConfigError: the window has no OpenGL context.

    """
    glfw = sys.modules.get("glfw")
    kind = getattr(glfw, "_GLFWwindow", None)
    if glfw is None or kind is None or not isinstance(target, ctypes.POINTER(kind)):
        return None
    if not target or glfw.get_window_attrib(target, glfw.CLIENT_API) == glfw.NO_API:
        raise ConfigError(
            "this GLFW window has no OpenGL context; create it without the hint CLIENT_API=NO_API"
        )
    return WindowAttachment(glfw, target, tap)


class WindowAttachment:
    """Hears of one window. The watch on the module keeps this alive."""

    def __init__(self, glfw: Any, window: Any, tap: Tap) -> None:
        self._glfw = glfw
        self._window = type(window).from_buffer_copy(window)  # the program's own object is not kept
        self._tap = tap
        self._alive = True
        self._look_at_key: Callable[[], None] = _nothing
        self._watch = watch(glfw)
        self._watch.add(self)

    def detach(self) -> None:
        """Hear no more; the last one leaves the module as it was."""
        self._watch.discard(self)

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` when a key is found down that was up at the frame before. See `KeyWatcher`.

        A window has one key handler, which is the program's own. So keys are looked at once a frame.
        """
        glfw, edge = self._glfw, KeyEdge(pressed)
        code = getattr(glfw, f"KEY_{key}")
        self._look_at_key = lambda: edge.look(down=glfw.get_key(self._window, code) == glfw.PRESS)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the window's context current for a `with` block, then what was current before, for GLFW as well."""
        if not self._alive:
            yield
            return
        with restored_context():
            before = self._glfw.get_current_context()
            self._glfw.make_context_current(self._window)
            try:
                yield
            finally:
                self._glfw.make_context_current(before)

    def is_of(self, window: Any) -> bool:
        """Whether `window` points to the same window."""
        return _address(window) == _address(self._window)

    def before_swap(self) -> None:
        """Tell of a frame."""
        self._look_at_key()
        with self.current():
            size = Size(*self._glfw.get_framebuffer_size(self._window))
            self._tap.frame_drawn(Framebuffer(0, size))

    def before_end(self) -> None:
        """Tell that the context goes."""
        try:
            end_attachment(self, self._tap)
        finally:
            self._alive = False


class Watch:
    """The hooks on the module's functions, and who hears of them."""

    def __init__(self, glfw: Any) -> None:
        self._attachments: list[WindowAttachment] = []
        self._kept = False
        self._hooks = (
            MethodHook(glfw, "swap_buffers", self._before_swap, arguments=True),
            MethodHook(glfw, "destroy_window", self._before_destroy, arguments=True),
            MethodHook(glfw, "terminate", self._before_terminate),
        )

    def keep(self) -> None:
        """Leave the hooks on for good, so that functions that are fetched by name lead through them."""
        self._kept = True

    def add(self, attachment: WindowAttachment) -> None:
        """Let an attachment hear of its window."""
        self._attachments.append(attachment)

    def discard(self, attachment: WindowAttachment) -> None:
        """Let it hear no more."""
        if attachment in self._attachments:
            self._attachments.remove(attachment)
        if self._attachments or self._kept:
            return
        for hook in self._hooks:
            hook.remove()
        _watches.clear()

    def _before_swap(self, window: Any) -> None:
        for attachment in [each for each in self._attachments if each.is_of(window)]:
            attachment.before_swap()

    def _before_destroy(self, window: Any) -> None:
        for attachment in [each for each in self._attachments if each.is_of(window)]:
            attachment.before_end()

    def _before_terminate(self) -> None:
        for attachment in list(self._attachments):
            attachment.before_end()


_watches: list[Watch] = []
"""The one that is on, if any."""


def watch(glfw: Any) -> Watch:
    """Return the watch on the module, which is put on if it is not."""
    if not _watches:
        _watches.append(Watch(glfw))
    return _watches[0]


def _address(window: Any) -> int | None:
    return ctypes.cast(window, ctypes.c_void_p).value


def _nothing() -> None:
    """Look at no key."""
