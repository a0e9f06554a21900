"""NVENC through FFmpeg, as far as a machine without it can tell: its options, what it needs, and why it cannot serve."""

from pathlib import Path
from typing import Any

import av
import pytest

from glrec_core.arrays import ArrayEncoder
from glrec_core.arrays.ffmpeg_nvenc import ffmpeg_options, open_encoder
from glrec_core.arrays.request import array_config, make_request
from glrec_core.config import Config
from glrec_core.errors import ConfigError
from glrec_core.values.frame import FrameSpec, Memory, PixelFormat, Size
from tests.gpu_support.standin import Switches, environment
from tests.nvenc.conftest import standin_libraries
from tests.support.displays import run_program

__all__ = ["standin_libraries"]


def options(**asked: Any) -> dict[str, str]:
    """Return FFmpeg's options for an array encoder's."""
    held = asked.pop("held", 0)
    defaults = {"codec": "h264", "preset": None, "tuning": "ll", "gop": 30, "quality": None, "bitrate": None}
    config = array_config(30, timing="wall", color=None, backend=None, **{**defaults, **asked})
    request = make_request((320, 240), 30, config, device=0)
    stream = open_encoder(request, held).stream
    return ffmpeg_options(request.config, stream, 30, held)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (
            {},
            {
                "preset": "p4",
                "tune": "ll",
                "rc": "vbr",
                "cq": "23",
                "delay": "0",
                "zerolatency": "1",
                "forced-idr": "1",
            },
        ),
        ({"held": 3, "tuning": "hq", "preset": "P1"}, {"delay": "3", "tune": "hq", "preset": "p1"}),
        ({"tuning": "ultra_low_latency", "quality": 31}, {"tune": "ull", "cq": "31"}),
        ({"bitrate": 2_000_000, "codec": "hevc"}, {"rc": "vbr"}),
    ],
)
def test_options_are_ffmpegs(asked: dict[str, Any], found: dict[str, str]) -> None:
    given = options(**asked)
    assert {name: given[name] for name in found} == found
    assert ("cq" in given) is ("bitrate" not in asked)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_ffmpegs_encoders_know_every_option_and_value(codec: str) -> None:
    for name in options():  # a name that is unknown would be passed over
        assert isinstance(refusal(codec, {name: "nonsense"}), av.error.ArgumentError)
    for tuning in ("hq", "ll", "ull"):
        for preset in ("p1", "p7"):
            said = refusal(codec, options(tuning=tuning, preset=preset))
            assert not isinstance(said, av.error.ArgumentError), said


def refusal(codec: str, asked: dict[str, str]) -> Exception | None:
    """Return what FFmpeg says to the options; without a GPU that has NVENC it always refuses, for that in the end."""
    context = av.CodecContext.create(f"{codec}_nvenc", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 320, 240, "nv12"
    context.options = asked
    try:
        context.open()
    except av.FFmpegError as error:
        return error
    return None


def test_the_encoder_takes_nv12_in_cuda_memory() -> None:
    request = make_request((320, 240), 30, Config(codec="h264"), device=0)
    assert open_encoder(request, 0).accepts == FrameSpec(Size(320, 240), PixelFormat.NV12, Memory.CUDA)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"codec": "av1"}, "codec='av1': FFmpeg's NVENC makes h264 and hevc here"),
        ({"codec": "vp9"}, "codec='vp9': NVENC makes h264, hevc, av1"),
        ({"preset": "veryfast"}, "preset='veryfast' is not known to NVENC"),
    ],
)
def test_what_it_cannot_do_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ArrayEncoder(320, 240, backend="nvenc-ffmpeg", **asked)


ASKED = """
import pytest
from glrec_core import BackendUnavailable
from glrec_core.arrays import ArrayEncoder
with pytest.raises(BackendUnavailable) as refused:
    ArrayEncoder(320, 240, backend="nvenc-ffmpeg", low_latency=True)
print(refused.value)
"""


def test_a_driver_that_is_too_old_is_told(standin_libraries: Path) -> None:
    said = run_program(ASKED, env=environment(standin_libraries, Switches(api="12.2"))).stdout
    assert (
        "nvenc-ffmpeg: the driver's NVENC API is 12.2, and 13.0 is needed: update the driver to 570 or newer"
        in said
    )


NEEDED = """
import av
av.logging.set_level(av.logging.ERROR)
context = av.CodecContext.create("h264_nvenc", "w")
context.width, context.height, context.pix_fmt = 320, 240, "nv12"
try:
    context.open()
except av.FFmpegError:
    pass
"""


def test_that_is_what_ffmpeg_itself_needs(standin_libraries: Path) -> None:
    """Fails with a PyAV whose FFmpeg needs another driver: then the numbers in nvenc.py must follow."""
    said = run_program(NEEDED, env=environment(standin_libraries, Switches(api="12.2"))).stderr
    assert "Required: 13.0 Found: 12.2" in said
    assert "570.0 or newer" in said
