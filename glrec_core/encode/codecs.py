"""The table of codecs that run on the CPU: what each can be asked for, and what it does when it is not asked.

The limits were found by opening the encoders of FFmpeg 8.1, the defaults by measuring 720p on two cores: under the wall
clock the encoder shares them with the program that draws, under the step clock the program waits for it.
"""

from __future__ import annotations

from dataclasses import replace

from glrec_core.config import CODEC_MAX_FPS, Config
from glrec_core.encode.codec import Codec, QualityScale
from glrec_core.errors import ConfigError
from glrec_core.values.frame import PixelFormat, Size

DEFAULT_CODEC = "h264"

_SVT_SMALLEST = Size(32, 32)
"""SVT-AV1 opens for less, but 4.1 never returns from a frame with one side below 26 and the other above 64, and 4.2 writes
outside of its memory at 8x8 (seen in PyAV 18.1 and 19.0, 2026-11)."""

_X26X_PRESETS = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
)

CODECS = {
    codec.name: codec
    for codec in (
        Codec(
            "h264",
            "libx264",
            PixelFormat.YUV420P,
            _X26X_PRESETS,
            wall_preset="superfast",
            step_preset="veryfast",
            quality=QualityScale(1, 51, default=20),  # CRF 0 is lossless, which the High profile cannot be
            annex_b=True,
            max_b_frames=16,
            takes_bitrate=True,
            reads_nv12=True,  # which is how it holds its pictures: it then copies them, and need not weave two planes
        ),
        Codec(
            "hevc",
            "libx265",
            PixelFormat.YUV420P,
            _X26X_PRESETS,
            wall_preset="ultrafast",
            step_preset="superfast",
            quality=QualityScale(0, 51, default=22),
            smallest=Size(16, 16),
            annex_b=True,
            max_b_frames=16,
            takes_bitrate=True,
        ),
        Codec(
            "av1",
            "libsvtav1",
            PixelFormat.YUV420P,
            tuple(map(str, range(14))),
            wall_preset="9",  # SVT-AV1 means 10 and above for its real-time mode only
            step_preset="7",
            quality=QualityScale(1, 63, default=30),  # FFmpeg reads 0 as "not set"
            smallest=_SVT_SMALLEST,
            largest=Size(16_384, 8_704),
            takes_bitrate=True,
        ),
        Codec(
            "vp9",
            "libvpx-vp9",
            PixelFormat.YUV420P,
            tuple(map(str, range(9))),
            wall_preset="8",
            step_preset="4",
            quality=QualityScale(0, 63, default=30),
            takes_bitrate=True,
        ),
        Codec(
            "ffv1",
            "ffv1",
            PixelFormat.BGR0,
            intra_only=True,
            smallest=Size(2, 1),  # FFmpeg finds no slices for a single column of more than one pixel
        ),
        Codec(
            "mjpeg",
            "mjpeg",
            PixelFormat.YUV420P,
            quality=QualityScale(100, 25, default=90),  # its coarsest of 31 quantizers is JPEG's 25
            intra_only=True,
            takes_gop=False,
            chroma_location="center",  # JFIF 1.02: midway between the luma samples
        ),
        Codec(
            "prores",
            "prores_aw",  # a fifth of prores_ks's time for the same size and error
            PixelFormat.YUV422P10,
            ("proxy", "lt", "standard", "hq"),  # its profiles, from the smallest files to the best pictures
            wall_preset="hq",
            step_preset="hq",
            intra_only=True,
            takes_gop=False,
            limited_range_only=True,
            even_sides=True,
        ),
        Codec(
            "png",
            "png",
            PixelFormat.RGB24,
            tuple(map(str, range(10))),  # zlib's levels
            wall_preset="1",
            step_preset="6",
            intra_only=True,
            takes_gop=False,
            takes_color=False,
        ),
        Codec("gif", "GIF", PixelFormat.RGB24, intra_only=True, takes_gop=False, takes_color=False),
        Codec(
            "webp",
            "WEBP",
            PixelFormat.RGB24,
            tuple(map(str, range(7))),  # libwebp's methods
            wall_preset="0",
            step_preset="4",
            quality=QualityScale(100, 0, default=80),
            largest=Size(16_383, 16_383),  # 14 bits, RFC 9649
            intra_only=True,
            takes_gop=False,
            takes_color=False,
        ),
    )
}
"""By the name in `Config.codec`."""

LOSSLESS_CODECS = {
    "h264": Codec(
        "h264",
        "libx264rgb",  # R'G'B' itself, in the High 4:4:4 Predictive profile: no matrix, so nothing to round
        PixelFormat.BGR0,
        _X26X_PRESETS,
        wall_preset="ultrafast",
        step_preset="ultrafast",  # the next one takes four times as long to save a sixth
        annex_b=True,  # and no B-frames: x264 makes none in lossless mode
    ),
    "ffv1": CODECS["ffv1"],
    "png": CODECS["png"],
    "webp": replace(CODECS["webp"], quality=None),
}
"""By the name in `Config.codec`, for `lossless=True`."""


FULL_CHROMA_CODECS = {
    "mjpeg": replace(CODECS["mjpeg"], pixel_format=PixelFormat.YUV444P),
    "prores": replace(
        CODECS["prores"],
        pixel_format=PixelFormat.YUV444P10,
        presets=("4444", "4444xq"),
        wall_preset="4444",
        step_preset="4444",
    ),
}
"""By the name in `Config.codec`, for `chroma="444"`."""

