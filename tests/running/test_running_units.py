"""The parts of a run by themselves: import hooks and virtual time."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import pytest

from glrec_core.running.imports import ImportWatch
from glrec_core.running.interrupts import Interrupts
from glrec_core.running.virtual_time import VirtualTime
from glrec_integrations.pygame.program import StepClock

RATE = Fraction(30000, 1001)


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    clock = VirtualTime(RATE)
    clock.install()
    yield clock
    clock.remove()


def test_the_clocks_are_given_back() -> None:
    before = {name: getattr(time, name) for name in dir(time)}
    clock = VirtualTime(RATE)
    clock.install()
    assert time.perf_counter is not before["perf_counter"]
    clock.remove()
    assert {name: getattr(time, name) for name in dir(time)} == before


@pytest.mark.parametrize("name", ["time", "perf_counter", "monotonic"])
def test_time_passes_by_frames_only(virtual: VirtualTime, name: str) -> None:
    clock, clock_ns = getattr(time, name), getattr(time, f"{name}_ns")
    start, start_ns = clock(), clock_ns()
    for frame in range(1, 1000):
        virtual.advance()
        assert clock() - start == pytest.approx(float(frame / RATE), abs=2e-7)
        assert clock_ns() - start_ns == round(frame * 10**9 / RATE)


def test_the_clocks_begin_in_the_year_2000_and_at_one_second(virtual: VirtualTime) -> None:
    assert datetime.fromtimestamp(time.time(), UTC) == datetime(2000, 1, 1, tzinfo=UTC)
    assert time.time_ns() == int(time.time()) * 10**9
    assert (time.perf_counter(), time.monotonic()) == (1, 1)
    assert (time.perf_counter_ns(), time.monotonic_ns()) == (10**9, 10**9)


def test_pygames_clock_tells_the_steps_of_the_recording(virtual: VirtualTime) -> None:
    clock = StepClock()
    assert (clock.get_time(), clock.get_fps()) == (0, 0.0)
    for _ in range(30):
        virtual.advance()
        assert clock.tick(1000) == clock.get_time() == clock.get_rawtime() == 33
    assert clock.get_fps() == pytest.approx(float(RATE))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_handlers_are_given_back_unless_the_program_has_set_its_own(number: int) -> None:
    def own(*_: object) -> None: ...

    found = signal.getsignal(number)
    try:
        with Interrupts(lambda: True).handled():
            assert signal.getsignal(number) != found
        assert signal.getsignal(number) == found
        with Interrupts(lambda: True).handled():
            signal.signal(number, own)
        assert signal.getsignal(number) is own
    finally:
        signal.signal(number, found)


def test_sleeping_takes_no_time(virtual: VirtualTime) -> None:
    start = time.monotonic()
    time.sleep(3600)
    assert time.monotonic() == start
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_who_waits_by_looking_at_the_clock_comes_through(virtual: VirtualTime) -> None:
    due = time.perf_counter() + 0.5
    while time.perf_counter() < due:
        pass
    assert time.perf_counter() < due + 0.01


def test_who_waits_by_sleeping_comes_through(virtual: VirtualTime) -> None:
    due = time.perf_counter() + 0.5
    while time.perf_counter() < due:
        time.sleep(0.01)
    assert time.perf_counter() < due + 0.02


def test_each_sleep_lets_its_own_time_pass_once_there_are_too_many(virtual: VirtualTime) -> None:
    start_ns, naps = virtual.elapsed_ns, 0
    while virtual.elapsed_ns == start_ns and naps < 10_000:
        time.sleep(0.25)
        naps += 1
    assert 100 < naps < 10_000
    assert virtual.elapsed_ns == start_ns + 250_000_000
    time.sleep(0.5)
    assert virtual.elapsed_ns == start_ns + 750_000_000
    virtual.advance()
    drawn_ns = virtual.elapsed_ns
    time.sleep(0.5)
    assert virtual.elapsed_ns == drawn_ns, "a program that draws does not wait"


def test_other_threads_do_not_make_time_pass(virtual: VirtualTime) -> None:
    def look() -> None:
        for _ in range(200_000):
            time.monotonic()

    start = time.monotonic()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert time.monotonic() == start


def test_a_turn_asks_for_a_frame_before_time_passes_without_one(virtual: VirtualTime) -> None:
    start = virtual.elapsed_ns
    assert virtual.turn()
    assert virtual.elapsed_ns == start
    virtual.advance()
    assert not virtual.turn()
    assert virtual.turn()
    assert virtual.turn()  # it was asked in vain
    assert virtual.elapsed_ns == start + round(2 * 10**9 / RATE)


def test_imports_are_seen_before_the_program_sees_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "seen_package").mkdir()
    (tmp_path / "seen_package" / "__init__.py").write_text("from seen_package.inner import value\n")
    (tmp_path / "seen_package" / "inner.py").write_text("value = 1\n")
    (tmp_path / "seen_package" / "unseen.py").write_text("")
    seen: list[str] = []

    def double(module: object) -> None:
        module.value *= 2  # type: ignore[attr-defined]

    watch = ImportWatch(
        {
            "seen_package": [lambda module: seen.append(module.__name__)],
            "seen_package.inner": [double, lambda module: seen.append(module.__name__)],
            "seen_package.missing": [double],
            "json": [lambda module: seen.append(module.__name__)],
        }
    )
    watch.install()
    try:
        package = import_module("seen_package")
        import_module("seen_package.unseen")
        with pytest.raises(ModuleNotFoundError):
            import_module("seen_package.missing")
    finally:
        watch.remove()
        for name in [name for name in sys.modules if name.startswith("seen_package")]:
            del sys.modules[name]
    assert package.value == 2
    assert seen == ["json", "seen_package.inner", "seen_package"]
    assert package.__spec__ is not None
    assert package.__spec__ is not None
    assert type(package.__spec__.loader).__name__ == type(package.__loader__).__name__ == "SourceFileLoader"
