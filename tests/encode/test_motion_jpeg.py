"""Motion JPEG: on the CPU by FFmpeg's encoder, and the order in which the GPU's encoder works, on compressors that only keep account."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from glrec_core.config import Config
from glrec_core.encode.codecs import CODECS, choose_codec
from glrec_core.encode.door import stream_for
from glrec_core.encode.motion_jpeg import DEFAULT_QUALITY, MotionJpegEncoder, check_options
from glrec_core.errors import ConfigError, EncodeError
from glrec_core.sink.file import FileSink
from glrec_core.testing import barcode
from glrec_core.testing.streams import regular, rgba_frame
from glrec_core.values.clock import StepClock
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size
from tests.host_pipeline import film, record

SIZE = Size(64, 48)
FLAT = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 40)]


@pytest.mark.parametrize("name", ["film.mov", "film.mkv"])
@pytest.mark.parametrize("chroma", ["420", "444"])
def test_a_film_is_full_range_bt601_in_stream_and_container(tmp_path: Path, name: str, chroma: str) -> None:
    path = film(tmp_path / name, Config(codec="mjpeg", chroma=chroma), regular(12, 30))  # type: ignore[arg-type]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "mjpeg"
        assert stream.codec_context.color_range == 2  # full
        frames = list(container.decode(stream))
    assert {frame.format.name for frame in frames} == {f"yuvj{chroma}p"}
    assert [barcode.read(frame.to_ndarray(format="rgb24")) for frame in frames] == list(range(12))


@pytest.mark.parametrize("chroma", ["420", "444"])
def test_colours_come_back_within_jpegs_error(tmp_path: Path, chroma: str) -> None:
    path = tmp_path / "film.mov"
    config = Config(codec="mjpeg", quality=95, chroma=chroma)  # type: ignore[arg-type]
    pictures = [np.full((48, 64, 3), rgb, np.uint8) for rgb in FLAT]
    frames = [rgba_frame(picture, number * 20_000_000) for number, picture in enumerate(pictures)]
    record(FileSink(path), config, frames, SIZE)
    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    for found, wanted in zip(decoded, pictures, strict=True):
        assert np.abs(found - wanted).max() <= 4


def test_quality_decides_the_size(tmp_path: Path) -> None:
    sizes = []
    for quality in (25, 60, 96):
        path = tmp_path / f"{quality}.mov"
        noise = np.random.default_rng(2).integers(0, 256, (48, 64, 3), np.uint8)
        record(FileSink(path), Config(codec="mjpeg", quality=quality), [rgba_frame(noise)], SIZE)
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[1] < sizes[2]


def test_the_cpu_and_the_gpu_take_the_same_quality_unasked() -> None:
    scale = CODECS["mjpeg"].quality
    assert scale is not None
    assert scale.default == DEFAULT_QUALITY == 90


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"quality": 24}, r"100 \(best\) to 25"),
        ({"bitrate": 1_000_000}, "takes no bit rate"),
        ({"lossless": True}, "not possible with codec='mjpeg'"),
    ],
)
def test_what_the_cpu_cannot_do_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        choose_codec(Config(codec="mjpeg", **options))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"codec": "h264"}, "codec='mjpeg' only"),
        ({"quality": 0}, r"100 \(best\) to 1"),
        ({"quality": 101}, r"100 \(best\) to 1"),
        ({"preset": "P4"}, "preset='P4'"),
        ({"gop": 30}, "gop=30"),
        ({"bitrate": 1_000_000}, "bitrate=1000000"),
    ],
)
def test_what_nvjpeg_cannot_do_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        check_options(Config(**{"codec": "mjpeg", **options}))


def test_a_jpeg_is_of_one_colour_space_only() -> None:
    assert Config(codec="mjpeg").color_space.name == "bt601-full"
    with pytest.raises(ConfigError, match="every JPEG is 'bt601-full'"):
        Config(codec="mjpeg", color="bt709")


class Compressor:
    """Gives back the number that stands for the picture."""

    def __init__(self, log: list[str], name: int, *, fails: bool = False) -> None:
        self._log, self._name, self._fails = log, name, fails
        self._held = b""

    def start(self, rows: Any) -> None:
        assert not self._held
        self._held = bytes(rows)
        self._log.append(f"start {self._name}")

    def finish(self) -> bytes:
        if self._fails:
            raise EncodeError("nvjpegEncodeRetrieveBitstream of libnvjpeg failed: EXECUTION_FAILED")
        held, self._held = self._held, b""
        return held

    def close(self) -> None:
        self._log.append(f"close {self._name}")


def open_encoder(log: list[str], batch: int, *, fails: bool = False) -> MotionJpegEncoder:
    compressors = [Compressor(log, index, fails=fails) for index in range(batch)]
    release = lambda: log.append("release")  # noqa: E731
    config = Config(codec="mjpeg")
    stream = stream_for("mjpeg", PixelFormat.YUV444P, SIZE, config, StepClock(Fraction(30)))
    return MotionJpegEncoder(stream, config, compressors=compressors, release=release)


def lent(number: int) -> Frame:
    spec = FrameSpec(SIZE, PixelFormat.YUV444P, Memory.CUDA)
    return Frame(spec, (), number * 1_000_000_000 // 30, owner=[number])


@pytest.mark.parametrize("batch", [1, 4, 8])
@pytest.mark.parametrize("count", [1, 8, 11])
def test_pictures_come_in_order_as_soon_as_all_compressors_work(batch: int, count: int) -> None:
    log: list[str] = []
    encoder = open_encoder(log, batch)
    rounds = [encoder.encode(lent(number)) for number in range(count)]
    assert [len(packets) for packets in rounds] == [int(number >= batch - 1) for number in range(count)]
    packets = [packet for packets in [*rounds, encoder.drain()] for packet in packets]
    assert encoder.drain() == []
    assert [(packet.data, packet.pts, packet.dts) for packet in packets] == [
        (bytes([number]), number, number) for number in range(count)
    ]
    assert all(packet.keyframe for packet in packets)
    encoder.close()
    encoder.close()
    assert sorted(log[-batch - 1 :]) == [*(f"close {index}" for index in range(batch)), "release"]
    with pytest.raises(EncodeError, match="has ended"):
        encoder.encode(lent(count))


def test_a_failure_is_raised_and_everything_is_released() -> None:
    log: list[str] = []
    encoder = open_encoder(log, 2, fails=True)
    encoder.encode(lent(0))
    with pytest.raises(EncodeError, match="EXECUTION_FAILED"):
        encoder.encode(lent(1))
    encoder.close()
    assert sorted(log[-3:]) == ["close 0", "close 1", "release"]


def test_a_frame_of_another_kind_is_refused() -> None:
    frame = Frame(FrameSpec(SIZE, PixelFormat.NV12, Memory.CUDA), (), 0)
    with pytest.raises(EncodeError, match="opened for 64x48 yuv444p in cuda memory"):
        open_encoder([], 1).encode(frame)
