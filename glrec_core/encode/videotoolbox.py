"""The encoders of macOS, VideoToolbox's, by the FFmpeg inside PyAV: which of its wheels have them, and whether they work.

They were never run: no Mac was at hand. What is said of them here was read in FFmpeg 8.1's libavcodec/videotoolboxenc.c:
without a global header its packets are Annex B, keyframes with parameter sets, and constant quality is Apple silicon's only.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.codec import codecs_available

from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.codecs import DEFAULT_CODEC, check_options
from glrec_core.encode.door import stream_for
from glrec_core.encode.pyav import PyAVEncoder, new_context
from glrec_core.errors import ConfigError, EncodeError
from glrec_core.values.clock import StepClock
from glrec_core.values.foreign import FFMPEG, translated
from glrec_core.values.frame import Frame, PixelFormat, Size, StreamInfo

CODECS = {
    name: Codec(
        name,
        f"{name}_videotoolbox",
        PixelFormat.NV12,
        smallest=Size(64, 64),
        largest=Size(8192, 8192),
        annex_b=True,
        takes_bitrate=True,
    )
    for name in ("h264", "hevc")
}
"""By the name in `Config.codec`."""

_TRIAL_SIZE = Size(256, 256)


def choose_videotoolbox_codec(config: Config) -> Codec:
    """Return the row of what the options ask for.

    Raises:
        ConfigError: VideoToolbox cannot do it.

    """
    name = config.codec or DEFAULT_CODEC
    if name not in CODECS:
        raise ConfigError(f"codec={name!r}: VideoToolbox makes {' and '.join(CODECS)} here")
    asked = {"lossless": config.lossless or None, "chroma": config.chroma if config.chroma != "420" else None}
    for option, value in {**asked, "alpha": config.alpha}.items():
        if value is not None:
            raise ConfigError(f"{option}={value!r}: VideoToolbox does not take it here; leave it out")
    check_options(CODECS[name], config)
    return CODECS[name]


def open_videotoolbox(stream: StreamInfo, config: Config) -> PyAVEncoder:
    """Open an encoder for one picture size.

    Raises:
        ConfigError: an option or the size is not one that it takes.
        EncodeError: FFmpeg could not open it.

    """
    return PyAVEncoder(stream, config, choose_videotoolbox_codec(config), open_context=_open_context)


def _open_context(codec: Codec, config: Config, stream: StreamInfo, gop_frames: int) -> av.VideoCodecContext:
    context = new_context(codec, config, stream, gop_frames)
    with translated(EncodeError, f"FFmpeg cannot open {codec.encoder} for {stream.size}", FFMPEG):
        context.open()
    return context


@cache
def problem(codec: Codec) -> str | None:
    """Say in a sentence why an encoder cannot serve here, None if it has encoded a picture for a trial."""
    if codec.encoder not in codecs_available:
        return f"the FFmpeg {av.ffmpeg_version_info} inside PyAV has no {codec.encoder}: only its wheels for macOS have it"
    try:
        config = Config(codec=codec.name)
        stream = stream_for(codec.name, PixelFormat.YUV420P, _TRIAL_SIZE, config, StepClock(Fraction(30)))
        encoder = open_videotoolbox(stream, config)
        try:
            planes = tuple(
                np.full((_TRIAL_SIZE.height // part, _TRIAL_SIZE.width), 128, np.uint8) for part in (1, 2)
            )
            packets = [*encoder.encode(Frame(encoder.accepts, planes, 0)), *encoder.drain()]
        finally:
            encoder.close()
    except EncodeError as error:
        return str(error)
    return None if packets else f"{codec.encoder} made nothing of a picture"
