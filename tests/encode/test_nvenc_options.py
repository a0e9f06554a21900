"""What NVENC can be asked for, without one: options, and what a GPU says that it can do."""

from fractions import Fraction
from typing import Any

import pytest

from glrec_core.config import Config
from glrec_core.encode.codecs import choose_codec
from glrec_core.encode.nvenc_options import check_capabilities, check_options, pixel_format, session_options
from glrec_core.errors import ConfigError
from glrec_core.values.frame import PixelFormat, Size

GPU = "NVIDIA Thing"
CAPABILITIES = {
    "num_max_bframes": 4,
    "supported_ratecontrol_modes": 3,
    "support_yuv444_encode": 1,
    "width_min": 145,
    "height_min": 49,
    "width_max": 4096,
    "height_max": 4096,
    "mb_num_max": 65_536,
}


def session(**options: Any) -> dict[str, object]:
    config = Config(**options)
    check_options(config)
    return session_options(config, Fraction(60_000, 1001), 30)


def test_the_defaults() -> None:
    assert session() == {
        "codec": "h264",
        "preset": "P4",
        "tuning_info": "high_quality",
        "gop": 30,
        "bf": 0,
        "fps": "60000/1001",
        "rc": "vbr",
        "cq": 23,
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"quality": 30}, {"rc": "vbr", "cq": 30}),
        ({"rate_control": "cq", "quality": 30}, {"rc": "vbr", "cq": 30}),
        ({"rate_control": "constqp", "quality": 30}, {"rc": "constqp", "constqp": 30}),
        ({"bitrate": 5_000_000}, {"rc": "vbr", "bitrate": 5_000_000}),
        (
            {"bitrate": 5_000_000, "max_bitrate": 8_000_000},
            {"rc": "vbr", "bitrate": 5_000_000, "maxbitrate": 8_000_000},
        ),
        ({"rate_control": "cbr", "bitrate": 5_000_000}, {"rc": "cbr", "bitrate": 5_000_000}),
    ],
)
def test_rate_control(options: dict[str, Any], expected: dict[str, object]) -> None:
    given = session(**options)
    assert {name: given.get(name) for name in ("rc", "cq", "constqp", "bitrate", "maxbitrate")} == {
        "rc": None,
        "cq": None,
        "constqp": None,
        "bitrate": None,
        "maxbitrate": None,
    } | expected


def test_presets_may_be_written_small() -> None:
    assert session(preset="p7", tuning="low_latency", b_frames=2)["preset"] == "P7"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"codec": "vp9"}, "h264, hevc, av1"),
        ({"lossless": True}, "NVENC encodes Y'CbCr"),
        ({"preset": "veryfast"}, "P1, P2, P3, P4, P5, P6, P7"),
        ({"quality": 52}, "1 .best. to 51 for h264"),
        ({"codec": "av1", "quality": 64}, "1 .best. to 63 for av1"),
        ({"codec": "av1", "chroma": "444"}, "420 only"),
    ],
)
def test_what_no_nvenc_can_do_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        check_options(Config(**options))


@pytest.mark.parametrize(
    ("options", "changed", "size", "says"),
    [
        ({"b_frames": 5}, {}, None, "takes at most 4"),
        ({"rate_control": "cbr", "bitrate": 10**6}, {"supported_ratecontrol_modes": 1}, None, "'cbr'"),
        ({}, {"supported_ratecontrol_modes": 2}, None, "rate_control='cq'"),
        ({"chroma": "444"}, {"support_yuv444_encode": 0}, None, "makes 420 only"),
        ({}, {}, Size(144, 96), "145x49 to 4096x4096, not 144x96"),
        ({}, {}, Size(4098, 96), "not 4098x96"),
        ({}, {"width_max": 8192, "height_max": 8192}, Size(8192, 4096), "131072"),
    ],
)
def test_what_this_gpu_cannot_do_is_refused(
    options: dict[str, Any], changed: dict[str, int], size: Size | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        check_capabilities(Config(**options), GPU, CAPABILITIES | changed, size)
    assert GPU in str(caught.value)


def test_what_this_gpu_can_do_is_taken() -> None:
    config = Config(codec="hevc", b_frames=4, rate_control="cbr", bitrate=10**6, chroma="444")
    check_capabilities(config, GPU, CAPABILITIES, Size(4096, 4096))
    check_capabilities(
        Config(rate_control="constqp"), GPU, CAPABILITIES | {"supported_ratecontrol_modes": 0}, None
    )


@pytest.mark.parametrize(("chroma", "expected"), [("420", PixelFormat.NV12), ("444", PixelFormat.YUV444P)])
def test_the_pixel_format_follows_chroma(chroma: Any, expected: PixelFormat) -> None:
    assert pixel_format(Config(chroma=chroma)) is expected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rate_control": "vbr"}, "needs bitrate="),
        ({"rate_control": "cbr", "quality": 20}, "needs bitrate="),
        ({"rate_control": "cq", "bitrate": 10**6}, "takes quality="),
        ({"rate_control": "constqp", "lossless": True}, "takes quality="),
        ({"rate_control": "best"}, "'cq', 'constqp', 'vbr', 'cbr'"),
        ({"max_bitrate": 10**6}, "needs rate_control='vbr'"),
        ({"max_bitrate": 10**6, "bitrate": 10**6, "rate_control": "cbr"}, "needs rate_control='vbr'"),
        ({"max_bitrate": 10**6, "bitrate": 2 * 10**6}, "below bitrate="),
        ({"max_bitrate": 999, "bitrate": 1000}, "max_bitrate=999 must be a whole number from 1000 to"),
        ({"bitrate": 2**32}, "bitrate=4294967296 must be a whole number from 1000 to 4294967295"),
        ({"bitrate": 2**31, "max_bitrate": 2**32}, "max_bitrate=4294967296"),
        ({"tuning": "film"}, "'high_quality', 'low_latency', 'ultra_low_latency'"),
        ({"chroma": "422"}, "'420', '444'"),
    ],
)
def test_combinations_without_a_meaning_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"tuning": "low_latency"},
        {"rate_control": "constqp"},
        {"rate_control": "cbr", "bitrate": 10**6},
        {"bitrate": 10**6, "max_bitrate": 10**6},
        {"chroma": "444"},
        {"codec": "ffv1", "rate_control": "cq"},
    ],
)
def test_encoders_on_the_cpu_refuse_what_only_nvenc_honours(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="only NVENC"):
        choose_codec(Config(**options))


@pytest.mark.parametrize("options", [{"rate_control": "cq"}, {"rate_control": "vbr", "bitrate": 10**6}])
def test_encoders_on_the_cpu_take_what_they_do_anyway(options: dict[str, Any]) -> None:
    assert choose_codec(Config(**options)).encoder == "libx264"
