"""Runs a program on a terminal of its own (a pty), as one in a window is."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence


def set_size(terminal: int, columns: int) -> None:
    """Make a terminal so wide, and of 40 lines."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))


def on_a_terminal(command: Sequence[str], *, columns: int, env: Mapping[str, str]) -> str:
    """Return all that a program shows, standard output and error alike, with line feeds as line ends."""
    ours, theirs = pty.openpty()
    try:
        set_size(theirs, columns)
        process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
        )
    finally:
        os.close(theirs)
    with process, os.fdopen(ours, "rb", buffering=0) as shown:
        return _read(shown.fileno()).decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    data = b""
    while True:
        try:
            more = os.read(terminal, 1 << 16)
        except OSError:  # Linux has it so when the last program has left the terminal
            return data
        if not more:
            return data
        data += more
