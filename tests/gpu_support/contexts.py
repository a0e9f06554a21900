"""What is current of CUDA in a thread, read from the driver itself, and calls made from threads of every kind.

It works on the machine's libcuda and on the stand-in's. The driver says what is current, not what lies under it: contexts
are taken off, noted and put back.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

STATES = ("none", "primary", "foreign")
"""A thread that has never used CUDA, one that works as CUDA's runtime does, and one with a context of the program's own."""

Steps = Callable[[], Iterator[str]]
"""Makes calls, and yields the name of each when it has returned."""


@cache
def driver() -> ctypes.CDLL:
    """Return the driver, started."""
    cuda = ctypes.CDLL("libcuda.so.1")
    assert cuda.cuInit(0) == 0
    return cuda


def current() -> int:
    """Return the context that is current in this thread, 0 if none is."""
    context = ctypes.c_void_p()
    assert driver().cuCtxGetCurrent(ctypes.byref(context)) == 0
    return context.value or 0


def push(context: int) -> None:
    """Make a context current upon what is."""
    assert driver().cuCtxPushCurrent_v2(ctypes.c_void_p(context)) == 0


def pop() -> None:
    """Take the current context off."""
    assert driver().cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p())) == 0


def stack() -> list[int]:
    """Return all contexts of this thread, the current one first."""
    found = []
    while context := current():
        found.append(context)
        pop()
    for context in reversed(found):
        push(context)
    return found


def primary(ordinal: int = 0) -> int:
    """Return a device's primary context."""
    context = ctypes.c_void_p()
    assert driver().cuDevicePrimaryCtxRetain(ctypes.byref(context), ordinal) == 0
    return context.value or 0


@contextmanager
def foreign() -> Iterator[int]:
    """Make a context of the program's own, current in this thread; it ends with the block."""
    context = ctypes.c_void_p()
    assert driver().cuCtxCreate_v2(ctypes.byref(context), 0, 0) == 0
    try:
        yield context.value or 0
    finally:
        assert driver().cuCtxDestroy_v2(context) == 0


def changed_by(steps: Steps, state: str) -> list[str]:
    """Make calls in a new thread of a kind; return those after which other contexts lay there than before."""
    outcome: list[list[str] | BaseException] = []

    def run() -> None:
        try:
            outcome.append(_changed(steps, state))
        except BaseException as error:  # noqa: BLE001 - raised in the test's thread
            outcome.append(error)

    thread = threading.Thread(target=run, name=f"caller-with-{state}")
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _changed(steps: Steps, state: str) -> list[str]:
    if state == "foreign":
        with foreign():
            return _watched(steps, state)
    if state == "primary":
        push(primary())
    return _watched(steps, state)


def _watched(steps: Steps, state: str) -> list[str]:
    before, changed = stack(), []
    for call in steps():
        if (after := stack()) != before:
            changed.append(f"{state}: {call} left {_named(after)} where {_named(before)} was")
            before = after
    return changed


def _named(contexts: list[int]) -> str:
    return "+".join("primary" if each == primary() else hex(each) for each in contexts) or "none"
