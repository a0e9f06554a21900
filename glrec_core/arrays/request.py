"""What an array encoder is asked to be: the options of a recording that have a meaning here, and those that only it has."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from glrec_core.config import AUTO, Alpha, Config, Timing, Tuning
from glrec_core.encode.codecs import CODECS, DEFAULT_CODEC
from glrec_core.encode.door import stream_for
from glrec_core.errors import ConfigError
from glrec_core.values import checks
from glrec_core.values.clock import Clock, StepClock, WallClock
from glrec_core.values.frame import PixelFormat, Size, StreamInfo
from glrec_core.values.measures import Rate, parse_rate, parse_size

_TUNINGS: dict[str | None, Tuning | None] = {
    None: None,
    "hq": "high_quality",
    "ll": "low_latency",
    "ull": "ultra_low_latency",
}
"""FFmpeg's short names of NVENC's tunings; the long ones are taken, too."""

_MOST_HELD = 64
"""More frames in flight than any encoder here has use for."""


DEFAULT_GOP = 30
"""Of an array encoder, in frames: those who ask for one want to begin soon."""

_LAST_DEVICE = (1 << 31) - 1
"""CUDA numbers GPUs by a C int."""

_USUAL_RATE = 30
"""What codecs with a limit are asked for where each picture brings its time; it decides nothing else."""


@dataclass(frozen=True, slots=True)
class Request:
    """One encoder, asked for.

    Attributes:
        size: of the pictures, in pixels.
        config: codec, preset, tuning, quality, bit rate, GOP and colours.
        rate: frames per second; None where each frame brings its time.
        held: how many frames may be held back at most; None leaves it to the encoder.
        device: number of the GPU in CUDA's order, for encoders on a GPU.

    """

    size: Size
    config: Config
    rate: Fraction | None
    held: int | None
    device: int

    @property
    def codec(self) -> str:
        """Name of the codec."""
        return self.config.codec or DEFAULT_CODEC

    @property
    def clock(self) -> Clock:
        """A recording's clock with the same time base and rate."""
        return WallClock() if self.rate is None else StepClock(self.rate)

    def stream(self, form: PixelFormat) -> StreamInfo:
        """Return what an encoder is asked to make, which decodes to `form`."""
        return stream_for(self.codec, form, self.size, self.config, self.clock)

    @property
    def hurries(self) -> bool:
        """Whether a frame is wanted soon rather than small."""
        return self.config.tuning in {"low_latency", "ultra_low_latency"}


def array_config(
    fps: Rate | None,
    *,
    timing: Timing,
    codec: str | None,
    preset: str | None,
    tuning: str | None,
    gop: int | None,
    quality: int | None,
    bitrate: int | None,
    color: str | None,
    backend: str | None,
    alpha: Alpha | None = None,
) -> Config:
    """Return the options that arrays share with recordings.

    Raises:
        ConfigError: one is out of its range, or two contradict each other.

    """
    return Config(
        timing=timing,
        fps=_USUAL_RATE if fps is None else fps,
        codec=codec,
        preset=preset,
        tuning=_TUNINGS.get(tuning, tuning) if isinstance(tuning, str) else tuning,  # type: ignore[arg-type] # Config checks it
        gop=gop,
        quality=quality,
        bitrate=bitrate,
        color=color,
        alpha=alpha,
        backend=AUTO if backend is None else backend,
    )


def make_request(
    size: tuple[int, int],
    fps: Rate | None,
    config: Config,
    *,
    device: int,
    low_latency: bool = False,
    depth: int | None = None,
) -> Request:
    """Return a request with options that are agreed on.

    Raises:
        ConfigError: another one is out of its range, or two contradict each other.

    """
    rate = None if fps is None else parse_rate(fps)
    return Request(
        parse_size(size),
        config,
        rate,
        _held(low_latency=low_latency, depth=depth),
        _device(device),
    )


def usual_gop(codec: object, gop: int | None) -> int | None:
    """Return the distance of keyframes without the default, where the codec's pictures are all keyframes."""
    row = CODECS.get(codec) if isinstance(codec, str) else None
    return None if row is not None and not row.takes_gop and gop == DEFAULT_GOP else gop


def _device(device: int) -> int:
    try:
        return checks.whole_number("device", device, 0, _LAST_DEVICE)
    except ConfigError as error:
        raise ConfigError(
            f"device={checks.shown(device)} must be the number of a GPU in CUDA's order, from 0"
        ) from error


def _held(*, low_latency: bool, depth: int | None) -> int | None:
    if checks.flag("low_latency", low_latency) and depth is not None:
        raise ConfigError(
            f"low_latency=True and depth={checks.shown(depth)} contradict each other; give one of them"
        )
    if depth is None:
        return 0 if low_latency else None
    return checks.whole_number("depth", depth, 0, _MOST_HELD)
