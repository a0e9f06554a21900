"""What is wanted of single frames finds them again, in whatever order they are read, recorded or lost."""

import random
from concurrent.futures import Future
from fractions import Fraction
from pathlib import Path

import pytest

from glrec_core.errors import CaptureError
from glrec_core.recorder.orders import Order, Orders
from glrec_core.recorder.screenshots import Screenshots
from glrec_core.values.clock import NANOSECONDS, StepClock, WallClock
from glrec_core.values.color import BT709


@pytest.fixture
def screenshots() -> Screenshots:
    return Screenshots(BT709)


def request(screenshots: Screenshots, path: Path) -> Future[Path]:
    return screenshots.request(path, overwrite=False)


def test_most_frames_have_no_order(screenshots: Screenshots) -> None:
    orders = Orders(screenshots)
    for pts_ns in range(5):
        orders.place(pts_ns)
    assert [orders.take(pts_ns) for pts_ns in range(5)] == [Order()] * 5


def test_a_keyframe_is_wanted_of_the_next_recorded_frame_alone(screenshots: Screenshots) -> None:
    orders = Orders(screenshots)
    orders.place(0)
    orders.force_keyframe()
    beside_ns = orders.place_beside()
    orders.place(20_000)
    orders.place(40_000)
    taken = [orders.take(pts_ns) for pts_ns in (0, beside_ns, 20_000, 40_000)]
    assert [order.keyframe for order in taken] == [False, False, True, False]
    assert [order.recorded for order in taken] == [True, False, True, True]


def test_the_next_frame_serves_all_who_wait(screenshots: Screenshots, tmp_path: Path) -> None:
    orders = Orders(screenshots)
    first, given_up, other = (request(screenshots, tmp_path / f"{name}.png") for name in "abc")
    assert given_up.cancel()
    orders.place(0)
    assert orders.waiting  # the frame is still in the capture
    later = request(screenshots, tmp_path / "d.png")
    assert [shot.future for shot in orders.take(0).shots] == [first, other]
    assert orders.waiting
    orders.place(1)
    assert [shot.future for shot in orders.take(1).shots] == [later]
    assert not orders.waiting
    orders.close(None)


def test_a_frame_that_serves_nobody_keeps_nobody_waiting(screenshots: Screenshots) -> None:
    """Looks push the first one through the capture; they would go on for ever if each made another one necessary."""
    orders = Orders(screenshots)
    times_ns = [orders.place_beside() for _ in range(4)]
    assert not orders.waiting
    assert orders.unrecorded == 4
    assert not any(orders.take(time_ns).recorded for time_ns in times_ns)
    assert orders.unrecorded == 0


@pytest.mark.parametrize("fps", [1, 60, 90_000])
@pytest.mark.parametrize("clock", ["step", "wall"])
def test_frames_beside_the_film_have_times_of_their_own(
    screenshots: Screenshots, clock: str, fps: int
) -> None:
    """However many there are, before the first recorded frame, between two and while others are on their way."""
    choose, orders, now_ns = random.Random(fps), Orders(screenshots), 0
    ticking = StepClock(Fraction(fps)) if clock == "step" else WallClock(now_ns=lambda: now_ns)
    film, on_their_way = list[int](), list[tuple[int, bool]]()
    for _ in range(5000):
        if choose.random() < 0.3:
            pts_ns, recorded = ticking.tick(), True
            assert isinstance(pts_ns, int)
            film.append(pts_ns)
            orders.place(pts_ns)
        else:
            pts_ns, recorded = orders.place_beside(), False
        assert pts_ns not in {time_ns for time_ns, _ in on_their_way}
        on_their_way.append((pts_ns, recorded))
        while len(on_their_way) > 8:
            time_ns, was_recorded = on_their_way.pop(0)
            assert orders.take(time_ns).recorded == was_recorded
        now_ns += choose.choice([0, 1, NANOSECONDS])
    assert film == sorted(set(film))


def test_who_waits_for_a_frame_that_was_lost_is_told_why(screenshots: Screenshots, tmp_path: Path) -> None:
    orders = Orders(screenshots)
    in_the_ring = request(screenshots, tmp_path / "a.png")
    orders.place(0)
    not_yet_read = request(screenshots, tmp_path / "b.png")
    reason = CaptureError("the context has gone")
    orders.close(reason)
    for future in (in_the_ring, not_yet_read):
        with pytest.raises(CaptureError, match=r"no frame came for the screenshot .*: the context has gone"):
            future.result(0)
    assert not orders.waiting
    orders.close(reason)  # once more, as after an interrupt
