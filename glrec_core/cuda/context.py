"""Which CUDA context is current in a thread: the one way in which glrec changes that, and gives it back.

A guest in a program that may use CUDA itself, in any context: what is current in its thread after a call is what was current
before, none included. Three things stand against that, and are dealt with here.

* Everything of glrec's own lives in the primary context of its device, which CUDA's runtime and CuPy use. It is pushed for
  a block and taken off again; what a library has left upon it goes, too (`PrimaryContext`).
* Libraries change it: CUDA's runtime makes a context current where there is none, and PyNvVideoCodec leaves one of its own
  behind where a GPU refuses it. So what they are asked is asked within `kept()`.
* CuPy notes in which threads it has started a kernel and does not look again. In a thread that had no context, and has none
  afterwards, the program's own next kernel would fail. So what starts kernels is `done` in a thread of its own there.

Only the driver is called, by ctypes: it can be tested without a GPU, and asked before CUDA's packages are known to be there.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Self, TypeVar

from glrec_core.cuda.library import load
from glrec_core.errors import CaptureError
from glrec_core.system.libraries import name as name_of

_Result = TypeVar("_Result")

_NAME_BYTES = 256
_STARTING_OR_ENDED = (3, 4)
"""CUDA_ERROR_NOT_INITIALIZED and CUDA_ERROR_DEINITIALIZED: nothing is current then."""


@cache
def _driver() -> ctypes.CDLL | None:
    """Load libcuda, if it is there."""
    try:
        return load("cuda")
    except OSError:
        return None


def _checked(status: int, what: str) -> None:
    if status:
        name = ctypes.c_char_p()
        _called("cuGetErrorName", status, ctypes.byref(name))
        raise CaptureError(f"CUDA cannot {what}: {(name.value or b'error %d' % status).decode()}")


def _called(name: str, *arguments: object) -> int:
    """Return the status of a call of the driver.

    Raises:
        CaptureError: there is no driver.

    """
    if (driver := _driver()) is None:
        raise CaptureError(f"there is no NVIDIA driver ({name_of('cuda')})")
    status: int = getattr(driver, name)(*arguments)
    return status


def current() -> int:
    """Return the context (CUcontext) that is current in this thread; 0 if none is, as without a driver.

    Raises:
        CaptureError: CUDA fails.

    """
    if _driver() is None:
        return 0
    context = ctypes.c_void_p()
    status = _called("cuCtxGetCurrent", ctypes.byref(context))
    if status in _STARTING_OR_ENDED:
        return 0
    _checked(status, "tell which context is current")
    return context.value or 0


def _push(context: int) -> None:
    _checked(_called("cuCtxPushCurrent_v2", ctypes.c_void_p(context)), "use a context")


def _pop() -> None:
    _checked(_called("cuCtxPopCurrent_v2", ctypes.byref(ctypes.c_void_p())), "leave a context")


def destroy(context: int) -> None:
    """Destroy a context that a library has made and forgotten; it takes half a gigabyte of an H200.

    Raises:
        CaptureError: CUDA refuses.

    """
    _checked(_called("cuCtxDestroy_v2", ctypes.c_void_p(context)), "destroy a context")


def _give_back(before: int) -> list[int]:
    """Make current what was current before, by taking off what lies upon it; return that."""
    taken = []
    while (now := current()) != before:
        if not now:  # what was there has been replaced, not covered
            _push(before)
            break
        _pop()
        taken.append(now)
    return taken


@contextmanager
def kept() -> Iterator[list[int]]:
    """Have the same context current after a block as before it; the list tells then what a library has left there."""
    before, left = current(), list[int]()
    try:
        yield left
    finally:
        left += _give_back(before)


def done_elsewhere(work: Callable[[], _Result]) -> _Result:
    """Return what `work` gives, done in a thread of its own in which the context is current that is current here."""
    context = current()

    def in_context() -> _Result:
        if context:
            _push(context)
        return work()  # the thread ends, and with it all that is current in it

    outcome: Future[_Result] = Future()
    thread = threading.Thread(target=_settle, args=(outcome, in_context), name="glrec-cuda", daemon=True)
    thread.start()
    try:
        return outcome.result()
    finally:
        thread.join()  # an interrupt must not leave it at work on what the caller releases now


def _settle(outcome: Future[_Result], work: Callable[[], _Result]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised where the result is waited for
        outcome.set_exception(error)


class _Entered(threading.local):
    """What was current in a thread when it entered each of its blocks."""

    def __init__(self) -> None:
        self.before: list[int] = []


class PrimaryContext:
    """The primary context of a device, by its number in CUDA's order; retained once by each object, until the process ends.

    `with context:` makes it current in the calling thread; blocks may be nested.
    """

    def __init__(self, ordinal: int) -> None:
        """Make the context, unless the program has done so.

        Raises:
            CaptureError: there is no such device, or its context cannot be made, or there is no driver.

        """
        self.ordinal = ordinal
        _checked(_called("cuInit", 0), "start")
        device, context = ctypes.c_int(), ctypes.c_void_p()
        _checked(_called("cuDeviceGet", ctypes.byref(device), ordinal), f"find device {ordinal}")
        name = ctypes.create_string_buffer(_NAME_BYTES)
        _checked(_called("cuDeviceGetName", name, _NAME_BYTES, device), f"name device {ordinal}")
        self.name: str = name.value.decode(errors="replace")
        retained = _called("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        _checked(retained, f"open a context on {self.name}")
        self.context: int = context.value or 0
        self._entered = _Entered()

    def __enter__(self) -> Self:
        before = current()
        _push(self.context)
        self._entered.before.append(before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        before = self._entered.before.pop()
        _give_back(self.context)  # what was left upon it goes first
        _pop()
        _give_back(before)

    def done(self, work: Callable[[], _Result]) -> _Result:
        """Return what `work` gives, done in this context; for work that makes CuPy start kernels, in a caller's thread.

        It is done in a thread of its own where the caller's has no context: CuPy's current stream is the default one there.
        """

        def in_context() -> _Result:
            with self:
                return work()

        return in_context() if current() else done_elsewhere(in_context)
