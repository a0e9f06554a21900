"""macOS's encoders: what is said where they are not, and the way to them, with an encoder in their place that is here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import moderngl
import pytest
from av.codec import codecs_available

from glrec_core import BackendUnavailable, ConfigError, record
from glrec_core.backends import table
from glrec_core.config import Config
from glrec_core.encode import videotoolbox
from tests.support.recording import BarcodeLoop
from tests.support.video import assert_recording

ENCODERS = ["h264", "hevc"]

absent = pytest.mark.skipif(
    "h264_videotoolbox" in codecs_available, reason="this PyAV has VideoToolbox's encoders"
)


@pytest.fixture(autouse=True)
def ask_anew() -> Iterator[None]:
    """Forget what an encoder has answered."""
    videotoolbox.problem.cache_clear()
    yield
    videotoolbox.problem.cache_clear()


def put_in_its_place(monkeypatch: pytest.MonkeyPatch, name: str, encoder: str) -> None:
    """Have another encoder of FFmpeg's encode what VideoToolbox's would."""
    monkeypatch.setitem(videotoolbox.CODECS, name, replace(videotoolbox.CODECS[name], encoder=encoder))


@absent
@pytest.mark.parametrize("name", ENCODERS)
def test_where_they_are_not_the_reason_is_told(name: str, tmp_path: Path, context: moderngl.Context) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", fps=30, backend="videotoolbox", codec=name)
    BarcodeLoop(context).record(recorder, range(1))
    with pytest.raises(BackendUnavailable, match=f"inside PyAV has no {name}_videotoolbox: only its wheels"):
        recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_is_there_and_does_not_work_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_its_place(monkeypatch, "h264", "prores_ks")  # which takes no NV12
    assert "cannot open prores_ks for 256x256" in str(videotoolbox.problem(videotoolbox.CODECS["h264"]))


def test_what_is_encoded_so_is_a_film(
    tmp_path: Path, context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_its_place(monkeypatch, "h264", "libx264")
    film = tmp_path / "film.mp4"
    recorder = record(None, film, timing="step", fps=30, backend="videotoolbox", bitrate=2_000_000)
    BarcodeLoop(context).record(recorder, range(70))
    recorder.close()
    assert "encoded by libx264" in recorder.stats.reason
    assert_recording(film, 70, (320, 240), 30)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"codec": "av1"}, "makes h264 and hevc"),
        ({"lossless": True}, "lossless=True.* does not take it"),
        ({"chroma": "444"}, "chroma='444'.* does not take it"),
        ({"b_frames": 1}, "takes at most 0"),
        ({"quality": 20}, "has no quality to choose"),
        ({"preset": "fast"}, "has no presets"),
        ({"size": (32, 32)}, "from 64x64"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, asked: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        record(None, tmp_path / "a.mkv", backend="videotoolbox", **asked)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_it_is_never_taken_unasked() -> None:
    assert "videotoolbox" not in {backend.name for backend in table.agree(Config(codec="h264"), ()).able}