ALPHA_FORMATS = {
    "vp9": PixelFormat.YUVA420P,
    "prores": PixelFormat.YUVA444P10,
    "ffv1": PixelFormat.BGRA,
    "png": PixelFormat.RGBA,
    "webp": PixelFormat.RGBA,
}
"""What the encoder takes for a recording with alpha, by the name in `Config.codec`."""


def choose_codec(config: Config) -> Codec:
    """Return the row that honours all of the options.

    Raises:
        ConfigError: the codec is unknown, or cannot do what was asked; the text says what it can.

    """
    codec = _lookup(config.codec or DEFAULT_CODEC, lossless=config.lossless)
    if config.chroma == "444":
        codec = _full_chroma(codec)
    if config.alpha is not None:
        codec = _with_alpha(codec, config.alpha)
    check_options(codec, config)
    return codec


def check_options(codec: Codec, config: Config) -> None:
    """Check the options that do not decide which row it is.

    Raises:
        ConfigError: one cannot be honoured; the text says what can.

    """
    _check_rate(codec, config)
    if codec.limited_range_only and config.color_space.full_range:
        raise ConfigError(f"color={config.color!r}: {codec.name} is of limited range; leave '-full' out")
    if config.color is not None and not codec.takes_color:
        raise ConfigError(
            f"color={config.color!r}: a {codec.name} holds red, green and blue as they were drawn; leave it out"
        )
    if config.gop not in {None, 1} and not codec.takes_gop:
        raise ConfigError(f"gop={config.gop}: every picture of {codec.name} is a keyframe; leave it out")
    _check_preset(codec, config.preset)
    _check_quality(codec, config.quality)
    _check_nvenc_only(codec, config)
    if config.b_frames > codec.max_b_frames:
        raise ConfigError(f"b_frames={config.b_frames}: {codec.encoder} takes at most {codec.max_b_frames}")
    if config.bitrate is not None and not codec.takes_bitrate:
        raise ConfigError(f"bitrate={config.bitrate}: {codec.encoder} takes no bit rate")
    if config.size is not None:
        codec.check_size(Size(*config.size))


def _lookup(name: str, *, lossless: bool) -> Codec:
    if name not in CODECS:
        raise ConfigError(f"codec={name!r} is not known; choose one of: {', '.join(CODECS)}")
    if not lossless:
        return CODECS[name]
    if name not in LOSSLESS_CODECS:
        known = ", ".join(LOSSLESS_CODECS)
        raise ConfigError(f"lossless=True is not possible with codec={name!r}; choose one of: {known}")
    return LOSSLESS_CODECS[name]


def _full_chroma(codec: Codec) -> Codec:
    if codec.name not in FULL_CHROMA_CODECS:
        known = " and ".join(map(repr, FULL_CHROMA_CODECS))
        raise ConfigError(
            f"chroma='444': {codec.encoder} does not take it, only NVENC and {known} do; leave it out"
        )
    return FULL_CHROMA_CODECS[codec.name]


def _with_alpha(codec: Codec, alpha: str) -> Codec:
    if codec.name not in ALPHA_FORMATS:
        known = ", ".join(ALPHA_FORMATS)
        raise ConfigError(
            f"alpha={alpha!r}: codec={codec.name!r} has no alpha channel; choose one of: {known}"
        )
    if codec.name == "prores":
        codec = FULL_CHROMA_CODECS["prores"]
    return replace(codec, pixel_format=ALPHA_FORMATS[codec.name])


def _check_rate(codec: Codec, config: Config) -> None:
    most, rate = CODEC_MAX_FPS.get(codec.name), config.rate
    if most is not None and rate is not None and rate > most:
        raise ConfigError(
            f"fps={rate}: players show at most {most} pictures a second of a {codec.name}; set fps="
        )


def _check_preset(codec: Codec, preset: str | None) -> None:
    if preset is None or preset in codec.presets:
        return
    if not codec.presets:
        raise ConfigError(f"preset={preset!r}: {codec.encoder} has no presets; leave it out")
    known = ", ".join(map(repr, codec.presets))
    raise ConfigError(f"preset={preset!r} is not known to {codec.encoder}; choose one of: {known}")


def _check_nvenc_only(codec: Codec, config: Config) -> None:
    """Refuse what only NVENC honours; "cq" and "vbr" are what every encoder here does with quality= and bitrate=."""
    honoured = {"vbr", "cq"} if codec.quality is not None else set()
    asked = {
        "tuning": config.tuning,
        "rate_control": None if config.rate_control in honoured else config.rate_control,
        "max_bitrate": config.max_bitrate,
    }
    for name, value in asked.items():
        if value is not None:
            raise ConfigError(
                f"{name}={value!r}: {codec.encoder} does not take it, only NVENC does; leave it out"
            )


def _check_quality(codec: Codec, quality: int | None) -> None:
    if quality is None:
        return
    scale = codec.quality
    if scale is None:
        raise ConfigError(f"quality={quality}: {codec.encoder} has no quality to choose; leave it out")
    if quality not in scale:
        raise ConfigError(f"quality={quality}: {codec.encoder} takes {scale.best} (best) to {scale.worst}")
