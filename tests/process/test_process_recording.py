"""`process=`: operations between convert and encode, through the whole path from a drawn framebuffer to a decoded file."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from PIL import Image

from glrec_core import ConfigError, ConvertError, Framebuffer, ProcessError, record
from glrec_core.config import Config
from glrec_core.convert.processed import HostPixels, Processed
from glrec_core.gl.functions import current_gl
from glrec_core.process import chroma_key, crop, eased, linear, overlay, rotate, timestamp
from glrec_core.recover import recover
from glrec_core.spill.header import header_of
from glrec_core.spill.spill_file import SpillFile
from glrec_core.testing import barcode
from glrec_core.testing.streams import barcode_frames, regular
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.recording import BarcodeLoop

SIZE = (320, 240)
LOGO = np.zeros((24, 40, 3), np.uint8) + np.array([250, 240, 20], np.uint8)
AT = (8, 6)
CODEC_ERROR = 4
"""Of 255, in the mean over a region; edges of colours are softer than that."""


def record_film(context: moderngl.Context, path: Path, process: list[Any], **options: Any) -> Any:
    chosen: dict[str, Any] = {"timing": "step", "fps": 30, "process": process} | options
    recorder = record(None, path, **chosen)
    BarcodeLoop(context).record(recorder, range(20))
    return recorder


def assert_logo(picture: np.ndarray[Any, np.dtype[np.uint8]], number: int) -> None:
    """Check that the logo is where it was put, upright, and nothing is around it."""
    x, y = AT
    inside = picture[y + 2 : y + 22, x + 2 : x + 38].astype(int)
    assert np.abs(inside - LOGO[0, 0]).mean() <= CODEC_ERROR
    drawn = barcode.expected(SIZE, number).astype(int)
    for region in (np.s_[:4, :60], np.s_[34:50, :60], np.s_[:34, 52:60], np.s_[:34, :4]):
        assert np.abs(picture[region].astype(int) - drawn[region]).mean() <= CODEC_ERROR


@pytest.mark.parametrize("backend", ["host", "spill"])
def test_the_logo_is_in_every_frame_and_nothing_else_changes(
    context: moderngl.Context, tmp_path: Path, backend: str
) -> None:
    recording = record_film(context, tmp_path / "a.mp4", [overlay(LOGO, at=AT)], backend=backend).close()
    assert recording.frames == 20
    video.assert_recording(tmp_path / "a.mp4", 20, SIZE, Fraction(30))
    for number, picture in enumerate(video.decode_rgb(tmp_path / "a.mp4")):
        assert_logo(picture, number)


def test_pixels_are_exact_in_a_lossless_film(context: moderngl.Context, tmp_path: Path) -> None:
    moving = overlay(LOGO, at=eased((0, (0, 0)), (1, (30, 60)), easing=linear))
    record_film(context, tmp_path / "a.mkv", [moving], codec="ffv1").close()
    for number, picture in zip(range(20), video.decode_rgb(tmp_path / "a.mkv"), strict=True):
        drawn = barcode.expected(SIZE, number)
        drawn[2 * number : 2 * number + 24, number : number + 40] = LOGO
        assert np.array_equal(picture, drawn)


def test_operations_are_called_once_a_frame_in_order_at_its_time(
    context: moderngl.Context, tmp_path: Path
) -> None:
    calls: list[tuple[str, timedelta]] = []

    def told(name: str) -> Callable[[timedelta, Any], Any]:
        def keep(time: timedelta, frame: Any) -> Any:
            calls.append((name, time))
            assert frame.shape == (240, 320, 3)
            assert frame.dtype == np.uint8
            return frame

        return keep

    record_film(context, tmp_path / "a.mp4", [told("a"), told("b")]).close()
    due = [timedelta(microseconds=number * 1_000_000 / 30) for number in range(20)]
    assert calls == [(name, time) for time in due for name in "ab"]


def test_a_gpu_is_read_as_rgba_where_there_are_operations(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_gl(), "is_software", False)
    recording = record_film(context, tmp_path / "a.mp4", [overlay(LOGO, at=AT)]).close()
    assert "process= works on RGBA" in recording.reason
    video.assert_recording(tmp_path / "a.mp4", 20, SIZE, Fraction(30))
    for number, picture in enumerate(video.decode_rgb(tmp_path / "a.mp4")):
        assert_logo(picture, number)


@pytest.mark.parametrize("bad", ["rotate", rotate(1), [1], (rotate(1), "x"), None, {rotate: 1}])
def test_what_is_no_list_of_operations_is_refused(tmp_path: Path, bad: Any) -> None:
    with pytest.raises(ConfigError, match="process="):
        record(None, tmp_path / "a.mp4", process=bad)
    assert list(tmp_path.iterdir()) == []


def test_an_operation_that_fails_ends_the_recording_and_never_breaks_the_loop(
    context: moderngl.Context, tmp_path: Path
) -> None:
    calls = []

    def fragile(time: timedelta, frame: Any) -> Any:
        calls.append(time)
        if len(calls) == 8:
            raise ZeroDivisionError("nothing to divide by")
        return frame

    recorder = record_film(context, tmp_path / "a.mp4", [fragile])
    with pytest.raises(
        ProcessError, match=r"fragile failed at 0\.233 s .*array of NumPy.*nothing to divide by"
    ) as caught:
        recorder.close()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert recorder.error is caught.value
    assert len(calls) == 8, "the frame was tried again"
    assert recorder.recording.notes == ()
    assert_account_adds_up(recorder)
    video.assert_recording(tmp_path / "a.mp4", 7, SIZE, Fraction(30))


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (crop((0, 0), 100, 100), r"crop\(.* made \(100, 100, 3\) of a frame of 320x240"),
        (chroma_key((0, 0, 255)), "leaves alpha .* end with backdrop"),
        (
            lambda _time, frame: frame / 255,
            "gave back a numpy.ndarray of float64, not a uint8 array of NumPy",
        ),
        (lambda _time, _frame: None, "gave back NoneType"),
        (lambda _time, frame: frame[..., 0], r"made \(240, 320\) of a frame"),
    ],
)
def test_what_cannot_be_encoded_is_refused(
    context: moderngl.Context, tmp_path: Path, operation: Any, message: str
) -> None:
    recorder = record_film(context, tmp_path / "a.mp4", [operation])
    with pytest.raises(ProcessError, match=message):
        recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_the_time_is_written_on_the_frames(context: moderngl.Context, tmp_path: Path) -> None:
    record_film(context, tmp_path / "a.mkv", [timestamp((4, 4), size=16)], codec="ffv1").close()
    pictures = list(video.decode_rgb(tmp_path / "a.mkv"))
    written = [np.abs(pictures[n].astype(int) - barcode.expected(SIZE, n))[:24, :110] for n in range(20)]
    assert all(part.max() > 100 for part in written)
    assert not np.array_equal(written[0], written[1])


class _Keep:
    """A converter that keeps what it is given."""

    def convert(self, frame: Frame) -> Frame:
        return frame

    def close(self) -> None:
        """Nothing to release."""


def test_what_is_no_rgb_in_host_memory_is_refused() -> None:
    for spec in (
        FrameSpec(Size(8, 8), PixelFormat.NV12),
        FrameSpec(Size(8, 8), PixelFormat.RGBA, Memory.CUDA),
    ):
        with pytest.raises(ConvertError, match="operations take rgba or bgra in host memory"):
            Processed(spec, [rotate(1)], _Keep(), HostPixels(), alpha=False)


@pytest.mark.parametrize("form", [PixelFormat.RGBA, PixelFormat.BGRA])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("upwards", [False, True], ids=["rows down", "rows up"])
def test_pictures_are_upright_and_red_comes_first(form: PixelFormat, *, alpha: bool, upwards: bool) -> None:
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (12, 16, 4), np.uint8)
    order = [0, 1, 2, 3] if form is PixelFormat.RGBA else [2, 1, 0, 3]
    plane = np.ascontiguousarray(picture[..., order])
    plane = np.ascontiguousarray(plane[::-1])[::-1] if upwards else plane
    before, seen = plane.copy(), []

    def change(_time: timedelta, frame: Any) -> Any:
        seen.append(frame.copy())
        frame[...] = 255 - frame  # an operation may not, but must not reach the captured memory
        return frame

    spec = FrameSpec(Size(16, 12), form)
    done = Processed(spec, [change], _Keep(), HostPixels(), alpha=alpha).convert(
        Frame(spec, (plane,), 5_000_000)
    )
    channels = 4 if alpha else 3
    assert np.array_equal(seen[0], picture[..., :channels])
    assert np.array_equal(plane, before)
    assert (done.spec, done.pts_ns) == (spec, 5_000_000)
    made = done.planes[0][..., order]  # both orders are their own inverse
    assert np.array_equal(made[..., :channels], 255 - picture[..., :channels])
    assert alpha or (made[..., 3] == 255).all()


def test_frames_found_after_a_crash_are_as_drawn_and_the_notes_say_so(tmp_path: Path) -> None:
    header = header_of(Config(timing="step", process=[rotate(20), overlay(LOGO)]))
    file = SpillFile(tmp_path / "spill", header, keep_all=True)
    for frame in barcode_frames(regular(5, 60)):
        file.append(frame)
    file.close(keep=True)
    recording = recover(file.directory, tmp_path / "a.mp4")
    assert any("the 2 operations of process= " in note for note in recording.notes)
    video.assert_recording(tmp_path / "a.mp4", 5, (160, 120), Fraction(60))


@pytest.mark.parametrize(
    ("alpha", "straight"), [("straight", (51, 26, 102)), ("premultiplied", (102, 52, 203))]
)
def test_alpha_is_composited_and_kept(
    context: moderngl.Context, tmp_path: Path, alpha: str, straight: tuple[int, int, int]
) -> None:
    target = context.framebuffer([context.texture((64, 48), 4)])
    half = np.full((8, 10, 4), (250, 20, 20, 128), np.uint8)
    options: dict[str, Any] = {"alpha": alpha, "timing": "step", "process": [overlay(half, at=(4, 2))]}
    with record(None, tmp_path / "%06d.png", **options) as recorder:
        target.clear(51 / 255, 26 / 255, 102 / 255, 128 / 255)
        recorder.frame_drawn(Framebuffer(target.glo, Size(64, 48)))
    (path,) = tmp_path.glob("*.png")
    picture = np.asarray(Image.open(path))
    assert tuple(picture[30, 30]) == (*straight, 128)
    above, below = 128 / 255, 128 / 255 * (127 / 255)
    mixed = (np.array([250, 20, 20]) * above + np.array(straight) * below) / (above + below)
    assert np.abs(picture[5, 8] - [*mixed, 255 * (above + below)]).max() <= 0.51


def test_each_part_of_another_size_is_worked_on(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(
        None, tmp_path / "a.mkv", timing="step", codec="ffv1", on_resize="segment", process=[overlay(LOGO)]
    )
    sizes = [(160, 120), (200, 160)]
    for size in sizes:
        BarcodeLoop(context, size).record(recorder, range(3))
    paths = recorder.close().paths
    assert len(paths) == 2
    for path, size in zip(paths, sizes, strict=True):
        for number, picture in enumerate(video.decode_rgb(path)):
            expected = barcode.expected(size, number)
            expected[:24, :40] = LOGO
            assert np.array_equal(picture, expected)
