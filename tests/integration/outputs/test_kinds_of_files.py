"""From drawing to files of every kind beside the usual ones: animated pictures, sequences, ProRes."""

import errno
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest

from glrec_core import ConfigError, EncodeError, PictureSink, SinkError, record
from glrec_core.encode import stills
from glrec_core.recover import recover
from glrec_core.sink import pictures
from glrec_core.testing import barcode
from tests.support import video
from tests.support.alpha import decode_rgba, durations_ms
from tests.support.failing import fail
from tests.support.recording import BarcodeLoop

SIZE = (320, 240)


@pytest.mark.parametrize(
    ("name", "asked", "error"),
    [
        ("a.gif", {}, 0),
        ("a.webp", {}, 12),
        ("a.webp", {"lossless": True}, 0),
        ("%06d.png", {}, 0),
        ("%d.jpg", {"quality": 95}, 12),
        ("%d.webp", {"lossless": True}, 0),
    ],
)
def test_every_frame_is_there_upright_and_in_its_colours(
    context: moderngl.Context, tmp_path: Path, name: str, asked: dict[str, Any], error: float
) -> None:
    recorder = record(None, tmp_path / name, timing="step", fps=30, **asked)
    BarcodeLoop(context).record(recorder, range(20))
    recording = recorder.close()
    assert (recording.frames, recording.paths) == (20, (tmp_path / name,))
    assert recording.duration_seconds == Fraction(2, 3)
    found = decode_rgba(tmp_path / name)
    assert [barcode.read(picture) for picture in found] == list(range(20))
    for number, picture in enumerate(found):
        barcode.check_orientation(picture)
        drawn = barcode.expected(SIZE, number)
        assert np.abs(barcode.quadrant_colours(picture) - barcode.quadrant_colours(drawn)).max() <= error
        if error == 0:
            assert np.array_equal(picture[..., :3], drawn)


@pytest.mark.parametrize(
    ("name", "asked"), [("%d.png", {}), ("a.webp", {"lossless": True}), ("%d.webp", {"lossless": True})]
)
def test_lossless_ones_give_their_frames_back(
    context: moderngl.Context, tmp_path: Path, name: str, asked: dict[str, Any]
) -> None:
    recorder = record(None, tmp_path / name, timing="step", fps=30, **asked)
    BarcodeLoop(context).record(recorder, range(12))
    found = list(recorder.close().frames_as_arrays())
    assert [barcode.read(pixels) for pixels in found] == list(range(12))
    assert np.array_equal(found[3][..., :3], barcode.expected(SIZE, 3))
    assert (found[3][..., 3] == 255).all()


def test_stored_frames_can_be_recovered_to_the_kind_that_they_were_for(
    context: moderngl.Context, tmp_path: Path
) -> None:
    (tmp_path / "spill").mkdir()
    asked: dict[str, Any] = {"backend": "spill", "keep_spill": True, "spill_dir": tmp_path / "spill"}
    recorder = record(None, tmp_path / "a.gif", timing="step", fps=30, **asked)
    BarcodeLoop(context).record(recorder, range(6))
    spill = recorder.close().spill
    assert spill is not None
    with pytest.raises(ConfigError, match=r"\.png pictures take png, not codec='gif'"):
        recover(spill, tmp_path / "%d.png", keep=True)
    assert recover(spill, tmp_path / "b.gif").frames == 6
    assert [barcode.read(picture) for picture in decode_rgba(tmp_path / "b.gif")] == list(range(6))


@pytest.mark.parametrize("preset", ["proxy", "lt", "standard", "hq", None])
def test_prores_is_10_bit_422_of_its_profile(
    context: moderngl.Context, tmp_path: Path, preset: str | None
) -> None:
    recorder = record(None, tmp_path / "a.mov", timing="step", fps=30, codec="prores", preset=preset)
    BarcodeLoop(context).record(recorder, range(10))
    recorder.close()
    video.assert_recording(tmp_path / "a.mov", 10, SIZE, 30)
    info = video.probe(tmp_path / "a.mov")
    tags = {"proxy": "apco", "lt": "apcs", "standard": "apcn", "hq": "apch", None: "apch"}
    assert (info.codec, info.pixel_format, info.codec_tag) == ("prores", "yuv422p10le", tags[preset])
    assert b"colrnclc\0\1\0\1\0\1" in (tmp_path / "a.mov").read_bytes()
    assert video.is_fast_start(tmp_path / "a.mov")


