"""The tests' side of `warm_server.py`: starts programs as copies of an interpreter that has its imports behind it."""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.support import systems

_SERVER = Path(__file__).with_name("warm_server.py")
_ROOT = Path(__file__).resolve().parents[2]
_MOST_SERVERS = 4

AVAILABLE = hasattr(os, "fork")
"""Whether processes can be copied at all; where not, each program gets an interpreter of its own."""


GROUP_OF_ITS_OWN: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
"""What starts a process on Windows that Ctrl-C of the tests does not reach."""

_OF_X11 = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "SDL_VIDEODRIVER", "EGL_PLATFORM")


def environment_here(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for this system: Windows has no displays to choose, and wine must keep its own."""
    if sys.platform != "win32":
        return dict(environment)
    kept = {name: value for name, value in environment.items() if name not in _OF_X11}
    return {**kept, **{name: os.environ[name] for name in _OF_X11 if name in os.environ}}


class WarmProcess:
    """A running copy; it leads a session of its own, and is waited for as one waits for a `subprocess.Popen`."""

    def __init__(self, report: int) -> None:
        self._report = os.fdopen(report, "rb", buffering=0)
        self._told = b""
        self.returncode: int | None = None
        line = self._line(None)
        if line is None:
            raise RuntimeError("the warm interpreter has ended; its own message is on standard error")
        self.pid = line

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, a signal as its negative number; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            code = self._line(timeout)
            self.returncode = -9 if code is None else code
            self._report.close()
        return self.returncode

    def _line(self, timeout: float | None) -> int | None:
        while b"\n" not in self._told:
            readable, _, _ = select.select([self._report], [], [], timeout)
            if not readable:
                raise subprocess.TimeoutExpired("a warm program", timeout or 0.0)
            data = self._report.read(64)
            if not data:
                return None
            self._told += data
        line, _, self._told = self._told.partition(b"\n")
        return int(line)


class _Server:
    """One interpreter that waits; it ends when its socket is closed, at the latest with this process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, str(_SERVER), str(theirs.fileno())]
            paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
            variables = {**environment, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                env=variables,
                pass_fds=[theirs.fileno()],
                cwd=_ROOT,
                start_new_session=True,  # Ctrl-C is for the tests
            )

    def start(self, request: Mapping[str, object], outputs: Sequence[IO[bytes]]) -> WarmProcess:
        read_end, write_end = os.pipe()
        try:
            descriptors = [*(each.fileno() for each in outputs), write_end]
            socket.send_fds(self._requests, [json.dumps(request).encode()], descriptors)
        finally:
            os.close(write_end)
        return WarmProcess(read_end)

    def close(self) -> None:
        self._requests.close()
        self.process.wait()


_servers: dict[tuple[tuple[str, str], ...], _Server] = {}


def start(
    words: Sequence[str],
    environment: Mapping[str, str],
    outputs: Sequence[IO[bytes]],
    folder: str | os.PathLike[str] | None = None,
) -> WarmProcess | subprocess.Popen[bytes]:
    """Run what would follow `python` on the command line: a script, -m and a module, or -c and source; its arguments.

    The copy has exactly this environment; `outputs` are its stdout and stderr, `folder` is where it works.
    """
    if not AVAILABLE:
        return systems.popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=outputs[0],
            stderr=outputs[1],
            env=environment_here(environment),
            cwd=folder,
            **GROUP_OF_ITS_OWN,
        )
    request = {"words": list(words), "environment": dict(environment), "folder": str(folder or Path.cwd())}
    return _server(environment).start(request, outputs)


def open_server() -> None:
    """Start the interpreter for the environment as it is, so that a test that counts what it leaves finds it there."""
    if AVAILABLE:
        _server(os.environ)


def processes() -> set[int]:
    """Return the process numbers of the interpreters that wait."""
    return {server.process.pid for server in _servers.values()}


def _server(environment: Mapping[str, str]) -> _Server:
    """Return the interpreter that was started with the same of what only the start of a process can set."""
    key = tuple(sorted((name, value) for name, value in environment.items() if _is_for_the_start(name)))
    if key not in _servers:
        while len(_servers) >= _MOST_SERVERS:
            _servers.pop(next(iter(_servers))).close()
        _servers[key] = _Server(
            dict(key) | {name: value for name, value in os.environ.items() if not _is_for_the_start(name)}
        )
    return _servers[key]


def _is_for_the_start(name: str) -> bool:
    """Whether the dynamic linker, memory allocator or interpreter reads the variable once, before the program runs."""
    return name.startswith(("LD_", "PYTHON", "MALLOC_", "GLIBC_")) and name != "PYTHONPATH"


@atexit.register
def _close_all() -> None:
    while _servers:
        _servers.popitem()[1].close()
