"""Long runs leave memory, descriptors, threads and GL names where they were."""

import gc
import os
from pathlib import Path

import moderngl
import pytest

from glrec_core import Framebuffer, ReplaySink, Size, record
from glrec_core.testing import barcode
from glrec_core.testing.streams import bottom_up
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop
from tests.support.trend import Footprint, footprint, rise

SIZE = (64, 48)
FRAME_BYTES = 4 * SIZE[0] * SIZE[1]
FRAMES = int(os.environ.get("GLREC_SOAK_FRAMES", "10000"))
STARTS = int(os.environ.get("GLREC_SOAK_STARTS", "100"))
"""Sized for CI; `GLREC_SOAK_FRAMES=100000 GLREC_SOAK_STARTS=500` is the long run of docs/reliability.md."""


def assert_flat(samples: list[Footprint], rss_bytes: int) -> None:
    """Check that memory does not rise by more than `rss_bytes` in a third of the run, and all else not at all."""
    assert rise([sample.rss_bytes for sample in samples]) < rss_bytes, samples
    for name in ("descriptors", "threads", "gl_names"):
        assert rise([getattr(sample, name) for sample in samples]) == 0, (name, samples)


def test_the_trend_test_can_fail() -> None:
    """A leak of one frame for each sample is seen; noise of ten frames and a warm-up of thousands are not."""
    flat = [FRAME_BYTES * (10 * (index % 2) + 400 * min(10, index)) for index in range(99)]
    limit_bytes = 30 * FRAME_BYTES
    assert rise(flat) < limit_bytes
    assert rise([value + index * FRAME_BYTES for index, value in enumerate(flat)]) > limit_bytes
    assert rise([index // 50 for index in range(99)]) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_frames_by_three_recorders(context: moderngl.Context, tmp_path: Path) -> None:
    """A leak of one frame in twenty would be seen."""
    replay = ReplaySink(5)
    recorders = [
        record(None, tmp_path / "a.mp4", replay, timing="step"),
        record(None, tmp_path / "b.mkv", timing="step"),
        record(None, tmp_path / "c.mp4", timing="step", overflow="drop"),
    ]
    texture, samples = context.texture(SIZE, 4), list[Footprint]()
    fbo = context.framebuffer([texture])
    source = Framebuffer(fbo.glo, Size(*SIZE))
    # Drawn beforehand: the 54 clears of a picture would take a third of the time.
    pictures = [bottom_up(barcode.expected(SIZE, number))[::-1].tobytes() for number in range(1000)]
    for number in range(FRAMES):
        texture.write(pictures[number % 1000])
        for recorder in recorders:
            recorder.frame_drawn(source)
        if number % (FRAMES // 50) == 0:
            samples.append(footprint(names_alive()))
    assert_flat(samples, rss_bytes=FRAMES // 60 * FRAME_BYTES)
    for recorder in recorders:
        recorder.close()
        assert_account_adds_up(recorder)
        assert recorder.recording.frames == recorder.stats.recorded
    assert [recorder.stats.recorded for recorder in recorders[:2]] == [FRAMES, FRAMES]
    assert video.read_barcodes(tmp_path / "a.mp4") == [number % 1000 for number in range(FRAMES)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_recordings_one_after_the_other(context: moderngl.Context, tmp_path: Path) -> None:
    """A leak of one recording's frames in ten would be seen."""
    loop, samples = BarcodeLoop(context, SIZE), list[Footprint]()
    for _ in range(STARTS):
        recorder = record(None, tmp_path / "a.mp4", timing="step", overwrite=True)
        loop.record(recorder, range(12))
        assert recorder.close().frames == 12
        del recorder
        gc.collect()
        samples.append(footprint(names_alive()))
    assert_flat(samples, rss_bytes=8 * FRAME_BYTES * STARTS // 30)
