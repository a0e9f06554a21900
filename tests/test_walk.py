"""The walk of a frame, followed on both threads while it is recorded: few files have it in their hands, and a reader can go along.

A file has the frame if a function of it does, as an argument, in a variable or as what it returns: the framebuffer that was drawn, the
picture that is read, the frame, or its packet. `values/` is not counted, where these themselves are described.
"""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import moderngl
import pytest

from glrec_core import record
from glrec_core.capture.ring import ReadSource
from glrec_core.config import Overflow
from glrec_core.gl.functions import current_gl
from glrec_core.pipeline.chain import Batch
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.overflow import POLICIES
from glrec_core.values.frame import Frame, Framebuffer, Packet
from tests.support.recording import BarcodeLoop

PRODUCT = Path(sys.modules[record.__module__].__file__ or "").parents[1]
TRAVELLERS = (Framebuffer, ReadSource, Frame, Batch, Packet)
MOST_ON_THE_RENDER_THREAD = 9
MOST_ON_THE_ENCODE_THREAD = 8
WARM_UP = 60
PACKETS = 4


class Walk:
    """Takes note of the product's files that have a traveller while it is `on`, by thread."""

    def __init__(self) -> None:
        self.carriers: dict[str, set[str]] = defaultdict(set)
        self.on = False

    @contextmanager
    def of_this_thread(self) -> Iterator[None]:
        """Follow this thread; those that were begun under `threading.setprofile` are followed in any case."""
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(None)

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        """Look at the function that is called or returns, and at those that wait for it."""
        if not self.on or event not in {"call", "return"}:
            return
        thread, returned = threading.current_thread().name, arg if event == "return" else None
        at: FrameType | None = frame
        while at is not None:
            path = Path(at.f_code.co_filename)
            if path.is_relative_to(PRODUCT):
                file = path.relative_to(PRODUCT).as_posix()
                if not file.startswith("values/") and any(map(is_carried, (returned, *at.f_locals.values()))):
                    self.carriers[thread].add(file)
            at, returned = at.f_back, None


def file_of(kind: type) -> set[str]:
    return {"/".join(kind.__module__.split(".")[1:]) + ".py"}


def is_carried(thing: object) -> bool:
    if isinstance(thing, list | tuple) and not isinstance(thing, TRAVELLERS):
        return any(isinstance(each, TRAVELLERS) for each in thing)
    return isinstance(thing, TRAVELLERS)


@pytest.mark.parametrize("overflow", POLICIES)
@pytest.mark.parametrize("is_software", [True, False])
def test_few_files_have_a_frame_in_their_hands(
    context: moderngl.Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    overflow: Overflow,
    *,
    is_software: bool,
) -> None:
    """In the steady state: what opens stages and files has run before. A policy that keeps frames elsewhere adds its own file."""
    monkeypatch.setattr(current_gl(), "is_software", is_software)
    walk, loop, numbers = Walk(), BarcodeLoop(context, (64, 48)), count(WARM_UP)
    threading.setprofile(walk.profile)
    try:
        recorder = record(None, tmp_path / "a.mp4", timing="step", overflow=overflow)
        loop.record(recorder, range(WARM_UP))
    finally:
        threading.setprofile(None)
    before = recorder.stats.packets
    walk.on = True
    while recorder.stats.packets < before + PACKETS:
        loop.draw(next(numbers))
        with walk.of_this_thread():
            recorder.frame_drawn(loop.framebuffer)
    walk.on = False
    assert recorder.close().frames == recorder.stats.recorded
    render, encode = walk.carriers["MainThread"], walk.carriers["glrec-encode"]
    own = file_of(POLICIES[overflow]) - file_of(FrameQueue)
    assert {threading.current_thread().name, "glrec-encode"} == walk.carriers.keys() - {"glrec-spill"}
    assert {"recorder/recorder.py", "recorder/engine.py", "recorder/frame_queue.py"} <= render
    assert {"recorder/frame_queue.py", "recorder/worker.py", "pipeline/chain.py", "sink/file.py"} <= encode
    assert len(render) <= MOST_ON_THE_RENDER_THREAD, sorted(render)
    assert len(encode - own) <= MOST_ON_THE_ENCODE_THREAD, sorted(encode)
