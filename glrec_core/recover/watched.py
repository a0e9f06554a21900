"""Runs long work on a thread of its own, so that whoever waits for it can be interrupted, and notices when it hangs.

An encoder that hangs does so in a library's code, which no signal and no exception of Python's ends. So the work is on a
thread that can be left behind, and the caller only waits for what that thread tells.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import monotonic

from glrec_core.errors import EncodeError
from glrec_core.values.progress import Progress

logger: logging.Logger = logging.getLogger("glrec")

THREAD_NAME = "glrec-recover"

_NOTICE_SECONDS = 30.0
"""After so long without a frame, and again after each time as long, it is said."""

_POLL_SECONDS = 0.1
_FAREWELL_SECONDS = 5.0
"""How long work that is to stop may take for its frame; then it is left behind."""

_Told = tuple[int, int] | None


class _Stopped(BaseException):
    """The work is to stop."""


def run_watched(work: Callable[[Progress], None], progress: Progress, patience_seconds: float) -> None:
    """Run `work` and pass on what it tells of its progress; it must tell after each frame.

    An exception in the caller, such as Ctrl-C, stops the work at its next frame, or leaves it behind if none comes.

    Raises:
        EncodeError: it told nothing for so long.

    """
    running = _Running(work)
    try:
        running.start()
        running.follow(progress, patience_seconds)
    finally:
        running.stop()
    if running.error is not None:
        raise running.error


class _Running:
    """The thread, and what it tells."""

    def __init__(self, work: Callable[[Progress], None]) -> None:
        self.error: BaseException | None = None
        self._work = work
        self._told: SimpleQueue[_Told] = (
            SimpleQueue()
        )  # whose get() can be interrupted and loses no lock by that
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def follow(self, progress: Progress, patience_seconds: float) -> None:
        """Pass on what is told until the work has ended."""
        heard = monotonic()
        notice = _NOTICE_SECONDS
        while True:
            try:
                told = self._told.get(timeout=_POLL_SECONDS)
            except Empty:
                silent_seconds = monotonic() - heard
                if silent_seconds > patience_seconds:
                    raise EncodeError(
                        f"the encoder took no frame for {patience_seconds:.0f} s and is given up; "
                        "try a faster preset, or another codec by another extension"
                    ) from None
                if silent_seconds > notice:
                    notice += _NOTICE_SECONDS
                    logger.warning(
                        "the encoder has taken no frame for %.0f s; it is given up after %.0f s",
                        silent_seconds,
                        patience_seconds,
                    )
                continue
            if told is None:
                return
            heard, notice = monotonic(), _NOTICE_SECONDS
            progress(*told)

    def stop(self) -> None:
        """Let the thread end at its next frame, and wait for that, but not for ever."""
        self._stopping = True
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_SECONDS)

    def _run(self) -> None:
        try:
            self._work(self._tell)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            self.error = error
        finally:
            self._told.put(None)

    def _tell(self, done: int, total: int) -> None:
        if self._stopping:
            raise _Stopped
        self._told.put((done, total))
