"""Presses keys of a window as its window system tells of them: X's by its client library, Windows' by its messages."""

import ctypes
import sys
from ctypes import c_size_t, c_ssize_t, c_uint, c_void_p
from typing import Any

from tests.support import x11

_KEY_DOWN, _KEY_UP = 0x0100, 0x0101
_WAS_DOWN_AND_GOES_UP = 0xC000_0000
_FIRST_SCAN_CODE, _FIRST_VIRTUAL_KEY = 0x3B, 0x70  # of F1; F2 to F10 follow


def send_key(window: int, name: str, *, down: bool) -> None:
    """Tell a window, by its native handle, that a function key from F1 to F10 went down or up."""
    if sys.platform != "win32":
        x11.send_key(window, name, down=down)
        return
    user = ctypes.CDLL("user32")
    user.PostMessageW.argtypes = [c_void_p, c_uint, c_size_t, c_ssize_t]
    number = int(name.removeprefix("F")) - 1
    details = 1 | (_FIRST_SCAN_CODE + number) << 16 | (0 if down else _WAS_DOWN_AND_GOES_UP)
    assert user.PostMessageW(window, _KEY_DOWN if down else _KEY_UP, _FIRST_VIRTUAL_KEY + number, details)


def handle_of_glfw(window: Any) -> int:
    """Return the native handle of a GLFW window."""
    import glfw

    return int(glfw.get_win32_window(window) if sys.platform == "win32" else glfw.get_x11_window(window))
