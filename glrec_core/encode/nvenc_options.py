"""What NVENC can be asked for: checked against the tables here without a GPU, and against a GPU's own word before a session.

PyNvVideoCodec ignores what it does not know and replaces what it does not like, so nothing reaches it unchecked. The
defaults are NVIDIA's middle ones; no picture of theirs has been judged on hardware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from glrec_core.config import Config
from glrec_core.encode.codec import QualityScale
from glrec_core.encode.codecs import DEFAULT_CODEC
from glrec_core.errors import ConfigError
from glrec_core.values.frame import PixelFormat, Size

Capabilities = Mapping[str, int]
"""What `PyNvVideoCodec.GetEncoderCaps` gives, for one GPU and codec."""

_PRESETS = tuple(f"P{number}" for number in range(1, 8))
_DEFAULT_PRESET = "P4"
_DEFAULT_TUNING = "high_quality"
_MACROBLOCK = 16
_FORMATS = {"420": PixelFormat.NV12, "444": PixelFormat.YUV444P}
_RATE_CONTROL_BITS = {"vbr": 1, "cq": 1, "cbr": 2}  # NV_ENC_PARAMS_RC_MODE; constqp is 0 and always there


@dataclass(frozen=True, slots=True)
class NvencCodec:
    """One codec: its name in `Config`, its constant-quality scale and what colour resolutions NVENC makes of it."""

    name: str
    quality: QualityScale
    chroma: tuple[str, ...]


NVENC_CODECS = {
    codec.name: codec
    for codec in (
        NvencCodec("h264", QualityScale(1, 51, default=23), ("420", "444")),
        NvencCodec("hevc", QualityScale(1, 51, default=25), ("420", "444")),
        NvencCodec("av1", QualityScale(1, 63, default=30), ("420",)),
    )
}


def check_options(config: Config) -> NvencCodec:
    """Return the codec that the options ask for.

    Raises:
        ConfigError: no NVENC can do what they ask.

    """
    name = config.codec or DEFAULT_CODEC
    if name not in NVENC_CODECS:
        raise ConfigError(f"codec={name!r}: NVENC makes {', '.join(NVENC_CODECS)}")
    codec = NVENC_CODECS[name]
    if config.alpha is not None:
        raise ConfigError(f"alpha={config.alpha!r}: NVENC encodes no alpha channel")
    if config.lossless:
        raise ConfigError("lossless=True keeps every pixel's RGB, and NVENC encodes Y'CbCr")
    if config.preset is not None and config.preset.upper() not in _PRESETS:
        raise ConfigError(
            f"preset={config.preset!r} is not known to NVENC; choose one of: {', '.join(_PRESETS)}"
        )
    best, worst = codec.quality.best, codec.quality.worst
    if config.quality is not None and not best <= config.quality <= worst:
        raise ConfigError(f"quality={config.quality}: NVENC takes {best} (best) to {worst} for {name}")
    if config.chroma not in codec.chroma:
        raise ConfigError(
            f"chroma={config.chroma!r}: NVENC makes {name} in {' and '.join(codec.chroma)} only"
        )
    return codec


def pixel_format(config: Config) -> PixelFormat:
    """Return what the encoder takes for the options."""
    return _FORMATS[config.chroma]


def check_capabilities(config: Config, gpu: str, capabilities: Capabilities, size: Size | None) -> None:
    """Check the options, and the recorded picture's size if it is known, against what a GPU says of a codec.

    Raises:
        ConfigError: this GPU cannot do what they ask.

    """
    codec = f"{check_options(config).name} by the NVENC of {gpu}"
    most = capabilities["num_max_bframes"]
    if config.b_frames > most:
        raise ConfigError(f"b_frames={config.b_frames}: {codec} takes at most {most}")
    control = _rate_control(config)
    bit = _RATE_CONTROL_BITS.get(control, 0)
    if capabilities["supported_ratecontrol_modes"] & bit != bit:
        raise ConfigError(f"rate_control={control!r}: {codec} does not have it")
    if config.chroma == "444" and not capabilities["support_yuv444_encode"]:
        raise ConfigError(f"chroma='444': {codec} makes 420 only")
    if size is not None:
        _check_size(codec, capabilities, size)


def session_options(config: Config, frame_rate: Fraction, gop_frames: int) -> dict[str, object]:
    """Return the keyword arguments of `CreateEncoder` that are not about CUDA."""
    return {
        "codec": check_options(config).name,
        "preset": (config.preset or _DEFAULT_PRESET).upper(),
        "tuning_info": config.tuning or _DEFAULT_TUNING,
        "gop": gop_frames,
        "bf": config.b_frames,
        "fps": f"{frame_rate.numerator}/{frame_rate.denominator}",
        **_rates(config),
    }


def _rate_control(config: Config) -> str:
    return config.rate_control or ("cq" if config.bitrate is None else "vbr")


def _rates(config: Config) -> dict[str, object]:
    control = _rate_control(config)
    quality = check_options(config).quality.default if config.quality is None else config.quality
    if control == "cq":
        return {"rc": "vbr", "cq": quality}
    if control == "constqp":
        return {"rc": "constqp", "constqp": quality}
    peak = {} if config.max_bitrate is None else {"maxbitrate": config.max_bitrate}
    return {"rc": control, "bitrate": config.bitrate, **peak}


def _check_size(codec: str, capabilities: Capabilities, size: Size) -> None:
    least = Size(capabilities["width_min"], capabilities["height_min"])
    most = Size(capabilities["width_max"], capabilities["height_max"])
    if not (least.width <= size.width <= most.width and least.height <= size.height <= most.height):
        raise ConfigError(f"{codec} takes pictures from {least} to {most}, not {size}; set size=")
    blocks = -(-size.width // _MACROBLOCK) * -(-size.height // _MACROBLOCK)
    if blocks > capabilities["mb_num_max"]:
        raise ConfigError(
            f"{codec} takes pictures of up to {capabilities['mb_num_max']} macroblocks of 16x16 pixels, and {size} is "
            f"{blocks}; set size="
        )
