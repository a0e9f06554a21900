"""A Python that has imported what most programs need, and becomes a copy of itself for each of them.

A program that a test starts spends most of its time on imports: half a second for NumPy, PyAV and glrec, a thousand
times in a run of all tests. Here they are imported once; each program is then a fork of this process, which has drawn
nothing, opened nothing and begun no thread. What is left differs from a fresh interpreter in one thing only: some
modules are loaded already. Where that matters, a test asks for a fresh one.

Never import this: `warm.py` starts it as a program.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

# No framework with a window: each finds out at its import what it can draw on, and adapters must not need them.
PRELOADED = (
    "av",
    "glrec_core",
    "glrec_core.convert.host",
    "glrec_core.recorder.recorder",
    "glrec_core.encode.pyav",
    "imageio_ffmpeg",
    "numpy",
    "pytest",
    "tests.host_pipeline",
    "tests.support.video",
)
_MESSAGE_BYTES = 1 << 20
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)

Request = dict[str, Any]


def serve(requests: socket.socket) -> tuple[Request, list[int]] | None:
    """Answer requests until the tests end, None; in a copy, return what it is to run and its output files."""
    wake_read, wake_write = socket.socketpair()
    wake_write.setblocking(False)
    wake_read.setblocking(False)
    signal.set_wakeup_fd(wake_write.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    reports: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([requests, wake_read], [], [])
        if wake_read in readable:
            with suppress(BlockingIOError):
                wake_read.recv(4096)
            _report_ended(reports)
        if requests not in readable:
            continue
        data, descriptors, _, _ = socket.recv_fds(requests, _MESSAGE_BYTES, 3)
        if not data:
            return None
        *outputs, report = descriptors
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            for each in (requests, wake_read, wake_write):
                each.close()
            for descriptor in (report, *reports.values()):
                os.close(descriptor)
            return json.loads(data), outputs
        for descriptor in outputs:
            os.close(descriptor)
        reports[process] = report
        os.write(report, b"%d\n" % process)


def _report_ended(reports: dict[int, int]) -> None:
    """Tell how each copy ended whose end has not been told."""
    while reports:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == 0:
            return
        with suppress(BrokenPipeError):  # nobody waits for it
            os.write(reports[process], b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(reports.pop(process))


def become(request: Request, outputs: list[int], search: list[str]) -> None:
    """Make this copy look like an interpreter that was just started."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, stream in ((nothing, 0), (outputs[0], 1), (outputs[1], 2)):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv[:] = request["words"]
    first = request["folder"] if sys.argv[0] in {"-m", "-c"} else str(Path(sys.argv[0]).parent)
    sys.path[:] = [first, *filter(None, given), *search]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    tempfile.tempdir = None  # it may have been looked up for another environment


def run_words() -> None:
    """Run what `sys.argv` says as `python` does: a script; after -m, a module; after -c, source text."""
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    path = sys.argv[0]
    if path == "-m":
        name = sys.argv.pop(1)
        runpy._run_module_as_main(name)  # type: ignore[attr-defined]  # what `python -m` itself calls
    elif path == "-c":
        exec(compile(sys.argv.pop(1), "<string>", "exec"), module.__dict__)
    else:
        module.__dict__["__file__"] = path
        exec(compile(Path(path).read_bytes(), path, "exec"), module.__dict__)


if __name__ == "__main__":
    _search = [
        each for each in sys.path[1:] if each not in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    ]
    for _name in PRELOADED:
        importlib.import_module(_name)
    gc.collect()
    _asked = serve(socket.socket(fileno=int(sys.argv[1])))
    if _asked is not None:
        become(*_asked, _search)
        run_words()
