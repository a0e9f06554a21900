"""The software encoders: what the table of codecs allows, and what the streams hold."""

import io
import subprocess
import sys
from fractions import Fraction
from itertools import islice, pairwise, product
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.config import Config, Timing
from glrec_core.convert.host import SwscaleConverter
from glrec_core.encode.codec import Codec
from glrec_core.encode.codecs import CODECS, choose_codec
from glrec_core.encode.door import stream_for
from glrec_core.encode.options import encoder_options, frame_threads
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.encode.stills import STILLS
from glrec_core.errors import ConfigError, EncodeError
from glrec_core.sink.file import FileSink
from glrec_core.testing.streams import (
    SIZE,
    barcode_frames,
    encode,
    encoded,
    irregular,
    open_encoder,
    regular,
    rgba_frame,
)
from glrec_core.values.clock import NANOSECONDS, WALL_TIME_BASE
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size
from tests.host_pipeline import film
from tests.host_pipeline import record as record_frames
from tests.support import reference
from tests.support.displays import run_program
from tests.support.video import BT709_LIMITED, Colour, assert_recording, bitstream_colour, decode_rgb, probe

LOSSY = ("h264", "hevc", "av1", "vp9")
FILE_OF = {"h264": "mp4", "hevc": "mp4", "av1": "mp4", "vp9": "webm", "ffv1": "mkv"}
BY_PYAV = [name for name in CODECS if name not in STILLS]
MILLISECOND = Fraction(1, 1000)


def noise(size: Size = SIZE, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)


# What can be asked for


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"codec": "theora"}, "choose one of: h264, hevc, av1, vp9, ffv1, mjpeg, prores, png, gif, webp"),
        ({"codec": "hevc", "lossless": True}, "choose one of: h264, ffv1, png, webp"),
        ({"codec": "h264", "preset": "p4"}, "'ultrafast', 'superfast'"),
        ({"codec": "av1", "preset": "fast"}, "'0', '1'"),
        ({"codec": "ffv1", "preset": "fast"}, "no presets"),
        ({"codec": "h264", "quality": 0}, r"1 \(best\) to 51"),
        ({"codec": "h264", "quality": 52}, r"1 \(best\) to 51"),
        ({"codec": "vp9", "quality": 64}, r"0 \(best\) to 63"),
        ({"codec": "ffv1", "quality": 1}, "has no quality"),
        ({"codec": "prores", "preset": "4444"}, "'proxy', 'lt', 'standard', 'hq'"),
        ({"codec": "prores", "color": "bt709-full"}, "limited range"),
        ({"codec": "webp", "quality": 101}, r"100 \(best\) to 0"),
        ({"codec": "webp", "size": (16384, 64)}, "to 16383x16383"),
        ({"codec": "gif", "fps": 51}, "at most 50 pictures a second"),
        ({"codec": "gif", "timing": "step"}, "fps=60"),
        ({"codec": "h264", "alpha": "straight"}, "choose one of: vp9, prores, ffv1, png, webp"),
        ({"codec": "h264", "lossless": True, "alpha": "straight"}, "has no alpha channel"),
        ({"codec": "h264", "b_frames": 17}, "from 0 to 16"),
        ({"codec": "av1", "b_frames": 1}, "at most 0"),
        ({"codec": "h264", "lossless": True, "b_frames": 1}, "at most 0"),
        ({"codec": "ffv1", "bitrate": 1_000_000}, "takes no bit rate"),
        ({"codec": "hevc", "size": (8, 64)}, "from 16x16 to 16384x16384"),
        ({"codec": "av1", "size": (64, 8706)}, "to 16384x8704"),
        ({"codec": "av1", "size": (128, 24)}, "from 32x32"),
        ({"codec": "h264", "size": (16384, 16384)}, "268 million"),
    ],
)
def test_what_a_codec_cannot_do_is_refused_with_what_it_can(options: dict[str, object], allowed: str) -> None:
    with pytest.raises(ConfigError, match=allowed):
        choose_codec(Config(**options))  # type: ignore[arg-type]


def test_an_odd_size_is_judged_as_it_will_be_padded() -> None:
    assert choose_codec(Config(codec="h264", size=(1, 1))).padded(Size(1, 1)) == (2, 2)
    assert choose_codec(Config(codec="ffv1", size=(3, 1))).padded(Size(3, 1)) == (3, 1)


