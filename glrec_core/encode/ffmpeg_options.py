"""What FFmpeg's executable is told for each of its encoders, and which of them can serve.

The options of VA-API's and Vulkan's encoders are those that FFmpeg 9.0 lists (`ffmpeg -h encoder=h264_vaapi`). They were
never run: no machine with such a GPU was at hand.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from glrec_core.config import Config
from glrec_core.encode.codec import Codec, QualityScale
from glrec_core.encode.codecs import CODECS, DEFAULT_CODEC, check_options
from glrec_core.encode.options import encoder_options
from glrec_core.errors import ConfigError
from glrec_core.ffmpeg.executable import without_addresses
from glrec_core.values.frame import PixelFormat, Size, StreamInfo

_RENDER_NODES = Path("/dev/dri")
_TRIAL_SECONDS = 20
_FULL, _LIMITED = 2, 1  # AVCOL_RANGE_JPEG and AVCOL_RANGE_MPEG, libavutil/pixfmt.h
_KEYFRAME_SECONDS = 2


@dataclass(frozen=True, slots=True)
class ProcessCodec:
    """One codec by one encoder of the executable.

    Attributes:
        codec: the row of the encoder; its pixel format is that of the pictures in the pipe.
        device: arguments that open the device it runs on.
        upload: filters that bring pictures there.
        options: its own options for a recording.

    """

    codec: Codec
    options: Callable[[Codec, Config], dict[str, str]]
    device: tuple[str, ...] = ()
    upload: tuple[str, ...] = ()


def _by_quantizer(codec: Codec, config: Config) -> dict[str, str]:
    if config.bitrate is not None:
        return {"rc_mode": "VBR" if codec.encoder.endswith("_vaapi") else "vbr", "b:v": str(config.bitrate)}
    assert codec.quality is not None
    quality = codec.quality.default if config.quality is None else config.quality
    return {"rc_mode": "CQP" if codec.encoder.endswith("_vaapi") else "cqp", "qp": str(quality)}


def _on_gpu(name: str, encoder: str) -> Codec:
    return Codec(
        name,
        encoder,
        PixelFormat.NV12,
        quality=QualityScale(1, 51, default=22),
        smallest=Size(128, 128),
        largest=Size(8192, 8192),
        annex_b=True,
        takes_bitrate=True,
    )


def _vaapi(name: str) -> ProcessCodec:
    device = ("-vaapi_device", str(_first_render_node() or _RENDER_NODES / "renderD128"))
    return ProcessCodec(_on_gpu(name, f"{name}_vaapi"), _by_quantizer, device, ("format=nv12", "hwupload"))


def _vulkan(name: str) -> ProcessCodec:
    device = ("-init_hw_device", "vulkan=gpu", "-filter_hw_device", "gpu")
    return ProcessCodec(_on_gpu(name, f"{name}_vulkan"), _by_quantizer, device, ("format=nv12", "hwupload"))


def _software(name: str) -> ProcessCodec:
    return ProcessCodec(replace(CODECS[name], max_b_frames=0), encoder_options)


_KINDS = {"vaapi": _vaapi, "vulkan": _vulkan, "ffmpeg": _software}
_CODECS = ("h264", "hevc")  # Annex B: what tells a decoder how to begin is in the stream itself


def choose_process_codec(kind: str, config: Config) -> ProcessCodec:
    """Return how the executable makes what the options ask for; `kind` is the backend's name.

    Raises:
        ConfigError: it cannot, or not as a packet stream.

    """
    name = config.codec or DEFAULT_CODEC
    if name not in _CODECS:
        raise ConfigError(f"codec={name!r}: backend={kind!r} makes {' and '.join(_CODECS)}")
    asked = {"lossless": config.lossless or None, "chroma": config.chroma if config.chroma != "420" else None}
    for option, value in {**asked, "alpha": config.alpha}.items():
        if value is not None:
            raise ConfigError(f"{option}={value!r}: backend={kind!r} does not take it; leave it out")
    how = _KINDS[kind](name)
    check_options(how.codec, config)
    return how


def command_line(executable: str, how: ProcessCodec, config: Config, stream: StreamInfo) -> list[str]:
    """Return the command that encodes NUT from the standard input to NUT on the standard output, timestamps unchanged."""
    color, unit = stream.color, stream.time_base
    levels = _FULL if color.full_range else _LIMITED
    tags = f"color_primaries={color.primaries}:color_trc={color.transfer}:colorspace={color.matrix}:range={levels}"
    keyframes = ("-force_key_frames", f"expr:gte(t,n_forced*{_KEYFRAME_SECONDS})")
    gop = str(config.gop or round(10 * _KEYFRAME_SECONDS * stream.frame_rate))
    options = {"bf": "0", "g": gop, **how.options(how.codec, config)}
    return [
        *(executable, "-v", "error", "-nostdin", "-copyts", *how.device, "-f", "nut", "-i", "pipe:0"),
        *("-vf", ",".join((f"setparams={tags}", *how.upload)), "-fps_mode", "passthrough"),
        *("-enc_time_base", f"{unit.numerator}:{unit.denominator}", "-c:v", how.codec.encoder),
        *(argument for name, value in options.items() for argument in (f"-{name}", value)),
        *(keyframes if config.gop is None else ()),
        *("-bsf:v", "dump_extra", "-f", "nut", "-flush_packets", "1", "pipe:1"),
    ]


@cache
def problem(executable: str, encoder: str, device: tuple[str, ...], upload: tuple[str, ...]) -> str | None:
    """Return in FFmpeg's words why it cannot encode one picture with an encoder, or None if it can."""
    picture = ("-f", "lavfi", "-i", "color=size=256x256:rate=1", "-frames:v", "1")
    filters = ("-vf", ",".join(upload)) if upload else ()
    command = [executable, "-v", "error", "-nostdin", *device, *picture, *filters, "-c:v", encoder]
    try:
        trial = subprocess.run(  # noqa: S603 - the arguments are this module's own
            [*command, "-f", "null", "-"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{executable} cannot be used: {error}"
    if trial.returncode == 0:
        return None
    said = without_addresses(trial.stderr.decode(errors="replace")).strip().splitlines() or [
        f"exit code {trial.returncode}"
    ]
    return f"{encoder} of {executable} cannot be used: {said[0]}"


def _first_render_node() -> Path | None:
    return min(_RENDER_NODES.glob("renderD*"), default=None)