@pytest.mark.parametrize("size", [(321, 241), (64, 48)], ids=str)
def test_prores_of_any_size(context: moderngl.Context, tmp_path: Path, size: tuple[int, int]) -> None:
    recorder = record(None, tmp_path / "a.mov", timing="step", fps=30, codec="prores", chroma="444")
    BarcodeLoop(context, size).record(recorder, range(5))
    recorder.close()
    video.assert_recording(tmp_path / "a.mov", 5, size, 30)
    assert video.probe(tmp_path / "a.mov").codec_tag == "ap4h"


def test_files_of_one_codec_can_be_written_side_by_side(context: moderngl.Context, tmp_path: Path) -> None:
    sinks = (tmp_path / "a.webp", PictureSink(tmp_path / "%d.webp"))
    recorder = record(None, *sinks, timing="step", fps=30)
    BarcodeLoop(context).record(recorder, range(5))
    assert recorder.close().paths == (tmp_path / "a.webp", tmp_path / "%d.webp")
    for path in recorder.recording.paths:
        assert [barcode.read(picture) for picture in decode_rgba(path)] == list(range(5))


def test_another_size_begins_another_animation(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.gif", timing="step", fps=25, on_resize="segment")
    BarcodeLoop(context).record(recorder, range(4))
    BarcodeLoop(context, (160, 120)).record(recorder, range(4, 8))
    paths = recorder.close().paths
    assert [path.name for path in paths] == ["a.gif", "a-2.gif"]
    assert [[barcode.read(each) for each in decode_rgba(path)] for path in paths] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
    ]
    assert all(durations_ms(path) == [40] * 4 for path in paths)


@pytest.mark.parametrize(
    ("name", "asked", "reason"),
    [
        ("a.mp4", {"codec": "prores"}, r"\.mp4 files take h264, hevc, av1, vp9, not codec='prores'"),
        ("a.gif", {"codec": "h264"}, r"\.gif files take gif, not codec='h264'"),
        ("%d.png", {"codec": "ffv1"}, r"\.png pictures take png, not codec='ffv1'"),
        ("a.gif", {"fps": 60}, "at most 50 pictures a second"),
        ("a.gif", {"timing": "step"}, "fps=60: players show at most 50"),
        ("a.gif", {"lossless": True}, "lossless=True is not possible with codec='gif'"),
        ("a.webp", {"bitrate": 1_000_000}, "takes no bit rate"),
        ("a.png", {}, r"numbered pictures such as %06d\.png"),
    ],
)
def test_a_wrong_pair_is_refused_with_what_fits(
    tmp_path: Path, name: str, asked: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        record(None, tmp_path / name, **asked)
    assert list(tmp_path.iterdir()) == []


# Failures


def test_an_encoder_that_dies_once_costs_nothing(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, stills.StillEncoder, "encode", {4}, EncodeError("no more colours"))
    recorder = record(None, tmp_path / "a.gif", timing="step", fps=30)
    BarcodeLoop(context).record(recorder, range(10))
    notes = recorder.close().notes
    assert [barcode.read(picture) for picture in decode_rgba(tmp_path / "a.gif")] == list(range(10))
    assert sum(durations_ms(tmp_path / "a.gif")) in {330, 340}
    assert any("no more colours" in note for note in notes)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "%d.png"])
def test_an_encoder_that_dies_for_good_leaves_what_was_before(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from glrec_core.encode.pyav import PyAVEncoder

    encoder = PyAVEncoder if name.endswith(".png") else stills.StillEncoder
    fail(monkeypatch, encoder, "encode", range(4, 100), EncodeError("no more colours"))
    recorder = record(None, tmp_path / name, timing="step", fps=30)
    BarcodeLoop(context).record(recorder, range(10))
    with pytest.raises(EncodeError, match="no more colours"):
        recorder.close()
    assert [barcode.read(picture) for picture in decode_rgba(tmp_path / name)] == [0, 1, 2]
    stats = recorder.stats
    assert stats.drawn == stats.recorded + stats.failed + stats.lost + stats.after_end


def test_a_full_disk_leaves_whole_pictures_and_one_error(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, pictures, "write_all", range(4, 100), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    recorder = record(None, tmp_path / "%d.png", timing="step")
    BarcodeLoop(context).record(recorder, range(10))
    with pytest.raises(SinkError, match="No space left on device; 3 frames are kept, 7 are lost"):
        recorder.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.png", "1.png", "2.png"]
    assert recorder.recording.frames == 3