def _limits(codec: Codec) -> list[Size]:
    """Return the least and the most of each side, also beside a moderate one: encoders work in blocks of up to 64."""
    (width, height), most = codec.padded(codec.smallest), codec.largest
    smallest = [Size(width, height), Size(width + 96, height), Size(width, height + 96)]
    return [*smallest, Size(most.width, height + 62), Size(width + 62, most.height)]


@pytest.mark.timeout(method="thread")  # a signal does not interrupt an encoder that never returns
@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)
def test_the_encoder_opens_at_every_limit_of_the_table(codec: Codec) -> None:
    for size in _limits(codec):
        picture = np.zeros((size.height, size.width, 3), np.uint8)
        rounds = encode(Config(codec=codec.name), [rgba_frame(picture)], size)
        assert sum(len(packets) for _, packets in rounds) == 1, size


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)
def test_every_preset_and_both_ends_of_the_quality_encode(codec: Codec) -> None:
    scale = codec.quality
    asked: list[dict[str, object]] = [{"preset": preset} for preset in codec.presets]
    asked += [{"quality": quality} for quality in ((scale.best, scale.worst) if scale else ())]
    for options in asked:
        config = Config(codec=codec.name, b_frames=min(1, codec.max_b_frames), **options)  # type: ignore[arg-type]
        assert len(encoded(config, regular(3, 60), Size(64, 64))[1]) == 3, options


@pytest.mark.parametrize("name", LOSSY)
def test_a_bit_rate_is_kept_in_the_mean(name: str) -> None:
    config = Config(codec=name, bitrate=300_000, timing="step", fps=30)
    frames = [rgba_frame(noise(seed=index), pts_ns) for index, pts_ns in enumerate(regular(90, 30))]
    bits = 8 * sum(len(packet.data) for _, packets in encode(config, frames) for packet in packets)
    best = sum(
        len(p.data)
        for _, packets in encode(Config(codec=name, timing="step", fps=30), frames[:30])
        for p in packets
    )
    assert bits / 3 < 900_000 < 8 * best  # noise: rate control can only come near it


def test_vp9s_speeds_are_those_of_libvpxs_two_modes() -> None:
    """cpu-used 5 to 8 are its real-time speeds and 0 to 4 the good-quality ones; in the other mode they mean something else."""
    codec = CODECS["vp9"]
    found = {
        preset: (options["deadline"], options["cpu-used"])
        for preset in codec.presets
        for options in [encoder_options(codec, Config(codec="vp9", preset=preset))]
    }
    assert found == {str(speed): ("good" if speed < 5 else "realtime", str(speed)) for speed in range(9)}


def test_a_size_beyond_the_encoder_is_refused() -> None:
    with pytest.raises(ConfigError, match="16x16"):
        open_encoder(Config(codec="hevc"), Size(8, 8))


def test_an_odd_size_is_refused_where_chroma_is_subsampled() -> None:
    with pytest.raises(EncodeError, match="even"):
        open_encoder(Config(codec="h264"), Size(63, 64))


# Pictures


@pytest.mark.parametrize("codec", ["ffv1", "h264"])
@pytest.mark.parametrize("size", [SIZE, Size(63, 41)], ids=str)
def test_lossless_keeps_every_bit_of_rgb(tmp_path: Path, codec: str, size: Size) -> None:
    pictures = [noise(size, seed) for seed in range(5)]
    frames = [rgba_frame(picture, index * 20_000_000) for index, picture in enumerate(pictures)]
    path = tmp_path / f"film.{FILE_OF[codec]}"
    record_frames(FileSink(path), Config(codec=codec, lossless=True), frames, size)
    decoded = list(decode_rgb(path))
    assert len(decoded) == len(pictures)
    assert all(np.array_equal(*pair) for pair in zip(decoded, pictures, strict=True))


@pytest.mark.parametrize("codec", LOSSY)
@pytest.mark.parametrize("color", ["bt709", "bt709-full", "bt601", "bt601-full"])
def test_colours_come_back_within_the_codecs_error(tmp_path: Path, codec: str, color: str) -> None:
    path = film(tmp_path / f"film.{FILE_OF[codec]}", Config(codec=codec, color=color), regular(6, 30))
    assert_recording(path, 6, SIZE, Fraction(30), tick=MILLISECOND)


