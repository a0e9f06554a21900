"""Animated GIF and WebP: when each picture is shown, what is in it, and what a file holds that was never finished."""

import errno
import itertools
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.encode import stills
from glrec_core.encode.codecs import choose_codec
from glrec_core.errors import ConfigError, EncodeError, SinkError
from glrec_core.sink.animations import gif_blocks
from glrec_core.sink.file import FileSink
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.testing import barcode
from glrec_core.testing.streams import (
    SIZE,
    barcode_frames,
    encoded,
    irregular,
    open_encoder,
    regular,
    rgba_frame,
)
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size
from glrec_core.values.timeline import SpacedTimeline
from tests.host_pipeline import film, record
from tests.support.alpha import durations_ms, still_rgba

KINDS = ("gif", "webp")
TICK_MS = {"gif": 10, "webp": 1}
NTSC = Fraction(30000, 1001)
SPEC = FrameSpec(Size(2, 2), PixelFormat.RGB24)


def numbers(path: Path) -> list[int]:
    return [barcode.read(picture) for picture in still_rgba(path)]


# Time


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fps", [NTSC, 50, 7])
def test_every_picture_is_shown_at_its_time_to_the_nearest_tick(
    tmp_path: Path, kind: str, fps: Fraction
) -> None:
    config = Config(codec=kind, timing="step", fps=fps)
    path = film(tmp_path / f"film.{kind}", config, regular(100, fps))
    assert numbers(path) == list(range(100))
    shown = list(itertools.accumulate(durations_ms(path), initial=0))
    assert all(
        abs(found - 1000 * n / Fraction(fps)) <= TICK_MS[kind] / 2 for n, found in enumerate(shown[:-1])
    )
    assert shown[-1] - shown[-2] == shown[-2] - shown[-3]  # the last one as long as the one before


@pytest.mark.parametrize("kind", KINDS)
def test_times_of_the_wall_clock_are_kept(tmp_path: Path, kind: str) -> None:
    times_ns = irregular(30)
    durations = durations_ms(film(tmp_path / f"a.{kind}", Config(codec=kind), times_ns))
    least = TICK_MS[kind] * {"gif": 2, "webp": 11}[kind]
    for found, pts_ns in zip(itertools.accumulate(durations[:-1], initial=0), times_ns, strict=True):
        assert -TICK_MS[kind] / 2 <= found - pts_ns / 1e6 <= least


def test_pictures_that_come_too_early_are_put_off_and_the_next_ones_make_up_for_it() -> None:
    time = SpacedTimeline(Fraction(1, 100), None, least_ticks=2)
    due_ms = [0, 3, 6, 60, 79, 101]
    found = [time.tick(Frame(SPEC, (), ms * 1_000_000)) for ms in due_ms]
    assert found == [0, 2, 4, 6, 8, 10]
    with pytest.raises(EncodeError, match="not later"):
        time.tick(Frame(SPEC, (), 101_000_000))


def test_a_rate_of_one_half_is_rounded_up() -> None:
    time = SpacedTimeline(Fraction(1, 100), None, least_ticks=2)
    assert [time.tick(Frame(SPEC, (), ns)) for ns in (0, 25_000_000, 45_000_001)] == [0, 3, 5]


@pytest.mark.parametrize(("kind", "most"), [("gif", 50), ("webp", 90)])
def test_the_wall_clock_is_limited_to_what_can_be_shown(kind: str, most: int) -> None:
    assert Config(codec=kind).rate == most
    assert Config(codec=kind, fps=12).rate == 12
    with pytest.raises(ConfigError, match=f"at most {most} pictures a second of a {kind}"):
        choose_codec(Config(codec=kind, fps=most + 1))


# Pictures


@pytest.mark.parametrize(("kind", "error"), [("gif", 0), ("webp", 12)])
def test_few_colours_come_back(tmp_path: Path, kind: str, error: int) -> None:
    path = film(tmp_path / f"film.{kind}", Config(codec=kind), regular(5, 30))
    for number, found in enumerate(still_rgba(path)):
        barcode.check_orientation(found)
        drawn = barcode.expected(SIZE, number)
        assert np.abs(barcode.quadrant_colours(found) - barcode.quadrant_colours(drawn)).max() <= error


def test_every_gif_picture_has_256_colours_of_its_own(tmp_path: Path) -> None:
    ramps = [np.zeros((16, 256, 3), np.uint8) for _ in range(3)]
    for channel, ramp in enumerate(ramps):
        ramp[..., channel] = np.arange(256)
    frames = [rgba_frame(ramp, 40_000_000 * number) for number, ramp in enumerate(ramps)]
    record(FileSink(tmp_path / "a.gif"), Config(codec="gif"), frames, Size(256, 16))
    found = still_rgba(tmp_path / "a.gif")
    assert all(np.array_equal(*pair) for pair in zip((each[..., :3] for each in found), ramps, strict=True))


