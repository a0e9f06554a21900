"""Clocks: exact steps, true wall time, pauses without a gap, the rate limit and the frame limit."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core.values.clock import NANOSECONDS, Clock, Skip, Span, StepClock, WallClock


class FakeTime:
    def __init__(self) -> None:
        self.ns = 5_000_000_000

    def __call__(self) -> int:
        return self.ns

    def advance(self, ns: int) -> None:
        self.ns += ns


@pytest.mark.parametrize("fps", [Fraction(60), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(1, 3)])
def test_step_clock_gives_exact_multiples_of_the_frame_interval(fps: Fraction) -> None:
    clock = StepClock(fps)
    ticks = [clock.tick() for _ in range(1000)]
    assert [
        round(Fraction(tick, NANOSECONDS) / clock.time_base) for tick in ticks if isinstance(tick, int)
    ] == list(range(1000))
    assert ticks[999] == round(999 * NANOSECONDS / fps)


def test_step_clock_takes_the_next_step_after_a_pause() -> None:
    clock = StepClock(Fraction(10))
    clock.tick()
    clock.pause()
    assert clock.tick() is Skip.PAUSED
    clock.resume()
    assert clock.tick() == 100_000_000


@pytest.mark.parametrize("make", [lambda: StepClock(Fraction(60), 3), lambda: WallClock(None, 3)])
def test_the_frame_limit_ends_the_recording(make: Callable[[], Clock]) -> None:
    clock = make()
    assert [isinstance(clock.tick(), int) for _ in range(3)] == [True] * 3
    assert clock.finished
    assert clock.tick() is Skip.FINISHED


def test_wall_clock_keeps_irregular_times() -> None:
    time = FakeTime()
    clock = WallClock(now_ns=time)
    times = []
    for step in (0, 16_000_000, 250_000_000, 1_000_000):
        time.advance(step)
        times.append(clock.tick())
    assert times == [0, 16_000_000, 266_000_000, 267_000_000]


def test_wall_clock_takes_pauses_out() -> None:
    time = FakeTime()
    clock = WallClock(now_ns=time)
    clock.tick()
    time.advance(10_000_000)
    clock.pause()
    time.advance(3_000_000_000)
    clock.pause()
    assert clock.tick() is Skip.PAUSED
    clock.resume()
    clock.resume()
    time.advance(6_000_000)
    assert clock.tick() == 16_000_000


def test_wall_clock_may_be_paused_before_the_first_frame() -> None:
    time = FakeTime()
    clock = WallClock(now_ns=time)
    clock.pause()
    time.advance(NANOSECONDS)
    clock.resume()
    assert clock.tick() == 0


def test_wall_times_never_round_to_the_same_tick() -> None:
    clock = WallClock(now_ns=FakeTime())
    ticks = [clock.tick() for _ in range(50)]
    in_time_base = [
        round(Fraction(tick, NANOSECONDS) / clock.time_base) for tick in ticks if isinstance(tick, int)
    ]
    assert len(set(in_time_base)) == 50


def test_rate_limit_skips_the_frames_of_a_faster_loop() -> None:
    time = FakeTime()
    clock = WallClock(Fraction(60), now_ns=time)
    taken = 0
    for _ in range(1440):  # ten seconds at 144 Hz
        taken += isinstance(clock.tick(), int)
        time.advance(NANOSECONDS // 144)
    assert 599 <= taken <= 602


@given(st.lists(st.integers(-7_000_000, 7_000_000), min_size=100, max_size=100))
def test_rate_limit_takes_every_frame_of_a_loop_that_jitters_around_it(jitters: list[int]) -> None:
    time = FakeTime()
    clock = WallClock(Fraction(60), now_ns=time)
    start = time.ns
    for number, jitter in enumerate(jitters):
        time.ns = start + 10_000_000 + round(number * NANOSECONDS / 60) + jitter
        assert isinstance(clock.tick(), int)


MS = 1_000_000


@pytest.mark.parametrize(
    ("clock", "times_ns", "seconds"),
    [
        pytest.param(StepClock(Fraction(25)), [], 0, id="no frame"),
        pytest.param(StepClock(Fraction(25)), [0], Fraction(1, 25), id="one frame of a constant rate"),
        pytest.param(StepClock(Fraction(25)), [400 * MS], Fraction(1, 25), id="one frame that comes late"),
        pytest.param(StepClock(Fraction(30_000, 1001)), [0], Fraction(1001, 30_000), id="one frame of NTSC"),
        pytest.param(WallClock(Fraction(50)), [0], Fraction(1, 50), id="one frame under a rate limit"),
        pytest.param(WallClock(), [0], 0, id="one frame of which nothing is known"),
        pytest.param(StepClock(Fraction(25)), [0, 40 * MS], Fraction(2, 25), id="two frames"),
        pytest.param(
            WallClock(), [7 * MS, 17 * MS, 47 * MS], Fraction(70, 1000), id="last as long as before"
        ),
        pytest.param(WallClock(Fraction(25)), [0, 10 * MS], Fraction(20, 1000), id="not by the limit"),
    ],
)
def test_a_recording_lasts_to_the_end_of_its_last_frame(
    clock: Clock, times_ns: list[int], seconds: Fraction
) -> None:
    span = Span()
    for time_ns in times_ns:
        span.add(time_ns)
    assert span.duration_seconds(clock) == seconds
