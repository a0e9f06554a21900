"""A private X server, for programs that need a window system where there is none or where none is to be used.

The server is told to end with its last client, and this process is a client of it: however the process ends, the server
ends after it. To end it earlier would kill programs that still close their windows while Python shuts down.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess

from glrec_core.errors import ConfigError
from glrec_core.system.libraries import open_library

_SCREEN = "1920x1080x24"
_START_SECONDS = 20.0


class PrivateDisplay:
    """An Xvfb of one's own. Its name is what DISPLAY takes."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            ConfigError: there is no Xvfb, or it does not start.

        """
        if (xvfb := shutil.which("Xvfb")) is None:
            raise ConfigError(
                "this program needs a window system, and there is no Xvfb for a private one; "
                "install it (Debian: apt install xvfb), or run without --headless on a desktop"
            )
        self.name: str = _start(xvfb)
        self._client = _connected(self.name)


def without_display() -> None:
    """Take the user's own displays out of this process's environment, and let EGL do without."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(name, None)
    os.environ.setdefault("EGL_PLATFORM", "surfaceless")


def set_egl() -> None:
    """Lead PyOpenGL to EGL: it would ask GLX which context is current, and find none."""
    if not os.environ.get("PYOPENGL_PLATFORM"):
        os.environ["PYOPENGL_PLATFORM"] = "egl"


def set_display(name: str) -> None:
    """Lead every toolkit to an X server."""
    os.environ.update(DISPLAY=name, QT_QPA_PLATFORM="xcb", SDL_VIDEODRIVER="x11", GDK_BACKEND="x11")
    os.environ["PYOPENGL_PLATFORM"] = "glx"


def let_egl_use_display() -> None:
    """Take back that EGL is to do without a window system: this program has one."""
    if os.environ.get("EGL_PLATFORM") == "surfaceless":
        del os.environ["EGL_PLATFORM"]


def has_egl() -> bool:
    """Whether there is an EGL library."""
    try:
        open_library("egl")
    except OSError:
        return False
    return True


def _start(xvfb: str) -> str:
    readable, writable = os.pipe()
    arguments = [xvfb, "-displayfd", str(writable), "-screen", "0", _SCREEN, "-nolisten", "tcp", "-terminate"]
    try:
        # A session of its own: Ctrl-C is for the program, which still needs its windows to end.
        subprocess.Popen(  # noqa: S603 - found on the user's own search path
            arguments,
            pass_fds=[writable],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        os.close(writable)
    with os.fdopen(readable) as answer:  # a server that fails closes its end
        number = answer.readline().strip()
    if not number:
        raise ConfigError("Xvfb ended before it had a display; run `Xvfb -displayfd 1` to see why")
    return f":{number}"


def _connected(name: str) -> socket.socket:
    """Return a connection that counts as a client: one that has said which version of X11 it speaks."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(_START_SECONDS)
    client.connect(f"/tmp/.X11-unix/X{name[1:]}")  # noqa: S108 - where X11 servers listen
    client.sendall(struct.pack("<cxHHHHxx", b"l", 11, 0, 0, 0))
    client.recv(8)
    return client