@pytest.mark.parametrize("codec", LOSSY)
def test_a_plain_film_is_8_bit_420(tmp_path: Path, codec: str) -> None:
    profiles = {"h264": "High", "hevc": "Main", "av1": "Main", "vp9": "Profile 0"}
    for preset in (CODECS[codec].presets[0], CODECS[codec].presets[-1]):
        path = tmp_path / f"{preset}.{FILE_OF[codec]}"
        info = probe(film(path, Config(codec=codec, preset=preset), regular(3, 30)))
        assert (info.pixel_format, info.profile) == ("yuv420p", profiles[codec])


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
@pytest.mark.parametrize(
    ("color", "tags"),
    [("bt709", BT709_LIMITED), ("bt601-full", Colour(6, 6, 6, full_range=True))],
)
def test_the_stream_itself_carries_all_four_tags(
    tmp_path: Path, codec: str, color: str, tags: Colour
) -> None:
    path = film(tmp_path / "film.mp4", Config(codec=codec, color=color), regular(3, 30))
    assert bitstream_colour(path) == tags


@pytest.mark.parametrize(
    ("codec", "field", "left"),
    [
        ("h264", "chroma_loc_info_present_flag", "0"),  # H.264 E.2.1: left-sited where nothing is said
        ("hevc", "chroma_sample_loc_type_top_field", "0"),  # H.273 ChromaLocType 0
        ("av1", "chroma_sample_position", "1"),  # CSP_VERTICAL, AV1 6.4.2
    ],
)
def test_the_stream_itself_says_that_chroma_is_left_sited(
    tmp_path: Path, codec: str, field: str, left: str
) -> None:
    path = film(tmp_path / "film.mp4", Config(codec=codec), regular(3, 30))
    syntax = subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-i",
            path,
            "-c",
            "copy",
            "-bsf:v",
            "trace_headers",
            "-f",
            "null",
            "-",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stderr
    found = {line.split("=")[-1].strip() for line in syntax.splitlines() if field in line}
    assert found == {left}


def test_lossless_h264_is_tagged_as_rgb(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", Config(codec="h264", lossless=True), regular(3, 30))
    assert bitstream_colour(path) == Colour(1, 1, 0, full_range=True)


# Time


@pytest.mark.parametrize("codec", BY_PYAV)
@pytest.mark.parametrize("fps", ["1/10", "24000/1001", "240", "90000"])
def test_the_step_clock_counts_frames(codec: str, fps: str) -> None:
    stream, packets = encoded(Config(codec=codec, timing="step", fps=fps), regular(20, Fraction(fps)))
    assert stream.time_base == 1 / stream.frame_rate == 1 / Fraction(fps)
    assert sorted(packet.pts for packet in packets) == list(range(20))
    assert {packet.duration for packet in packets} == {1}


@pytest.mark.parametrize(
    ("codec", "b_frames"), [*((codec, 0) for codec in BY_PYAV), ("h264", 2), ("hevc", 2)]
)
def test_the_wall_clock_keeps_every_time_to_the_tick(codec: str, b_frames: int) -> None:
    times_ns = irregular(30)
    stream, packets = encoded(Config(codec=codec, b_frames=b_frames), times_ns)
    due = [round(Fraction(pts_ns, NANOSECONDS) / WALL_TIME_BASE) for pts_ns in times_ns]
    assert stream.time_base == WALL_TIME_BASE
    assert sorted(packet.pts for packet in packets) == due
    assert ([packet.pts for packet in packets] != due) is (b_frames > 0)  # B-frames: decoded in another order
    assert {packet.duration for packet in packets} == {0}


@pytest.mark.parametrize("codec", LOSSY)
@pytest.mark.parametrize("interval_ns", [3_000_000, 16_666_667, 300_000_000])
def test_there_is_a_keyframe_every_two_seconds_however_many_frames_those_have(
    codec: str, interval_ns: int
) -> None:
    times_ns = range(0, 5 * NANOSECONDS, interval_ns)
    picture = np.zeros((32, 32, 3), np.uint8)
    frames = (rgba_frame(picture, pts_ns) for pts_ns in times_ns)
    rounds = encode(Config(codec=codec), frames, Size(32, 32))
    keys = [packet.pts * WALL_TIME_BASE for _, packets in rounds for packet in packets if packet.keyframe]
    gaps = [late - early for early, late in pairwise([*keys, Fraction(times_ns[-1], NANOSECONDS)])]
    assert max(gaps) <= 2 + Fraction(interval_ns, NANOSECONDS) + WALL_TIME_BASE
    assert len(keys) <= 6  # and hardly more than that


@pytest.mark.parametrize("codec", [name for name in BY_PYAV if CODECS[name].takes_gop])
def test_a_gop_of_ones_own_is_kept(codec: str) -> None:
    _, packets = encoded(Config(codec=codec, gop=4), regular(13, 60))
    keys = [index for index, packet in enumerate(packets) if packet.keyframe]
    assert max(late - early for early, late in pairwise([*keys, 13])) <= 4


@pytest.mark.parametrize(
    ("codec", "b_frames"), [*((codec, 0) for codec in BY_PYAV), ("h264", 2), ("hevc", 2)]
)
def test_little_is_held_back(codec: str, b_frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)))
    most = 7 if codec == "h264" else 1  # an eighth of a second
    for preset in CODECS[codec].presets[:1] + CODECS[codec].presets[-1:]:
        held = 0
        rounds = encode(
            Config(codec=codec, preset=preset, b_frames=b_frames), barcode_frames(regular(20, 60))
        )
        for _, packets in islice(rounds, 20):
            held += 1 - len(packets)
            assert held <= (8 if b_frames else most), preset


