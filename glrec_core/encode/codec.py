"""What is known of a codec by one encoder: a row of the tables of codecs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from glrec_core.config import Config
from glrec_core.errors import ConfigError, EncodeError
from glrec_core.values.frame import PixelFormat, Size

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
        encoder: FFmpeg's name of the encoder, or Pillow's of a file format.
        pixel_format: what the encoder takes, and a decoder makes of its stream.
        presets: names of its speeds; empty if it has none.
        wall_preset, step_preset: the default while the program draws at its own pace, and offline.
        quality: its constant-quality option, if it has one.
        smallest, largest: the range of each side in pixels.
        annex_b: whether packets are Annex B access units with parameter sets in band.
        max_b_frames: the most consecutive B-frames that can be asked for.
        takes_bitrate: whether a mean bit rate can be asked for.
        chroma_location: where subsampled chroma sits, by FFmpeg's name.
        intra_only: whether every frame is a keyframe unless a longer GOP is asked for.
        takes_gop: whether a frame can be anything but a keyframe.
        takes_color: whether the stream, or what it says of itself, depends on the colour space.
        limited_range_only: whether the stream cannot say that its range is full.
        even_sides: whether it takes even sides only, though its chroma is not subsampled.
        reads_nv12: whether it takes NV12 as well, with the same result.
        input_format: what this one is given, if not `pixel_format`.

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
    takes_gop: bool = True
    takes_color: bool = True
    limited_range_only: bool = False
    even_sides: bool = False
    reads_nv12: bool = False
    input_format: PixelFormat | None = None

    @property
    def takes(self) -> PixelFormat:
        """Format of the frames that the encoder is given."""
        return self.input_format or self.pixel_format

    def taking(self, form: PixelFormat) -> Codec:
        """Return the row for an encoder that is given frames as they are captured, where it can read those."""
        return replace(self, input_format=form) if form is PixelFormat.NV12 and self.reads_nv12 else self

    @property
    def alignment(self) -> int:
        """What width and height must be a multiple of."""
        return 2 if self.even_sides else self.pixel_format.alignment

    @property
    def subsamples(self) -> bool:
        """Whether its chroma has less resolution than its luma."""
        return self.pixel_format.alignment > 1

    def preset(self, config: Config) -> str:
        """Return the preset asked for, or the default for the clock; empty if the encoder has none."""
        return config.preset or (self.step_preset if config.timing == "step" else self.wall_preset)

    def padded(self, size: Size) -> Size:
        """Return `size` rounded up to what the encoder takes."""
        step = self.alignment
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

    def check_frame_size(self, size: Size) -> None:
        """Check the size of the frames that the encoder is opened for.

        Raises:
            ConfigError: the encoder does not take it.
            EncodeError: they have not been padded to it.

        """
        self.check_size(size)
        if self.padded(size) != size:
            raise EncodeError(
                f"{self.encoder} needs an even width and height, not {size}; pad the frames first"
            )
