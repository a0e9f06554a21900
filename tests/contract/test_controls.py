"""Pausing by hand and from the start, hotkeys that nothing tells of, and the dot in a loop of one's own."""

from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glrec_core import ConfigError, Framebuffer, Size, record
from glrec_core.config import Timing
from glrec_core.drawing.dot import RecordingDot
from glrec_core.gl.functions import current_gl
from glrec_core.testing import barcode
from glrec_core.values.keys import KEYS, KeyEdge, parse_key
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop

SIZE = (320, 240)


@pytest.mark.parametrize("timing", ["step", "wall"])
def test_a_recording_may_begin_paused_and_is_toggled(
    context: moderngl.Context, tmp_path: Path, timing: Timing
) -> None:
    recorder = record(None, tmp_path / "a.mkv", timing=timing, overflow="block", paused=True)
    loop = BarcodeLoop(context)
    for number in range(6):
        assert recorder.paused == (number % 2 == 0)
        loop.record(recorder, range(10 * number, 10 * number + 10))
        recorder.toggle()
    recorder.close()
    assert video.read_barcodes(tmp_path / "a.mkv") == [*range(10, 20), *range(30, 40), *range(50, 60)]
    assert video.timestamps(tmp_path / "a.mkv")[0] == 0
    assert_account_adds_up(recorder)


def test_a_loop_of_ones_own_has_no_keys(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", hotkey="F9")
    with pytest.raises(ConfigError, match=r"nothing tells of this target's keys; call recorder\.toggle\(\)"):
        BarcodeLoop(context).record(recorder, range(1))
    assert recorder.close().frames == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["F13", "escape", "", 9, "ä"])
def test_keys_are_known_by_name(tmp_path: Path, key: Any) -> None:
    with pytest.raises(ConfigError, match="F1 to F12, a letter or a digit"):
        record(None, tmp_path / "a.mp4", hotkey=key)


def test_every_key_is_its_own_name() -> None:
    assert [parse_key(key.lower()) for key in KEYS] == list(KEYS)
    assert len(set(KEYS)) == 12 + 26 + 10


def test_a_key_that_is_held_down_goes_down_once() -> None:
    pressed: list[int] = []
    edge = KeyEdge(lambda: pressed.append(1))
    for down in (False, True, True, True, False, True, False, False):
        edge.look(down=down)
    assert len(pressed) == 2


@pytest.mark.parametrize("on_gpu", [False, True])
def test_the_dot_is_in_the_framebuffer_and_in_no_file(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_gpu: bool
) -> None:
    monkeypatch.setattr(current_gl(), "is_software", not on_gpu)
    loop, before = BarcodeLoop(context), names_alive()
    recorder = record(None, tmp_path / "a.mkv", timing="step", codec="ffv1", dot=True)
    loop.record(recorder, range(12))
    future = recorder.screenshot(tmp_path / "a.png")
    loop.record(recorder, range(12, 20))
    left = _left(loop)
    recorder.close()
    assert names_alive() == before
    differs = (left != barcode.expected(SIZE, 19)).any(axis=2)
    assert 30 < differs.sum() < 100
    assert np.unique(left[differs], axis=0).tolist() == [[255, 0, 0]]
    for number, picture in zip(range(20), video.decode_rgb(tmp_path / "a.mkv"), strict=True):
        assert np.array_equal(picture, barcode.expected(SIZE, number))
    with Image.open(future.result(0)) as image:
        assert barcode.read(np.asarray(image)) == 12


@pytest.mark.parametrize(("version", "es"), [((3, 3), False), ((3, 2), True), ((4, 1), False)])
def test_the_dot_needs_no_arrays_of_viewports(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], *, es: bool
) -> None:
    """Before OpenGL 4.1, and in OpenGL ES, there is one scissor box and no call with an index."""
    gl, loop = current_gl(), BarcodeLoop(context)
    with pytest.MonkeyPatch.context() as told:
        told.setattr(gl, "version", version)
        told.setattr(gl, "es", es)
        dot = RecordingDot(gl)
    for name in ("ScissorIndexed", "Enablei", "Disablei") if version < (4, 1) else ():
        monkeypatch.setattr(gl, name, None)
    context.scissor = 1, 2, 3, 4
    dot.draw(Framebuffer(loop._fbo.glo, Size(*SIZE)))
    assert context.scissor == (1, 2, 3, 4)
    context.scissor = None
    assert _left(loop)[8, 8].tolist() == [255, 0, 0]


def test_frames_above_the_rate_show_it_too(context: moderngl.Context, tmp_path: Path) -> None:
    """Else it would flicker."""
    recorder, loop = (
        record(None, tmp_path / "a.mp4", timing="wall", fps=1, overflow="block", dot=True),
        BarcodeLoop(context),
    )
    for number in range(10):
        loop.record(recorder, range(number, number + 1))
        assert _dotted(loop, number)
    recorder.close()


def test_where_nothing_is_recorded_there_is_no_dot(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", frames=3, dot=True)
    loop = BarcodeLoop(context)
    loop.record(recorder, range(2))
    recorder.pause()
    loop.record(recorder, range(5, 6))
    assert not _dotted(loop, 5)
    recorder.resume()
    loop.record(recorder, range(2, 3))
    loop.record(recorder, range(6, 8))  # beyond the limit
    assert not _dotted(loop, 7)
    recorder.close()


def _left(loop: BarcodeLoop) -> NDArray[np.uint8]:
    """Return what the framebuffer holds now."""
    return np.frombuffer(loop._fbo.read(components=3), np.uint8).reshape(240, 320, 3)[::-1]


def _dotted(loop: BarcodeLoop, number: int) -> bool:
    return bool((_left(loop) != barcode.expected(SIZE, number)).any())