@pytest.mark.parametrize("cores", [1, 2, 16, 128])
def test_x264_works_on_no_more_pictures_than_may_be_lost(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    timings: tuple[Timing, ...] = ("step", "wall")
    for fps, b_frames, timing in product((10, 24, 60, 240), (0, 2), timings):
        config = Config(timing=timing, fps=fps, b_frames=b_frames)
        pictures = frame_threads(CODECS["h264"], config, Fraction(fps))
        most, useful = fps // 4 if timing == "step" else fps // 8, min(12, cores * 3 // 2)
        if pictures is None:
            assert most - 1 - 2 * b_frames < min(useful, 4), (fps, b_frames, timing)  # slices are as good
        else:
            assert pictures + 1 + 2 * b_frames <= most, (fps, b_frames, timing)
            assert min(useful, 4) <= pictures <= useful, (fps, b_frames, timing)
        assert frame_threads(CODECS["hevc"], config, Fraction(fps)) is None, (fps, b_frames, timing)


def test_x264_cuts_no_picture_into_slices() -> None:
    _, packets = encoded(Config(timing="step"), regular(3, 60))
    assert len(packets) == 3
    for packet in packets:
        units = packet.data.split(b"\0\0\1")[1:]
        assert sum(unit[0] & 31 in {1, 5} for unit in units) == 1  # slice types of ITU-T H.264, table 7-1


def test_a_frame_that_is_not_later_is_refused() -> None:
    encoder = open_encoder(Config(codec="ffv1"), Size(2, 2))
    frame = Frame(encoder.accepts, (np.zeros((2, 2, 4), np.uint8),), 1_000_000)
    encoder.encode(frame)
    with pytest.raises(EncodeError, match="not after 90"):
        encoder.encode(frame)


# Memory and streams


@pytest.mark.parametrize("codec", [*BY_PYAV, "lossless"])
def test_plain_arrays_give_the_same_stream_as_the_converters_own_memory(codec: str) -> None:
    config = Config(
        codec="h264" if codec == "lossless" else codec, lossless=codec == "lossless", timing="step"
    )
    expected = encoded(config, regular(4, 60))[1]
    encoder, found = open_encoder(config), []
    converter = SwscaleConverter(
        FrameSpec(SIZE, PixelFormat.RGBA), encoder.accepts.format, config.color_space
    )
    for frame in barcode_frames(regular(4, 60)):
        converted = converter.convert(frame)
        planes = tuple(np.array(plane) for plane in converted.planes)
        found += encoder.encode(Frame(converted.spec, planes, converted.pts_ns))
        for plane in planes:
            plane.fill(99)  # the ring gives the memory to the next frame
    found += encoder.drain()
    assert [packet.data for packet in found] == [packet.data for packet in expected]


def test_nv12_gives_the_same_stream_as_separate_planes() -> None:
    config, codec = Config(timing="step"), CODECS["h264"]
    stream = stream_for("h264", codec.pixel_format, SIZE, config, config.make_clock())
    streams = []
    for form in (PixelFormat.YUV420P, PixelFormat.NV12):
        encoder = PyAVEncoder(stream, config, codec.taking(form))
        assert encoder.accepts.format is form
        packets: list[Packet] = []
        for number in range(6):
            rows = reference.nv12(noise(seed=number))
            luma, chroma = rows[: SIZE.height], rows[SIZE.height :].reshape(SIZE.height // 2, -1, 2)
            planes = (luma, chroma) if form is PixelFormat.NV12 else (luma, chroma[..., 0], chroma[..., 1])
            packets += encoder.encode(Frame(encoder.accepts, planes, number * NANOSECONDS // 60))
            rows.fill(99)  # the ring gives the memory to the next frame
        packets += encoder.drain()
        assert encoder.stream.pixel_format is PixelFormat.YUV420P
        streams.append([packet.data for packet in packets])
    assert streams[0] == streams[1]


def test_planes_that_ffmpeg_cannot_read_in_place_are_copied() -> None:
    spec = FrameSpec(Size(64, 32), PixelFormat.YUV420P)
    pictures = [
        np.random.default_rng(i).integers(0, 256, shape, np.uint8)
        for i, shape in enumerate([(32, 64), (16, 32), (16, 32)])
    ]

    def packets(planes: tuple[NDArray[np.uint8], ...]) -> list[bytes]:
        encoder = open_encoder(Config(timing="step"), spec.size)
        return [p.data for p in [*encoder.encode(Frame(spec, planes, 0)), *encoder.drain()]]

    reversed_rows = tuple(plane[::-1].copy()[::-1] for plane in pictures)
    with_gaps = tuple(np.repeat(plane, 2, axis=1)[:, ::2] for plane in pictures)
    protected = tuple(plane.copy() for plane in pictures)
    for plane in protected:
        plane.flags.writeable = False
    expected = packets(tuple(pictures))
    assert packets(reversed_rows) == packets(with_gaps) == packets(protected) == expected


def test_planes_of_another_shape_are_refused() -> None:
    encoder = open_encoder(Config(), Size(64, 32))
    wrong = tuple(np.zeros((32, 64), np.uint8) for _ in range(3))
    with pytest.raises(EncodeError, match="must have shape"):
        encoder.encode(Frame(encoder.accepts, wrong, 0))


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_parameter_sets_are_in_band_and_in_the_stream_info(codec: str) -> None:
    stream, packets = encoded(Config(codec=codec, gop=3), regular(7, 60))
    assert stream.extradata.startswith((b"\0\0\1", b"\0\0\0\1"))
    for packet in packets:
        if packet.keyframe:  # each can be the first that a player sees
            with av.open(io.BytesIO(packet.data), "r", format=codec) as container:
                assert container.streams.video[0].codec_context.extradata == stream.extradata
                assert len(list(container.decode(video=0))) == 1


@pytest.mark.parametrize("gop", [None, 8])
@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_stream_can_be_entered_at_every_keyframe(codec: str, b_frames: int, gop: int | None) -> None:
    _, packets = encoded(Config(codec=codec, b_frames=b_frames, gop=gop), regular(30, 10), Size(64, 64))
    entries = [index for index, packet in enumerate(packets) if packet.keyframe]
    assert len(entries) > 1
    for entry in entries:
        rest = b"".join(packet.data for packet in packets[entry:])
        with av.open(io.BytesIO(rest), "r", format=codec) as container:
            assert len(list(container.decode(video=0))) == len(packets) - entry


def test_the_stream_info_describes_the_stream() -> None:
    config = Config(codec="av1", timing="step", fps="30000/1001", color="bt601")
    stream, _ = encoded(config, regular(2, 30))
    assert (stream.codec, stream.size, stream.frame_rate) == ("av1", SIZE, Fraction(30000, 1001))
    assert (stream.color, stream.rgb) == (config.color_space, False)
    assert stream.extradata


def test_the_encoders_print_nothing() -> None:
    program = """
from glrec_core.testing.streams import encoded, regular
from glrec_core.config import Config
for codec in ("h264", "hevc", "av1", "vp9", "ffv1"):
    assert len(encoded(Config(codec=codec), regular(3, 60))[1]) == 3
"""
    result = run_program(program)
    assert (result.stdout, result.stderr) == ("", "")


def test_ffmpegs_own_words_stay_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glrec_core.encode.pyav.encoder_options", lambda *_: {"crf": "much"})
    with pytest.raises(EncodeError, match=r"cannot open libx264 for 160x120: .*crf"):
        open_encoder(Config())


def test_an_encoder_that_dies_says_so() -> None:
    class Dying:
        def encode(self, _: object) -> list[object]:
            raise av.error.ExternalError(1, "it died")

    encoder = open_encoder(Config())
    assert isinstance(encoder, PyAVEncoder)
    encoder._context = Dying()  # type: ignore[assignment]
    with pytest.raises(EncodeError, match=r"libx264 failed: .*it died"):
        encoder.drain()


def test_the_module_is_not_needed_to_choose_a_codec() -> None:
    program = "import sys\nimport glrec_core.encode.codecs\nprint('av' in sys.modules)"
    assert run_program(program, fresh=True).stdout.strip() == "False", sys.executable
