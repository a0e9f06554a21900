"""Options, sinks and backends agree once, before anything is opened; what the table said then is kept for the first frame."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import moderngl
import numpy as np
import pytest

from glrec_core import ConfigError, FileSink, PictureSink, ReplaySink, Sink, record
from glrec_core.arrays import ArrayEncoder, backends, write_video
from glrec_core.arrays.stages import ArrayBackend
from glrec_core.backends import table
from glrec_core.backends.agreement import agree
from glrec_core.backends.backend import Backend
from glrec_core.config import Config
from glrec_core.errors import BackendUnavailable
from tests.support.recording import BarcodeLoop


@dataclass
class Row:
    """A backend that counts how often it is asked."""

    name: str
    refusal: str | None = None
    codec: str | None = None
    by_name_only: bool = False
    asked: list[str | None] = field(default_factory=list)

    @property
    def check(self) -> Callable[[Config], None]:
        return self._check

    def _check(self, config: Config) -> None:
        self.asked.append(config.codec)
        if self.refusal is not None:
            raise ConfigError(self.refusal)


def test_each_backend_is_asked_once_and_its_words_are_kept() -> None:
    rows = [Row("first", refusal="not this"), Row("second"), Row("third")]
    agreed = agree(Config(), (), rows)
    assert [row.name for row in agreed.able] == ["second", "third"]
    found, reasons = agreed.choose(lambda row: None if row.name == "third" else "is away", "do it")
    assert (found.name, reasons) == ("third", ["first: not this", "second: is away"])
    with pytest.raises(
        BackendUnavailable, match=r"^no backend can do it\. first: not this; second: no; third: no$"
    ):
        agreed.choose(lambda _: "no", "do it")
    assert [row.asked for row in rows] == [["h264"]] * 3


def test_the_last_refusal_is_told_where_all_refuse() -> None:
    rows = [Row("first", refusal="not this"), Row("second", refusal="nor that")]
    with pytest.raises(ConfigError, match=r"^nor that$"):
        agree(Config(), (), rows)


def test_more_can_be_asked_of_those_that_are_able() -> None:
    rows = [Row("first", refusal="not this"), Row("second"), Row("third")]

    def even(row: Row) -> None:
        assert row.refusal is None, "it has refused already"
        if row.name == "second":
            raise ConfigError("odd")

    agreed = agree(Config(), (), rows).narrowed(even)
    assert [(row.name, refusal) for row, refusal in agreed.rows] == [
        ("first", "not this"),
        ("second", "odd"),
        ("third", None),
    ]
    rows[2].refusal = "too late to be asked"
    with pytest.raises(ConfigError, match=r"^odd$"):
        agree(Config(backend="second"), (), rows).narrowed(even)


def test_hardware_that_cannot_is_an_error_only_for_the_backend_that_was_named() -> None:
    rows = [Row("first"), Row("second")]

    def weak(row: Row) -> str | None:
        if row.name == "first":
            raise ConfigError("this GPU has no such thing")
        return None

    found, reasons = agree(Config(), (), rows).choose(weak, "do it")
    assert (found.name, reasons) == ("second", ["first: this GPU has no such thing"])
    with pytest.raises(ConfigError, match="no such thing"):
        agree(Config(backend="first"), (), rows).choose(weak, "do it")


def test_what_auto_takes() -> None:
    rows = [Row("of a codec", codec="mjpeg"), Row("asked for only", by_name_only=True), Row("any")]
    assert [row.name for row in agree(Config(), (), rows).able] == ["any"]
    assert [row.name for row in agree(Config(codec="mjpeg"), (), rows).able] == ["of a codec", "any"]
    assert [row.name for row in agree(Config(backend="asked for only"), (), rows).able] == ["asked for only"]
    with pytest.raises(
        ConfigError,
        match=r"^backend='no' is not known; choose one of: auto, of a codec, asked for only, any$",
    ):
        agree(Config(backend="no"), (), rows)


@pytest.mark.parametrize(
    ("make_sinks", "options", "codec"),
    [
        (lambda folder: (), {}, "h264"),
        (lambda folder: (ReplaySink(), FileSink(folder / "a.webm")), {}, "vp9"),
        (lambda folder: (PictureSink(folder / "%d.png"), FileSink(folder / "a.mp4")), {"codec": "png"}, None),
        (lambda folder: (FileSink(folder / "a.mkv"),), {"alpha": "straight"}, "ffv1"),
        (lambda folder: (FileSink(folder / "a.mov"),), {"backend": "mjpeg"}, "mjpeg"),
        (lambda folder: (FileSink(folder / "a.webm"),), {"backend": "mjpeg"}, None),
    ],
)
def test_the_codec_is_the_backends_or_the_first_files_and_all_sinks_take_it(
    make_sinks: Callable[[Path], tuple[Sink, ...]],
    options: dict[str, str],
    codec: str | None,
    tmp_path: Path,
) -> None:
    config, sinks = Config.of(options), make_sinks(tmp_path)
    if codec is None:
        with pytest.raises(ConfigError, match="files take"):
            table.agree(config, sinks)
    else:
        assert table.agree(config, sinks).config.codec == codec
    assert list(tmp_path.iterdir()) == []


def counting(asked: list[str], row: Backend) -> Backend:
    def check(config: Config) -> None:
        asked.append(row.name)
        row.check(config)

    return replace(row, check=check)


def test_a_first_frame_asks_no_backend_again(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop stands still meanwhile, and what is asked may import."""
    asked: list[str] = []
    monkeypatch.setattr(table, "BACKENDS", tuple(counting(asked, row) for row in table.BACKENDS))
    recorder = record(None, tmp_path / "a.mp4")
    before = list(asked)
    BarcodeLoop(context).record(recorder, range(3))
    assert recorder.close().frames == 3
    assert asked == before == ["nvenc", "host", "spill"]


def test_arrays_ask_the_checks_of_the_same_table_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {row.name for row in backends.BACKENDS} - {"nvenc-ffmpeg"} <= {row.name for row in table.BACKENDS}
    asked: list[str] = []

    def counted(row: ArrayBackend) -> ArrayBackend:
        def check(config: Config) -> None:
            asked.append(row.name)
            row.check(config)

        return replace(row, check=check)

    monkeypatch.setattr(backends, "BACKENDS", tuple(map(counted, backends.BACKENDS)))
    pictures = [np.zeros((48, 64, 3), np.uint8)] * 2
    assert write_video(tmp_path / "a.mp4", pictures, 30, backend="host").frames == 2
    with ArrayEncoder(64, 48, backend="host") as encoder:
        assert encoder.backend == "host"
    assert asked == ["host", "host"]


def test_an_iterable_is_not_begun_for_a_file_that_cannot_take_it(tmp_path: Path) -> None:
    pictures = iter([np.zeros((48, 64, 3), np.uint8)])
    with pytest.raises(ConfigError, match="files take"):
        write_video(tmp_path / "a.webm", pictures, 30, codec="h264")
    assert len(list(pictures)) == 1
