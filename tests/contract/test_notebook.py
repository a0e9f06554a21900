"""What a notebook shows: a finished recording as a film, a running one as a picture and its figures."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from PIL import Image

from glrec_core import Recorder, Recording, ReplaySink, record
from glrec_core.report import notebook as notebook_module
from glrec_core.testing import barcode
from tests.support.recording import BarcodeLoop


def bundle(shown: Recorder | Recording) -> dict[str, str]:
    """Ask as IPython does."""
    return shown._repr_mimebundle_(include=None, exclude=None)


def embedded(html: str, kind: str) -> bytes:
    found = re.search(rf"data:{kind};base64,([A-Za-z0-9+/=]+)", html)
    assert found is not None, html[:500]
    return base64.b64decode(found[1])


def recorded(context: moderngl.Context, path: Path, **options: Any) -> Recording:
    recorder = record(None, path, timing="step", **options)
    BarcodeLoop(context).record(recorder, range(20))
    return recorder.close()


@pytest.mark.parametrize(
    ("name", "kind"), [("a.mp4", "video/mp4"), ("a.webm", "video/webm"), ("a.gif", "image/gif")]
)
def test_a_small_film_is_part_of_the_notebook(
    context: moderngl.Context, tmp_path: Path, name: str, kind: str
) -> None:
    recording = recorded(context, tmp_path / name, fps=50)
    shown = bundle(recording)
    assert shown["text/plain"] == str(recording)
    assert embedded(shown["text/html"], kind) == (tmp_path / name).read_bytes()
    assert ("<video controls" in shown["text/html"]) == (kind != "image/gif")


def test_what_is_too_large_or_not_played_is_a_link(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    matroska = recorded(context, tmp_path / "a b&c.mkv")
    hevc = recorded(context, tmp_path / "hevc.mp4", codec="hevc")
    large = recorded(context, tmp_path / "large.mp4")
    assert large.path is not None
    monkeypatch.setattr(notebook_module, "EMBED_BYTES", large.path.stat().st_size - 1)
    for recording, link in (
        (matroska, '<a href="a%20b%26c.mkv">a b&amp;c.mkv</a>'),
        (hevc, '<a href="hevc.mp4">hevc.mp4</a>'),
        (large, '<a href="large.mp4">large.mp4</a>'),
    ):
        assert bundle(recording)["text/html"].startswith(link)
    monkeypatch.chdir("/")
    monkeypatch.setattr(Path, "cwd", lambda: Path("/nowhere"))
    assert f'href="{tmp_path}/large.mp4"' in bundle(large)["text/html"]


def test_parts_share_the_room(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", on_resize="segment")
    for size in ((320, 240), (160, 120), (320, 240)):
        BarcodeLoop(context, size).record(recorder, range(5))
    recording = recorder.close()
    sizes = [path.stat().st_size for path in recording.paths]
    monkeypatch.setattr(notebook_module, "EMBED_BYTES", sum(sizes[:2]))
    html = bundle(recording)["text/html"]
    assert html.count("<video") == 2
    assert ">a-3.mp4</a>" in html


def test_files_that_are_gone_and_recordings_without_one(context: moderngl.Context, tmp_path: Path) -> None:
    gone = recorded(context, tmp_path / "a.mp4")
    (tmp_path / "a.mp4").unlink()
    assert ">a.mp4</a>" in bundle(gone)["text/html"]
    recorder = record(None, ReplaySink(), timing="step")
    BarcodeLoop(context).record(recorder, range(3))
    assert "no file: 3 frames" in bundle(recorder.close())["text/html"]


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg", "ffv1", "av1", "vp9"])
def test_a_running_recording_shows_its_last_keyframe(
    context: moderngl.Context, tmp_path: Path, codec: str
) -> None:
    size = (640, 480)
    gop = None if codec in {"mjpeg", "ffv1"} else 10
    recorder = record(None, tmp_path / "a.mkv", timing="step", codec=codec, size=size, gop=gop)
    assert "<img" not in bundle(recorder)["text/html"]
    assert bundle(recorder)["text/plain"] == "<recorder: recording, 0 frames>"
    loop, number = BarcodeLoop(context, size), 0
    while recorder.stats.packets == 0:  # encoders hold frames back
        assert number < 300
        loop.record(recorder, range(number, number + 1))
        number += 1
    html = bundle(recorder)["text/html"]
    assert f"<th>frames</th><td>{number}</td>" in html
    assert "<th>size</th><td>640x480</td>" in html
    with Image.open(io.BytesIO(embedded(html, "image/png"))) as image:
        assert image.size == (320, 240)
        picture = np.asarray(image)
    barcode.check_orientation(picture)
    assert barcode.read(picture) < number
    recorder.pause()
    assert "<td>paused</td>" in bundle(recorder)["text/html"]
    recorder.close()
    assert bundle(recorder) == bundle(recorder.recording)


def test_a_stream_that_is_not_decoded_has_no_picture() -> None:
    from fractions import Fraction

    from glrec_core.report.thumbnail import thumbnail
    from glrec_core.values.frame import Packet, Size, StreamInfo

    for codec in ("h264", "of another package"):
        stream = StreamInfo(codec, Size(64, 48), Fraction(1, 60), Fraction(60))
        assert thumbnail(stream, Packet(b"rubbish", 0, 0, keyframe=True)) is None
