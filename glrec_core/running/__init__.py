"""`glrec run`: runs an unmodified program and records what it draws.

`run_program` is the whole of it. Each framework's part lies in `glrec_integrations`, behind the hook `glrec_imports`, and
is called when the program imports the framework.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import ModuleType

from glrec_core import plugins
from glrec_core.adapter import Program
from glrec_core.drawing import mark_frame
from glrec_core.errors import ProgramNotFound
from glrec_core.running.imports import ImportWatch, OnImport
from glrec_core.running.launch import Launch, load_module, load_script, show
from glrec_core.running.options import RunOptions
from glrec_core.running.randomness import seed, seed_numpy
from glrec_core.running.session import EndOfRecording, Session
from glrec_core.running.swaps import is_supported, watched
from glrec_core.system.libraries import is_loaded

__all__ = ["Launch", "ProgramNotFound", "RunOptions", "load_module", "load_script", "run_program"]

PATIENCE_SECONDS = 10.0
"""After so long without a frame the user is told that there was none."""

_NOT_OPENGL = {"libvulkan.so": "Vulkan", "libwgpu": "WebGPU"}
"""By a part of their libraries' names."""

_INTERRUPTED = 130
"""Exit code of a program that Ctrl-C has ended: 128 and the number of SIGINT, as shells have it."""


def run_program(load: Callable[[], Launch], arguments: list[str], options: RunOptions) -> int:
    """Run a program to its end, and return its exit code; 1 if only the recording failed.

    `load` gives the program; it is called when all is ready, since it may import packages around the program.

    Raises:
        ConfigError, BackendUnavailable: an option cannot be honoured, or there is no such program; nothing was started.

    """
    options.check()
    session = Session(options, _say)
    with _prepared(session):
        code = _run(session, load, arguments)
        session.over()
    if not session.has_drawn and code in {0, _INTERRUPTED}:  # a program that failed has said so itself
        _say(f"the program drew no frame, so there is no recording; {_seen()}")
    whole = session.finish()
    return code if code or whole else 1


@contextmanager
def _prepared(session: Session) -> Iterator[None]:
    """Arrange the process for the program, and afterwards for Python's own end."""
    with ExitStack() as stack:
        session.begin()
        watch = ImportWatch(_callbacks(session))
        if session.virtual_time is not None:
            session.virtual_time.install()
            stack.callback(session.virtual_time.remove)
            seed()
        stack.enter_context(watched(session))
        watch.install()
        stack.callback(watch.remove)
        stack.callback(mark_frame.listen(session.frame_marked))
        stack.enter_context(session.interrupts.handled())
        stack.enter_context(_told_if_nothing_is_drawn(session))
        yield


def _callbacks(session: Session) -> dict[str, list[OnImport]]:
    """Return what the frameworks' hooks want to be called for."""
    callbacks: dict[str, list[OnImport]] = {"numpy.random": [seed_numpy]} if session.step else {}
    for hooks in plugins.plugin_manager().hook.glrec_imports():
        for name, hook in hooks.items():
            callbacks.setdefault(name, []).append(_bound(hook, session))
    return callbacks


def _bound(hook: Callable[[ModuleType, Program], None], session: Session) -> OnImport:
    def imported(module: ModuleType) -> None:
        session.knows_toolkit = True
        hook(module, session)

    return imported


@contextmanager
def _told_if_nothing_is_drawn(session: Session) -> Iterator[None]:
    timer = threading.Timer(PATIENCE_SECONDS, _tell_of_silence, [session])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tell_of_silence(session: Session) -> None:
    if not session.has_drawn:
        _say(f"the program has drawn no frame for {PATIENCE_SECONDS:.0f} s; {_seen()}")


def _seen() -> str:
    """Return what could be said of a program that has drawn nothing: what glrec hears of, and what else it draws with."""
    heard = (
        "every swap of OpenGL buffers is heard, and this program has made none; " if is_supported() else ""
    )
    others = [name for part, name in _NOT_OPENGL.items() if is_loaded(part)]
    instead = f"it has loaded {' and '.join(others)}, which glrec does not record; " if others else ""
    return (
        f"{heard}{instead}adapters and what they take: {plugins.known_targets()}. "
        "Other programs call glrec_core.mark_frame() after each frame"
    )


def _run(session: Session, load: Callable[[], Launch], arguments: list[str]) -> int:
    """Run the program and the threads that it leaves behind, as Python does, and return its exit code."""
    try:
        load().run(arguments)
        _join_threads()
    except ProgramNotFound:
        raise
    except EndOfRecording:
        return session.interrupts.exit_code
    except SystemExit as end:
        return _exit_code(end) or session.interrupts.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - shown as Python would
        show(error)
        return 1
    return session.interrupts.exit_code


def _join_threads() -> None:
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    sys.stderr.write(f"{end.code}\n")
    return 1


def _say(text: str) -> None:
    with suppress(
        OSError, ValueError
    ):  # nobody reads it any more, or the program closed it: the recordings matter more
        sys.stderr.write(f"glrec: {text}\n")
        sys.stderr.flush()
