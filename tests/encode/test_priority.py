"""Opening an encoder leaves no thread with real-time priority."""

import os
import threading

import pytest

from glrec_core.config import Config
from glrec_core.system.priority import ordinary_priority
from glrec_core.testing.streams import open_encoder
from glrec_core.values.frame import Size
from tests.support.leftovers import native_threads


def test_an_av1_encoder_runs_at_ordinary_priority() -> None:
    config, before = Config(codec="av1"), native_threads()
    encoder = open_encoder(config, Size(64, 64))
    own = native_threads() - before
    assert own
    assert {os.sched_getscheduler(int(thread)) for thread in ("0", *own)} == {os.SCHED_OTHER}
    encoder.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask for real-time priority")
def test_a_raised_thread_is_lowered_and_others_stay_as_they_were() -> None:
    ready, done = threading.Event(), threading.Event()

    def real_time() -> None:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        ready.set()
        done.wait()

    thread = threading.Thread(target=real_time)
    thread.start()
    ready.wait()
    with ordinary_priority():
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    assert os.sched_getscheduler(thread.native_id or 0) == os.SCHED_RR
    done.set()
    thread.join()
