"""What every encoder must do, whichever codec it makes."""

import ast
import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import glrec_core
from glrec_core.backends.plugin import PluginEncoder
from glrec_core.config import Config
from glrec_core.encode import software
from glrec_core.encode.codecs import ALPHA_FORMATS, CODECS, DEFAULT_CODEC, choose_codec
from glrec_core.encode.door import OpenEncoder, stream_for
from glrec_core.encode.ffmpeg_encoder import FFmpegEncoder
from glrec_core.encode.ffmpeg_options import choose_process_codec
from glrec_core.encode.motion_jpeg import MotionJpegEncoder
from glrec_core.encode.reordering import Unreordered
from glrec_core.encoder import EncoderOffer
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg.executable import any_ffmpeg
from glrec_core.stages import Encoder
from glrec_core.testing import ENCODER_PROMISES, EncoderCase, FailingEncoder, LosingEncoder, SlowEncoder
from glrec_core.testing.encoder_promises import ramp_frame
from glrec_core.testing.promises import Promise, text_of
from glrec_core.values.clock import NANOSECONDS
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size, StreamInfo

SIZE = Size(160, 64)


@dataclass(frozen=True)
class Kind:
    """One way of encoding."""

    name: str
    case: EncoderCase


def _kind(
    name: str,
    open_encoder: OpenEncoder,
    config: Config,
    *,
    make_frame: Callable[[FrameSpec, int, int], Frame] = ramp_frame,
) -> Kind:
    """Return an encoder as it is opened by the door that all have."""
    codec = config.codec or DEFAULT_CODEC
    stream = stream_for(codec, choose_codec(config).pixel_format, SIZE, config, config.make_clock())
    return Kind(name, EncoderCase(lambda: open_encoder(stream, config), make_frame))


def _software(codec: str, *, b_frames: int = 0, lossless: bool = False, alpha: bool = False) -> Kind:
    config = Config(codec=codec, b_frames=b_frames, lossless=lossless, alpha="straight" if alpha else None)
    flags = {"lossless": lossless, f"{b_frames}-b-frames": b_frames > 0, "alpha": alpha}
    words = ["software", codec, *(word for word, given in flags.items() if given)]
    return _kind("-".join(words), software.open_encoder, config)


def _executable(codec: str) -> Kind:
    config = Config(codec=codec, backend="ffmpeg")
    how = choose_process_codec("ffmpeg", config)
    open_encoder = partial(FFmpegEncoder, how=how, executable=str(any_ffmpeg()))
    return _kind(f"ffmpeg's executable-{codec}", open_encoder, config)


def _plugin() -> Kind:
    offer = EncoderOffer("its", codec="ffv1", accepts=PixelFormat.BGR0, open=software.open_encoder)
    return _kind("a plugin's", partial(PluginEncoder, offer), Config(codec="ffv1"))


def _motion_jpeg(batch: int) -> Kind:
    def open_encoder(stream: StreamInfo, config: Config) -> Encoder:
        compressors = [Compressor(stream.size) for _ in range(batch)]
        return MotionJpegEncoder(stream, config, compressors=compressors, release=lambda: None)

    name = f"motion JPEG-{batch} at a time"
    return _kind(name, open_encoder, Config(codec="mjpeg"), make_frame=_frame_in_one_array)


