"""What every encoder must do, whichever codec it makes."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pytest

from glrec_core.config import Config
from glrec_core.encode.codecs import ALPHA_FORMATS, CODECS
from glrec_core.errors import EncodeError
from glrec_core.stages import Encoder
from glrec_core.testing import ENCODER_PROMISES, EncoderCase, FailingEncoder, LosingEncoder, SlowEncoder
from glrec_core.testing.promises import Promise, text_of
from glrec_core.testing.streams import open_encoder
from glrec_core.values.frame import Frame, FrameSpec, Size
from tests.host_pipeline import open_by_executable

SIZE = Size(160, 64)


@dataclass(frozen=True)
class Kind:
    """One way of encoding."""

    name: str
    case: EncoderCase


def _software(codec: str, *, b_frames: int = 0, lossless: bool = False, alpha: bool = False) -> Kind:
    config = Config(codec=codec, b_frames=b_frames, lossless=lossless, alpha="straight" if alpha else None)
    flags = {"lossless": lossless, f"{b_frames}-b-frames": b_frames > 0, "alpha": alpha}
    words = ["software", codec, *(word for word, given in flags.items() if given)]
    return Kind("-".join(words), EncoderCase(lambda: open_encoder(config, SIZE)))


def _executable(codec: str) -> Kind:
    config = Config(codec=codec, backend="ffmpeg")
    return Kind(f"ffmpeg's executable-{codec}", EncoderCase(lambda: open_by_executable(config, SIZE)))


def _nvenc(*, b_frames: int = 0) -> Kind:
    from tests.gpu_support import nvenc_route

    config = Config(codec="h264", b_frames=b_frames)
    case = EncoderCase(lambda: nvenc_route.open_encoder(config, SIZE), _posing_frame)
    return Kind(f"nvenc-{b_frames}-b-frames", case)


def _posing_frame(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
    from tests.gpu_support import nvenc_route

    rows = np.full((nvenc_route.row_count(spec), spec.size.width), 128, np.uint8)
    rows[: spec.size.height] += (np.arange(spec.size.width) % 100 + level).astype(np.uint8)
    return nvenc_route.lend(spec, rows, pts_ns)


def _around(name: str, around: Callable[[Encoder], Encoder]) -> Kind:
    """What fails on purpose is an encoder like any other until then, and so is a slow one."""
    config = Config(codec="h264")
    return Kind(name, EncoderCase(lambda: around(open_encoder(config, SIZE))))


KINDS = [
    *(_software(codec) for codec in CODECS),
    _software("h264", b_frames=2),
    _software("hevc", b_frames=2),
    _software("h264", lossless=True),
    *(_software(codec, alpha=True) for codec in ALPHA_FORMATS),
    _executable("h264"),
    _executable("hevc"),
    _around("slow", lambda encoder: SlowEncoder(encoder, wait=0)),
    _around("failing after long", lambda encoder: FailingEncoder(encoder, EncodeError("dead"), nth=1000)),
    _around("losing nothing", lambda encoder: LosingEncoder(encoder, frames=0)),
]
if "GLREC_ON_NVENC_STANDIN" in os.environ:  # set by tests/nvenc/test_nvenc_encoder.py, which runs this module
    KINDS = [_nvenc(), _nvenc(b_frames=2)]


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


def test_a_frame_after_the_end_is_told_why_it_is_refused(case: EncoderCase) -> None:
    with closing(case.make()) as encoder:
        encoder.drain()
        with pytest.raises(EncodeError, match="takes no more frames"):
            encoder.encode(case.make_frame(encoder.accepts, 0, 0))
