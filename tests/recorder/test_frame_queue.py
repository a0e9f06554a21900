"""The queue: order, bounds, back-pressure, and nothing kept after an end."""

import threading

import pytest

from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size

SPEC = FrameSpec(Size(2, 2), PixelFormat.RGBA)


def frame(number: int, released: list[int]) -> Frame:
    return Frame(SPEC, (), number, lambda: released.append(number))


def put(queue: FrameQueue, number: int, released: list[int]) -> None:
    assert queue.reserve()
    queue.put(frame(number, released))


def test_frames_come_out_in_order_and_the_end_ends() -> None:
    queue, released = FrameQueue(3, block=False), list[int]()
    for number in range(3):
        put(queue, number, released)
    queue.close()
    assert [got.pts_ns for got in queue] == [0, 1, 2]


def test_a_full_queue_refuses_until_a_frame_is_released() -> None:
    queue, released = FrameQueue(2, block=False), list[int]()
    put(queue, 0, released)
    put(queue, 1, released)
    assert not queue.reserve()
    with next(iter(queue)):
        assert not queue.reserve()
    assert released == [0]
    assert queue.reserve()


def test_a_blocking_queue_waits_for_the_encode_thread() -> None:
    queue, released = FrameQueue(2, block=True), list[int]()
    encoded = []

    def encode() -> None:
        for got in queue:
            with got:
                encoded.append(got.pts_ns)

    thread = threading.Thread(target=encode)
    thread.start()
    for number in range(200):
        put(queue, number, released)
    queue.close()
    thread.join()
    assert encoded == released == list(range(200))


def test_places_of_frames_that_never_came_are_given_back_at_the_end() -> None:
    queue, released = FrameQueue(3, block=False), list[int]()
    put(queue, 0, released)
    assert queue.reserve(0)
    assert queue.reserve(1)
    assert not queue.reserve(2)
    assert queue.used == 3
    assert queue.close() == 2
    assert queue.used == 1
    with next(iter(queue)):
        pass
    queue.wait_idle()
    assert queue.close() == 0


@pytest.mark.parametrize("block", [True, False])
def test_an_abandoned_queue_releases_everything_and_takes_no_more(*, block: bool) -> None:
    queue, released = FrameQueue(2, block=block), list[int]()
    put(queue, 0, released)
    assert queue.reserve()
    queue.abandon()
    assert released == [0]
    queue.put(frame(1, released))
    assert released == [0, 1]
    assert not queue.reserve()
    queue.wait_idle()


def test_abandoning_wakes_a_waiting_render_thread() -> None:
    queue, answers = FrameQueue(1, block=True), list[bool]()
    assert queue.reserve()
    thread = threading.Thread(target=lambda: answers.append(queue.reserve(1)))
    thread.start()
    queue.abandon()
    thread.join()
    assert answers == [False]


def test_waiting_for_idle_waits_for_the_frame_in_use() -> None:
    queue, released = FrameQueue(2, block=False), list[int]()
    put(queue, 0, released)
    in_use, go = threading.Event(), threading.Event()

    def encode() -> None:
        with next(iter(queue)):
            in_use.set()
            go.wait()

    thread = threading.Thread(target=encode)
    thread.start()
    in_use.wait()
    assert released == []
    go.set()
    queue.wait_idle()
    assert released == [0]
    thread.join()


def test_a_watched_frame_keeps_its_place_until_both_have_released_it() -> None:
    for watcher_first in (True, False):
        queue, released, watched = FrameQueue(1, block=False), list[int](), list[Frame]()
        assert queue.reserve()
        queue.put(frame(7, released), watched.append)
        got = next(iter(queue))
        assert (got.pts_ns, watched[0].pts_ns) == (7, 7)
        first, last = (watched[0], got) if watcher_first else (got, watched[0])
        with first:
            pass
        with first:  # a second release of the same frame is none
            pass
        assert (released, queue.reserve()) == ([], False)
        with last:
            pass
        assert released == [7]
        assert queue.reserve()


def test_two_threads_may_release_a_shared_frame_at_once() -> None:
    for _ in range(200):
        released, barrier = list[int](), threading.Barrier(2)
        one = frame(1, released)
        other = one.shared()

        def release(lent: Frame, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            with lent:
                pass

        threads = [threading.Thread(target=release, args=(lent,)) for lent in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert released == [1]


def test_a_diverted_frame_is_not_encoded_and_gives_its_place_back() -> None:
    queue, released, watched = FrameQueue(2, block=False), list[int](), list[Frame]()
    put(queue, 0, released)
    assert queue.reserve()
    queue.divert(frame(-1, released), watched.append)
    assert not queue.reserve()
    assert queue.close() == 0  # all that were expected have come
    with watched[0]:
        pass
    assert released == [-1]
    assert [got.pts_ns for got in queue] == [0]