class Compressor:
    """Does in host memory what nvJPEG does; the picture is read when it is queued."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._data = b""

    def start(self, rows: Any) -> None:
        picture = Image.merge("YCbCr", [Image.fromarray(plane) for plane in np.split(rows, 3)])
        assert picture.size == self._size
        picture.save(file := io.BytesIO(), "JPEG")
        self._data = file.getvalue()

    def finish(self) -> bytes:
        return self._data

    def close(self) -> None:
        pass


def _frame_in_one_array(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
    frame = ramp_frame(spec, level, pts_ns)
    rows = np.concatenate(frame.planes)
    return Frame(spec, tuple(np.split(rows, 3)), pts_ns, owner=rows)


def _nvenc(*, b_frames: int = 0) -> Kind:
    from glrec_core.encode.nvenc import NvencEncoder
    from tests.gpu_support import nvenc_route

    config = Config(codec="h264", b_frames=b_frames)
    open_encoder = partial(NvencEncoder, handles=nvenc_route.handles(), gpu=nvenc_route.GPU)
    return _kind(f"nvenc-{b_frames}-b-frames", open_encoder, config, make_frame=_posing_frame)


def _posing_frame(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
    from tests.gpu_support import nvenc_route

    rows = np.full((nvenc_route.row_count(spec), spec.size.width), 128, np.uint8)
    rows[: spec.size.height] += (np.arange(spec.size.width) % 100 + level).astype(np.uint8)
    return nvenc_route.lend(spec, rows, pts_ns)


def _around(name: str, around: Callable[[Encoder], Encoder]) -> Kind:
    """What fails on purpose is an encoder like any other until then, and so is a slow one."""
    return _kind(
        name, lambda stream, config: around(software.open_encoder(stream, config)), Config(codec="h264")
    )


KINDS = [
    *(_software(codec) for codec in CODECS),
    _software("h264", b_frames=2),
    _software("hevc", b_frames=2),
    _software("h264", lossless=True),
    *(_software(codec, alpha=True) for codec in ALPHA_FORMATS),
    _executable("h264"),
    _executable("hevc"),
    _plugin(),
    _motion_jpeg(1),
    _motion_jpeg(3),
    _around("declared unreordered", Unreordered),
    _around("slow", lambda encoder: SlowEncoder(encoder, wait=0)),
    _around("failing after long", lambda encoder: FailingEncoder(encoder, EncodeError("dead"), nth=1000)),
    _around("losing nothing", lambda encoder: LosingEncoder(encoder, frames=0)),
]
ON_STANDIN = "GLREC_ON_NVENC_STANDIN" in os.environ
if ON_STANDIN:  # set by tests/nvenc/test_nvenc_encoder.py, which runs this module
    KINDS = [_nvenc(), _nvenc(b_frames=2)]


def _classes(path: Path) -> Iterator[str]:
    """Yield the classes of a module that have what an encoder has."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            if {"encode", "drain", "close"} <= methods:
                yield node.name


def test_every_encoder_is_tried() -> None:
    product = Path(glrec_core.__file__).parent
    elsewhere = {"EncodeChain", "ArrayEncoder", "ArrayWork"}  # what drives encoders
    named = {name for path in product.rglob("*.py") if "testing" not in path.parts for name in _classes(path)}
    tried = set()
    for kind in KINDS:
        with closing(kind.case.make()) as encoder:
            tried.add(type(encoder).__name__)
    tried -= {"SlowEncoder", "FailingEncoder", "LosingEncoder"}
    on_standin = {"NvencEncoder"}
    assert tried == (on_standin if ON_STANDIN else named - elsewhere - {"Encoder"} - on_standin)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def case(request: pytest.FixtureRequest) -> EncoderCase:
    kind: Kind = request.param
    return kind.case


@pytest.mark.parametrize("promise", ENCODER_PROMISES, ids=text_of)
def test_it_keeps(promise: Promise[EncoderCase], case: EncoderCase) -> None:
    promise(case)


def test_the_stream_holds_the_kind_of_colour_that_is_encoded(case: EncoderCase) -> None:
    with closing(case.make()) as encoder:
        case.encode_all(encoder)
        assert encoder.stream.rgb == encoder.accepts.format.is_rgb


def test_a_frame_that_is_not_later_is_refused_and_the_next_is_not(case: EncoderCase) -> None:
    with closing(case.make()) as encoder:
        encoder.encode(case.make_frame(encoder.accepts, 0, NANOSECONDS))
        for pts_ns in (NANOSECONDS, 0):
            with pytest.raises(EncodeError, match=r"not (after|later)"):
                encoder.encode(case.make_frame(encoder.accepts, 0, pts_ns))
        encoder.encode(case.make_frame(encoder.accepts, 1, 2 * NANOSECONDS))


def test_a_frame_after_the_end_is_told_why_it_is_refused(case: EncoderCase) -> None:
    with closing(case.make()) as encoder:
        encoder.drain()
        with pytest.raises(EncodeError, match="takes no more frames"):
            encoder.encode(case.make_frame(encoder.accepts, 0, 0))
