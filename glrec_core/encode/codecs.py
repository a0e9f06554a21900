"""The table of codecs that run on the CPU: what each can be asked for, and what it does when it is not asked.

The limits were found by opening the encoders of FFmpeg 8.1, the defaults by measuring 720p on two cores: under the wall
clock the encoder shares them with the program that draws, under the step clock the program waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from glrec_core.config import Config
from glrec_core.errors import ConfigError
from glrec_core.frame import PixelFormat, Size

DEFAULT_CODEC = "h264"

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
_LEAST, _MOST = Size(1, 1), Size(16_384, 16_384)
_FFMPEG_MARGIN, _FFMPEG_AREA = 128, (2**31 - 1) // 8  # av_image_check_size2() in libavutil/imgutils.c


@dataclass(frozen=True, slots=True)
class QualityScale:
    """A constant-quality option: the lower, the better (CRF), or the other way round (JPEG)."""

    best: int
    worst: int
    default: int

    def __contains__(self, value: int) -> bool:
        low, high = sorted((self.best, self.worst))
        return low <= value <= high


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec by one encoder.

    Attributes:
        name: FFmpeg's name of the codec, as in `StreamInfo` and `Config`.
        encoder: FFmpeg's name of the encoder.
        pixel_format: what the encoder takes.
        presets: names of its speeds; empty if it has none.
        wall_preset, step_preset: the default while the program draws at its own pace, and offline.
        quality: its constant-quality option, if it has one.
        smallest, largest: the range of each side in pixels.
        annex_b: whether packets are Annex B access units with parameter sets in band.
        max_b_frames: the most consecutive B-frames that can be asked for.
        takes_bitrate: whether a mean bit rate can be asked for.
        chroma_location: where subsampled chroma sits, by FFmpeg's name.
        intra_only: whether every frame is a keyframe unless a longer GOP is asked for.

    """

    name: str
    encoder: str
    pixel_format: PixelFormat
    presets: tuple[str, ...] = ()
    wall_preset: str = ""
    step_preset: str = ""
    quality: QualityScale | None = None
    smallest: Size = _LEAST
    largest: Size = _MOST
    annex_b: bool = False
    max_b_frames: int = 0
    takes_bitrate: bool = False
    intra_only: bool = False
    chroma_location: str = "left"

    def preset(self, config: Config) -> str:
        """Return the preset asked for, or the default for the clock; empty if the encoder has none."""
        return config.preset or (self.step_preset if config.timing == "step" else self.wall_preset)

    def padded(self, size: Size) -> Size:
        """Return `size` rounded up to what the pixel format needs."""
        step = self.pixel_format.alignment
        return Size(*(side + -side % step for side in size))

    def check_size(self, size: Size) -> None:
        """Check a picture size, which may still have to be padded.

        Raises:
            ConfigError: the encoder does not take it.

        """
        width, height = self.padded(size)
        least, most = self.smallest, self.largest
        if not (least.width <= width <= most.width and least.height <= height <= most.height):
            raise ConfigError(f"{self.encoder} takes pictures from {least} to {most}, not {size}; set size=")
        if (width + _FFMPEG_MARGIN) * (height + _FFMPEG_MARGIN) >= _FFMPEG_AREA:
            raise ConfigError(f"{size} is more pixels than FFmpeg takes (about 268 million); set size=")


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
            smallest=Size(4, 4),
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
        Codec("ffv1", "ffv1", PixelFormat.BGR0, intra_only=True),
        Codec(
            "mjpeg",
            "mjpeg",
            PixelFormat.YUV420P,
            quality=QualityScale(100, 25, default=90),  # its coarsest of 31 quantizers is JPEG's 25
            intra_only=True,
            chroma_location="center",  # JFIF 1.02: midway between the luma samples
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
}
"""By the name in `Config.codec`, for `lossless=True`."""


FULL_CHROMA_CODECS = {"mjpeg": replace(CODECS["mjpeg"], pixel_format=PixelFormat.YUV444P)}
"""By the name in `Config.codec`, for `chroma="444"`."""


def choose_codec(config: Config) -> Codec:
    """Return the row that honours all of the options.

    Raises:
        ConfigError: the codec is unknown, or cannot do what was asked; the text says what it can.

    """
    codec = _lookup(config.codec or DEFAULT_CODEC, lossless=config.lossless)
    if config.chroma == "444":
        codec = _full_chroma(codec)
    _check_preset(codec, config.preset)
    _check_quality(codec, config.quality)
    _check_nvenc_only(codec, config)
    if config.b_frames > codec.max_b_frames:
        raise ConfigError(f"b_frames={config.b_frames}: {codec.encoder} takes at most {codec.max_b_frames}")
    if config.bitrate is not None and not codec.takes_bitrate:
        raise ConfigError(f"bitrate={config.bitrate}: {codec.encoder} takes no bit rate")
    if config.size is not None:
        codec.check_size(Size(*config.size))
    return codec


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
        raise ConfigError(f"quality={quality}: {codec.encoder} is lossless and has no quality; leave it out")
    if quality not in scale:
        raise ConfigError(f"quality={quality}: {codec.encoder} takes {scale.best} (best) to {scale.worst}")