def test_a_gif_of_more_colours_is_dithered(tmp_path: Path) -> None:
    """Seen from afar, where four pixels square are one, its colours are right; that they are few is true as well."""
    y, x = np.mgrid[:96, :128]
    smooth = np.dstack([2 * x, 255 - 2 * x, 2 * y]).astype(np.uint8)
    record(FileSink(tmp_path / "a.gif"), Config(codec="gif"), [rgba_frame(smooth)], Size(128, 96))
    found = still_rgba(tmp_path / "a.gif")[0][..., :3]

    def from_afar(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.asarray(picture.reshape(24, 4, 32, 4, 3).mean(axis=(1, 3)))

    assert np.abs(from_afar(found) - from_afar(smooth)).mean() < 2
    assert len(np.unique(found.reshape(-1, 3), axis=0)) <= 256


@pytest.mark.parametrize("size", [Size(63, 41), Size(1, 1)], ids=str)
def test_lossless_webp_keeps_every_bit(tmp_path: Path, size: Size) -> None:
    rng = np.random.default_rng(3)
    drawn = [rng.integers(0, 256, (size.height, size.width, 3), np.uint8) for _ in range(4)]
    frames = [rgba_frame(picture, 20_000_000 * number) for number, picture in enumerate(drawn)]
    record(FileSink(tmp_path / "a.webp"), Config(codec="webp", lossless=True), frames, size)
    found = [picture[..., :3] for picture in still_rgba(tmp_path / "a.webp")]
    assert all(np.array_equal(*pair) for pair in zip(found, drawn, strict=True))


def test_quality_and_preset_decide_the_size_of_webp() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)

    def size(**options: object) -> int:
        config = Config(codec="webp", **options)  # type: ignore[arg-type]
        encoder = open_encoder(config, Size(64, 64))
        (packet,) = encoder.encode(Frame(encoder.accepts, (noise,), 0))
        return len(packet.data)

    assert size(quality=10) < size(quality=60) < size(quality=100)
    assert size(preset="6") != size(preset="0")


def test_a_package_that_is_not_there_is_told_before_a_file_is_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stills, "find_spec", lambda name: None if name == "imageio" else name)
    with pytest.raises(ConfigError, match=r"needs the package imageio, .* pip install 'glrec\[imageio\]'"):
        stills.check_installed(choose_codec(Config(codec="gif")))
    stills.check_installed(choose_codec(Config(codec="png")))


def test_pillows_refusal_is_told_with_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise ValueError("too colourful")

    config = Config(codec="gif")
    encoder = open_encoder(config, Size(2, 2))
    monkeypatch.setattr("imageio.v3.imwrite", refuse)
    with pytest.raises(EncodeError, match=r"Pillow cannot make a GIF of .*: too colourful"):
        encoder.encode(Frame(encoder.accepts, (np.zeros((2, 2, 3), np.uint8),), 0))


# Files


def test_a_gif_that_was_never_finished_plays_to_the_picture_before_the_last(tmp_path: Path) -> None:
    stream, packets = encoded(Config(codec="gif"), regular(12, 30))
    sink = FileSink(tmp_path / "a.gif")
    sink.open(stream)
    for packet in packets:
        sink.write(packet)
    (tmp_path / "copy.gif").write_bytes((tmp_path / "a.gif").read_bytes())  # as a killed process leaves it
    assert numbers(tmp_path / "copy.gif") == list(range(11))
    assert sink.frames == 11
    sink.close()
    assert (numbers(tmp_path / "a.gif"), sink.frames) == (list(range(12)), 12)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_held_back_however_long_it_takes(kind: str) -> None:
    config = Config(codec=kind)
    encoder = open_encoder(config, SIZE)
    for frame in barcode_frames(regular(20, 30)):
        given = Frame(encoder.accepts, (frame.planes[0][..., :3],), frame.pts_ns)
        assert len(encoder.encode(given)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_other_sizes_are_files_of_their_own(tmp_path: Path, kind: str) -> None:
    sink = FileSink(tmp_path / f"film.{kind}")
    for size in (Size(160, 120), Size(192, 128)):
        record(sink, Config(codec=kind), barcode_frames(regular(4, 30), size), size)
    assert [numbers(path) for path in sink.paths] == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_players_repeat_them_for_ever(tmp_path: Path, kind: str) -> None:
    from PIL import Image

    with Image.open(film(tmp_path / f"film.{kind}", Config(codec=kind), regular(3, 30))) as image:
        assert image.info["loop"] == 0


def test_what_is_no_gif_is_refused() -> None:
    (packet, *_) = encoded(Config(codec="gif"), [0])[1]
    for broken in (
        b"",
        b"GIF89a",
        b"PNG" + packet.data[3:],
        packet.data[:-1],
        packet.data[:13] + b"\x07" * 900 + b";",
    ):
        with pytest.raises(SinkError, match="not a GIF"):
            gif_blocks(broken, False)


def test_a_webp_that_cannot_be_amended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, packets = encoded(Config(codec="webp"), [0, 40_000_000])
    sink = FileSink(tmp_path / "a.webp")
    sink.open(stream)
    for packet in packets:
        sink.write(packet)

    def refuse(file: GrowingFile, size: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(GrowingFile, "read", refuse)
    with pytest.raises(SinkError, match="Input/output error"):
        sink.close()
    assert sink.frames == 2
