"""Signals that come in the midst of a frame: held back, handled at its end, whoever installed their handlers."""

import ctypes
import inspect
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from glrec_core.recorder.frame_queue import BlockQueue
from glrec_core.system.interrupts import HeldBack, held_back

_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_int)


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


def test_ctrl_c_is_raised_at_the_end_of_the_block() -> None:
    steps = list[str]()
    with pytest.raises(KeyboardInterrupt):
        with held_back:
            assert not held_back.waiting
            signal.raise_signal(signal.SIGINT)
            steps.append("after the signal")
            assert held_back.waiting
        steps.append("not reached")
    assert steps == ["after the signal"]
    assert not held_back.waiting


def test_blocks_within_blocks_are_one() -> None:
    steps = list[str]()
    with pytest.raises(KeyboardInterrupt), held_back:
        with held_back:
            signal.raise_signal(signal.SIGINT)
        steps.append("between")
    assert steps == ["between"]


def test_every_signal_that_has_come_is_handled_whatever_the_others_raise() -> None:
    handled = list[int]()

    def on_term(number: int, _: object) -> None:
        handled.append(number)
        raise SystemExit(3)

    before = signal.signal(signal.SIGTERM, on_term)
    try:
        with pytest.raises(SystemExit), held_back:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        assert handled == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is on_term
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_handler_that_the_program_installs_meanwhile_stays() -> None:
    def own(_: int, __: object) -> None:
        """Handle it."""

    before = signal.getsignal(signal.SIGINT)
    try:
        with held_back:
            signal.signal(signal.SIGINT, own)
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_raises_while_handlers_are_exchanged_leaves_them_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second signal's handler is run after the first was exchanged, before its own is."""
    held = HeldBack()
    install = inspect.unwrap(signal.signal)

    def on_term(_: int, __: object) -> None:
        raise SystemExit(3)

    def interrupted(number: int, handler: object) -> object:
        if number == signal.SIGTERM and handler is not on_term:
            signal.raise_signal(signal.SIGTERM)
        return install(number, handler)

    before = signal.signal(signal.SIGTERM, on_term)
    try:
        monkeypatch.setattr("glrec_core.system.interrupts._set", interrupted)
        with pytest.raises(SystemExit), held:
            pytest.fail("the block was entered")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        monkeypatch.undo()
        with pytest.raises(KeyboardInterrupt), held:
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_a_library_has_installed_behind_pythons_back_is_left_alone() -> None:
    """sigaction() from C, as robotics and game libraries do: our exchange would take their handler out."""
    seen = list[int]()
    own = _HANDLER(seen.append)
    libc = ctypes.CDLL(None)
    libc.signal.argtypes, libc.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    with held_back:  # learns how Python's handler looks
        pass
    before = libc.signal(signal.SIGINT, ctypes.cast(own, ctypes.c_void_p))
    try:
        with held_back:
            signal.raise_signal(signal.SIGINT)
            assert not held_back.waiting
        signal.raise_signal(signal.SIGINT)
        assert seen == [signal.SIGINT, signal.SIGINT]
    finally:
        libc.signal(signal.SIGINT, before)


def test_other_threads_neither_hold_signals_back_nor_see_them_wait() -> None:
    seen = list[bool]()

    def look() -> None:
        with held_back:
            seen.append(held_back.waiting)

    with pytest.raises(KeyboardInterrupt), held_back:
        signal.raise_signal(signal.SIGINT)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [False]


def test_who_waits_for_the_encoder_within_the_block_gives_up() -> None:
    queue = BlockQueue(1)
    assert queue.reserve()

    def interrupt_the_wait() -> None:
        while not queue.waits:
            time.sleep(0.001)
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)

    interrupt = threading.Thread(target=interrupt_the_wait)
    with pytest.raises(KeyboardInterrupt), held_back:
        interrupt.start()
        assert not queue.reserve(1)
        assert queue.waits == 1
    interrupt.join()
