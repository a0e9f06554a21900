"""Presses keys of a window as an X server tells of them, by the client library that every toolkit on X uses."""

import ctypes
from ctypes import byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p

_KEY_PRESS, _KEY_RELEASE = 2, 3
_MASKS = {_KEY_PRESS: 1, _KEY_RELEASE: 2}


class _KeyEvent(ctypes.Structure):
    """XKeyEvent of Xlib.h."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("root", c_ulong),
        ("subwindow", c_ulong),
        ("time", c_ulong),
        ("x", c_int),
        ("y", c_int),
        ("x_root", c_int),
        ("y_root", c_int),
        ("state", c_uint),
        ("keycode", c_uint),
        ("same_screen", c_int),
        ("padding", c_long * 24),  # an XEvent is as long as its longest kind
    )


def send_key(window: int, name: str, *, down: bool) -> None:
    """Tell a window of the display in DISPLAY that a key, by its X name such as "F9", went down or up."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = c_void_p
    x11.XStringToKeysym.argtypes, x11.XStringToKeysym.restype = [c_char_p], c_ulong
    x11.XKeysymToKeycode.argtypes = [c_void_p, c_ulong]
    x11.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, c_void_p]
    x11.XSync.argtypes, x11.XCloseDisplay.argtypes = [c_void_p, c_int], [c_void_p]
    display = x11.XOpenDisplay(None)
    assert display, "there is no X server"
    kind = _KEY_PRESS if down else _KEY_RELEASE
    event = _KeyEvent(type=kind, display=display, window=window, same_screen=1)
    event.keycode = x11.XKeysymToKeycode(display, x11.XStringToKeysym(name.encode())) & 0xFF
    assert x11.XSendEvent(display, window, 1, _MASKS[kind], byref(event))
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)
