"""What is the queue's own affair; what every overflow policy promises is asked in tests/contract/test_overflow.py."""

import threading

from glrec_core.recorder.frame_queue import BlockQueue, DropQueue, FrameQueue
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size

SPEC = FrameSpec(Size(2, 2), PixelFormat.RGBA)


def frame(number: int, released: list[int]) -> Frame:
    return Frame(SPEC, (), number, lambda: released.append(number))


def put(queue: FrameQueue, number: int, released: list[int]) -> None:
    assert queue.reserve()
    got = frame(number, released)
    queue.lend(got)
    queue.put(got)


def test_a_full_queue_refuses_until_a_frame_is_released() -> None:
    queue, released = DropQueue(2), list[int]()
    put(queue, 0, released)
    put(queue, 1, released)
    assert not queue.reserve()
    with next(iter(queue)):
        assert not queue.reserve()
    assert released == [0]
    assert queue.reserve()
    assert queue.waits == 0


def test_a_wait_is_counted_once_however_long_it_is() -> None:
    queue, released = BlockQueue(1), list[int]()
    put(queue, 0, released)
    thread = threading.Thread(target=put, args=(queue, 1, released))
    thread.start()
    frames = iter(queue)
    with next(frames):
        while queue.waits == 0:
            thread.join(0.001)
    thread.join()
    with next(frames):
        pass
    assert (released, queue.waits) == ([0, 1], 1)


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
