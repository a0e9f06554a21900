"""What a recording is asked to be: one frozen object, checked as a whole before anything is opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Any, Literal, TypedDict, get_args

from glrec_core.errors import ConfigError
from glrec_core.values import checks
from glrec_core.values.checks import nearest, one_of, shown
from glrec_core.values.clock import Clock, StepClock, WallClock
from glrec_core.values.color import BT601_FULL, BT709, ColorSpace, color_space
from glrec_core.values.keys import parse_key
from glrec_core.values.measures import Rate, parse_rate, parse_size
from glrec_core.values.owners import (
    BACKEND,
    CAPTURE,
    CLOCK,
    CONVERTER,
    ENCODER,
    QUEUE,
    RECORDER,
    SINK,
    Owner,
    of,
    owner_of,
    why_not_stored,
)

Timing = Literal["wall", "step"]
OnResize = Literal["letterbox", "scale", "segment"]
Overflow = Literal["block", "spill", "drop"]
Tuning = Literal["high_quality", "low_latency", "ultra_low_latency"]
RateControl = Literal["cq", "constqp", "vbr", "cbr"]
Chroma = Literal["420", "444"]
Alpha = Literal["straight", "premultiplied"]

FrameOperation = Callable[[timedelta, Any], Any]
"""What can be done to a frame, (height, width, 3 or 4) uint8, at its time; see `glrec_core.process`."""

AUTO = "auto"
"""What `backend` is where the best one is to be taken."""

SPILL_BACKEND = "spill"
"""Name of the backend that stores every frame before it is encoded."""

DEFAULT_STEP_FPS = Fraction(60)

CODEC_MAX_FPS = {"gif": Fraction(50), "webp": Fraction(90)}
"""What browsers play at its speed: they show pictures meant for 10 ms or less for 100 ms, and GIF counts in 10 ms."""

LEAST_BIT_RATE = 1000
"""In bits per second; below, kilobits were meant."""

MOST_BIT_RATE = (1 << 32) - 1
"""NVENC counts bits per second in uint32_t (NV_ENC_RC_PARAMS in nvEncodeAPI.h); the others take as many."""

_LARGEST_INT = (1 << 31) - 1
"""Of a C int, in which FFmpeg's encoders count frames."""

MOST_B_FRAMES = 16
"""Pictures that H.264 and HEVC decoders hold at most (H.264, A.3.1; HEVC, A.4.2)."""

MOST_SLOTS = 1024
"""Four gigabytes of 720p; who needs more wants `overflow="spill"`."""

OPTION_SYNONYMS = {
    "crf": "quality",
    "cq": "quality",
    "qp": "quality",
    "frame_rate": "fps",
    "framerate": "fps",
    "rate": "fps",
    "resolution": "size",
    "bit_rate": "bitrate",
    "keyint": "gop",
    "bframes": "b_frames",
    "max_frames": "frames",
    "n_frames": "frames",
    "filters": "process",
    "sound": "audio",
    "encoder": "codec",
    "vcodec": "codec",
    "force": "overwrite",
}
"""What other programs call our options."""

CODEC_SYNONYMS = {
    "h265": "hevc",
    "x265": "hevc",
    "libx265": "hevc",
    "h.265": "hevc",
    "avc": "h264",
    "x264": "h264",
    "libx264": "h264",
    "h.264": "h264",
    "svtav1": "av1",
    "libsvtav1": "av1",
    "libvpx-vp9": "vp9",
    "jpeg": "mjpeg",
    "prores_ks": "prores",
}
"""What other programs call our codecs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Options of a recording.

        config = Config(fps="30000/1001", codec="hevc", quality=24)
        print(config.rate, config.overflow_policy)

    Attributes:
        fps: frames per second, as int, Fraction, "30000/1001" or float. Under `timing="step"` the exact rate (60 if
            None); under `timing="wall"` an upper limit (if None, what the codec can show: 50 for "gif", 90 for "webp").
        timing: "wall" keeps the time at which each frame was drawn; "step" shows frame n at exactly n/fps. Windows have
            "wall" by default, functions and your own loops "step".
        frames: record at most this many frames.
        size: (width, height) in pixels of the recording; None takes the first frame's size.
        on_resize: what to do when the source's size changes: "letterbox" keeps its shape within the first size,
            "scale" stretches it, "segment" starts a new part in the new size.
        codec: "h264", "hevc", "av1", "vp9", "ffv1", "mjpeg", "prores", "png", "gif", "webp"; None takes the container's
            default.
        preset: the encoder's own name for its speed (ProRes: for its profile); None takes the codec's default.
        tuning: what NVENC optimises for: "high_quality" (None), "low_latency" or "ultra_low_latency".
        rate_control: "cq" (constant quality) and "constqp" (the same quantizer for all frames) take `quality`; "vbr" and
            "cbr" (variable and constant bit rate) take `bitrate`. None is "vbr" where a bit rate is given, else "cq".
        quality: the encoder's constant-quality value; None takes the codec's default. It is a CRF, where lower is better,
            except for "mjpeg" and "webp": theirs is a scale to 100, where higher is better.
        lossless: keep every pixel's RGB exactly ("h264", "ffv1", "png" and "webp").
        bitrate: mean bits per second instead of constant quality.
        max_bitrate: peak bits per second under "vbr"; None leaves it to the encoder.
        chroma: "420" (the codec's usual colour resolution, what all players take) or "444" (all of it; NVENC, "mjpeg" and
            "prores").
        alpha: keep the alpha channel, and what the drawn colours are: "straight", or "premultiplied" by alpha, as
            blending into a cleared transparent framebuffer leaves them. Files always hold straight colours. None keeps
            no alpha.
        gop: largest distance between two keyframes, in frames; None is two seconds, and 1 for "ffv1". Only 1 is taken for
            "mjpeg", "prores", "png", "gif" and "webp", whose pictures are all keyframes.
        b_frames: number of consecutive B-frames.
        color: "bt709", "bt709-full", "bt601" or "bt601-full"; None is "bt709", and for "mjpeg" the "bt601-full" that every
            JPEG is. Refused for "png", "gif" and "webp". "ffv1" and lossless "h264" also hold R'G'B' as it is: for
            them it is only what the file says of its primaries, transfer and range.
        process: what is done to each frame before it is encoded, in order: operations of `glrec_core.process`, or your own
            functions `(time, frame) -> frame`. They run on the encode thread, where the frame is, and keep its size.
            Functions get CuPy's arrays with backend="nvenc" or "mjpeg"; "auto" takes a route that gives them NumPy's.
        overflow: what to do when the encoder is slower than the program: "block" waits (no frame is ever lost), "spill"
            stores frames on disk until the encoder has time for them and waits only where the disk is too slow or full,
            "drop" skips and counts. None is "block" under the step clock and "spill" under the wall clock.
        slots: frames held in memory between capture and encoder.
        spill_dir: where to make the directory for spilled frames, on a disk; None is the user's cache directory. This and
            `spill_memory_bytes` have an effect only where frames are spilled, by `overflow` or `backend`.
        spill_memory_bytes: plain memory for frames on their way to the disk and back, beside the slots; two frames' worth
            is used in any case. What it has room for goes to the disk later, or never if the encoder catches up.
        keep_spill: keep the stored frames of `backend="spill"` after `close()`, for `Recording.frames_as_arrays()`.
        backend: "auto", or the name of the one to use.
        overwrite: replace an existing output file; for files that are given as paths.
        audio: file with the sound for all files that are given as paths; see `FileSink`.
        paused: begin paused; `resume()` or the hotkey starts the recording.
        hotkey: key on the window that pauses and resumes the recording: "F1" to "F12", a letter or a digit. The
            program still gets it.
        dot: draw a red dot into the window while it is recorded, after each frame has been read, so that no file shows it.
            For programs that redraw the whole frame each time: what is left of an earlier frame is recorded with its dot.
        stats_json: file to which `close()` adds one line of JSON with the account (`Stats.as_dict`); "-" is the standard
            output.

    Raises:
        ConfigError: a value is out of its range or of the wrong kind.

    """

    fps: Rate | None = field(default=None, metadata=of(CLOCK))
    timing: Timing = field(default="wall", metadata=of(CLOCK))
    frames: int | None = field(
        default=None, metadata=of(CLOCK, not_stored="what is stored has been through it")
    )
    size: tuple[int, int] | None = field(default=None, metadata=of(CAPTURE))
    on_resize: OnResize = field(default="letterbox", metadata=of(CAPTURE))
    codec: str | None = field(default=None, metadata=of(BACKEND))
    preset: str | None = field(default=None, metadata=of(ENCODER))
    tuning: Tuning | None = field(default=None, metadata=of(ENCODER))
    rate_control: RateControl | None = field(default=None, metadata=of(ENCODER))
    quality: int | None = field(default=None, metadata=of(ENCODER))
    lossless: bool = field(default=False, metadata=of(ENCODER))
    bitrate: int | None = field(default=None, metadata=of(ENCODER))
    max_bitrate: int | None = field(default=None, metadata=of(ENCODER))
    chroma: Chroma = field(default="420", metadata=of(ENCODER))
    alpha: Alpha | None = field(default=None, metadata=of(ENCODER))
    gop: int | None = field(default=None, metadata=of(ENCODER))
    b_frames: int = field(default=0, metadata=of(ENCODER))
    color: str | None = field(default=None, metadata=of(CONVERTER))
    process: Sequence[FrameOperation] = field(
        default=(),
        metadata=of(CONVERTER, not_stored="functions cannot be kept; the header says how many there were"),
    )
    overflow: Overflow | None = field(default=None, metadata=of(QUEUE))
    slots: int = field(default=8, metadata=of(QUEUE))
    spill_dir: str | os.PathLike[str] | None = field(default=None, metadata=of(QUEUE))
    spill_memory_bytes: int = field(default=64 << 20, metadata=of(QUEUE))
    keep_spill: bool = field(default=False, metadata=of(QUEUE))
    backend: str = field(
        default=AUTO, metadata=of(BACKEND, not_stored="stored frames are in host memory and encoded there")
    )
    overwrite: bool = field(default=False, metadata=of(SINK))
    audio: str | os.PathLike[str] | None = field(
        default=None,
        metadata=of(
            SINK,
            not_stored="the file may have changed, and a name that was tampered with must not be read; the header says that there was one",
        ),
    )
    paused: bool = field(default=False, metadata=of(RECORDER))
    hotkey: str | None = field(default=None, metadata=of(RECORDER))
    dot: bool = field(default=False, metadata=of(RECORDER))
    stats_json: str | os.PathLike[str] | None = field(
        default=None, metadata=of(RECORDER, not_stored="the account is that of the program that drew")
    )

    def __post_init__(self) -> None:
        """Check every option, and keep each in its one form."""
        for each in fields(self):
            object.__setattr__(self, each.name, checked(each.name, getattr(self, each.name)))
        self._check_spill()
        self._check_color()
        if self.bitrate is not None and (self.quality is not None or self.lossless):
            raise ConfigError("bitrate= cannot be combined with quality= or lossless=True; give one of them")
        if self.lossless and self.quality is not None:
            raise ConfigError("lossless=True and quality= contradict each other; give one of them")
        self._check_rate_control()

    def _check_color(self) -> None:
        if self.codec == "mjpeg" and self.color not in {None, BT601_FULL.name}:
            raise ConfigError(f"color={self.color!r}: every JPEG is {BT601_FULL.name!r}; leave it out")

    def _check_spill(self) -> None:
        stores_all = self.backend == SPILL_BACKEND
        if self.keep_spill and not stores_all:
            raise ConfigError(f"keep_spill=True needs backend={SPILL_BACKEND!r}, which stores every frame")
        if stores_all and self.overflow is not None:
            raise ConfigError(
                f"overflow={self.overflow!r} has no meaning with backend={SPILL_BACKEND!r}; leave it out"
            )

    def _check_rate_control(self) -> None:
        by_bit_rate = self.rate_control in {"vbr", "cbr"}
        if by_bit_rate and self.bitrate is None:
            raise ConfigError(f"rate_control={self.rate_control!r} needs bitrate=, in bits per second")
        if self.rate_control in {"cq", "constqp"} and (self.bitrate is not None or self.lossless):
            raise ConfigError(
                f"rate_control={self.rate_control!r} takes quality=, not bitrate= or lossless=True"
            )
        if self.max_bitrate is None:
            return
        if self.bitrate is None or self.rate_control == "cbr":
            raise ConfigError(f"max_bitrate={self.max_bitrate} needs rate_control='vbr' and bitrate=")
        if self.max_bitrate < self.bitrate:
            raise ConfigError(f"max_bitrate={self.max_bitrate} is below bitrate={self.bitrate}")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Config:
        """Return options that are given by their names.

            config = Config.of({"fps": 30, "timing": "step"})
            print(config.rate)

        Raises:
            ConfigError: an option is not known (the text names the nearest one), or a value cannot be honoured.

        """
        known = Options.__annotations__
        for name in options:
            if name not in known:
                codecs = dict.fromkeys((*CODEC_SYNONYMS, *CODEC_SYNONYMS.values()), "codec")
                near = nearest(name, known, codecs | OPTION_SYNONYMS) or "."
                raise ConfigError(
                    f"{name}= is not an option of a recording{near} Options are: {', '.join(known)}"
                )
        return cls(**options)

    @property
    def rate(self) -> Fraction | None:
        """`fps` as an exact fraction; 60 where the step clock was given none, the codec's limit where the wall clock was."""
        if self.fps is None:
            return DEFAULT_STEP_FPS if self.timing == "step" else CODEC_MAX_FPS.get(self.codec or "")
        return parse_rate(self.fps)

    @property
    def color_space(self) -> ColorSpace:
        """The colour space that `color` names, or else the codec's."""
        if self.color is not None:
            return color_space(self.color)
        return BT601_FULL if self.codec == "mjpeg" else BT709

    @property
    def is_lossless(self) -> bool:
        """Whether the files hold every pixel exactly as it was drawn."""
        return (self.lossless or self.codec in {"ffv1", "png"}) and self.alpha != "premultiplied"

    @property
    def blocks(self) -> bool:
        """Whether a full queue makes the render thread wait."""
        return self.overflow_policy == "block"

    @property
    def overflow_policy(self) -> Overflow:
        """What to do when the encoder is slower than the program: `overflow`, or the clock's default."""
        return self.overflow or ("block" if self.timing == "step" else "spill")

    def with_codec(self, default: str) -> Config:
        """Return these options with the codec filled in where none was given.

        For example:

            config = Config(fps=60).with_codec("h264")
            print(config.codec)
        """
        return self if self.codec is not None else replace(self, codec=default)

    def make_clock(self) -> Clock:
        """Return the clock that gives frames their timestamps.

        For example:

            clock = Config(fps=60, timing="step").make_clock()
            pts_ns = clock.tick()
        """
        if self.timing == "step":
            return StepClock(self.rate or DEFAULT_STEP_FPS, self.frames)
        return WallClock(self.rate, self.frames)


class Options(TypedDict, total=False):
    """The options of `Config` as keyword arguments of a function: `def attach(window, **options: Unpack[Options])`.

    For example:

        def attach(window: object, path: str, **options: Unpack[Options]) -> Recorder:
            return record(window, path, **options)
    """

    fps: Rate | None
    timing: Timing
    frames: int | None
    size: tuple[int, int] | None
    on_resize: OnResize
    codec: str | None
    preset: str | None
    tuning: Tuning | None
    rate_control: RateControl | None
    quality: int | None
    lossless: bool
    bitrate: int | None
    max_bitrate: int | None
    chroma: Chroma
    alpha: Alpha | None
    gop: int | None
    b_frames: int
    color: str | None
    process: Sequence[FrameOperation]
    overflow: Overflow | None
    slots: int
    spill_dir: str | os.PathLike[str] | None
    spill_memory_bytes: int
    keep_spill: bool
    backend: str
    overwrite: bool
    audio: str | os.PathLike[str] | None
    paused: bool
    hotkey: str | None
    dot: bool
    stats_json: str | os.PathLike[str] | None


def checked(name: str, value: object) -> Any:
    """Return the value of one option of `Config` in its one form.

    Raises:
        ConfigError: the value itself is wrong; `Config` refuses what contradicts another option.

    """
    if name in _CHOICES:
        one_of(name, value, _CHOICES[name])
    elif value is not None or name in _NEVER_NONE:
        return _CHECKS[name](name, value)
    return value


def options_of(owner: Owner) -> tuple[str, ...]:
    """Return the names of the options that are a part's to honour."""
    return tuple(each.name for each in fields(Config) if owner_of(each.metadata) is owner)


def not_stored() -> dict[str, str]:
    """Return the options that a spill does not keep, with the reasons."""
    reasons = {each.name: why_not_stored(each.metadata) for each in fields(Config)}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def changed(config: Config, names: Iterable[str]) -> dict[str, Any]:
    """Return those of the options that are not as they are by default, with their values."""
    defaults = {each.name: each.default for each in fields(Config)}
    values = {name: getattr(config, name) for name in names}
    return {name: value for name, value in values.items() if value != defaults[name]}


def choices(name: str) -> tuple[str, ...]:
    """Return the words that an option of `Config` may have; none where it takes other values."""
    return tuple(choice for choice in _CHOICES.get(name, ()) if isinstance(choice, str))


def _codec(name: str, value: object) -> str:
    codec = checks.text(name, value, "h264")
    if codec.lower() in CODEC_SYNONYMS:
        raise ConfigError(f"{name}={codec!r} is not known{nearest(codec, (), CODEC_SYNONYMS)}")
    return codec


def _fps(_: str, value: Any) -> Rate:
    rate = parse_rate(value)
    return value if type(value) in {int, float, str, Fraction} else rate


def _color(name: str, value: object) -> str:
    return color_space(checks.text(name, value, "bt709")).name


def _operations(name: str, value: object) -> tuple[FrameOperation, ...]:
    if isinstance(value, list | tuple) and all(map(callable, value)):
        return tuple(value)
    raise ConfigError(
        f"{name}={shown(value)} must be a list of operations or of functions (time, frame) -> frame"
    )


_Check = Callable[[str, Any], Any]

_CHOICES: dict[str, tuple[object, ...]] = {
    "timing": get_args(Timing),
    "on_resize": get_args(OnResize),
    "overflow": (None, *get_args(Overflow)),
    "tuning": (None, *get_args(Tuning)),
    "rate_control": (None, *get_args(RateControl)),
    "chroma": get_args(Chroma),
    "alpha": (None, *get_args(Alpha)),
}

_CHECKS: dict[str, _Check] = {
    "fps": _fps,
    "frames": partial(checks.whole_number, least=1),
    "size": lambda _, value: parse_size(value),
    "codec": _codec,
    "preset": partial(checks.text, example="medium"),
    "quality": partial(checks.whole_number, least=0, most=_LARGEST_INT),
    "lossless": checks.flag,
    "bitrate": partial(checks.whole_number, least=LEAST_BIT_RATE, most=MOST_BIT_RATE),
    "max_bitrate": partial(checks.whole_number, least=LEAST_BIT_RATE, most=MOST_BIT_RATE),
    "gop": partial(checks.whole_number, least=1, most=_LARGEST_INT),
    "b_frames": partial(checks.whole_number, least=0, most=MOST_B_FRAMES),
    "color": _color,
    "process": _operations,
    "slots": partial(checks.whole_number, least=2, most=MOST_SLOTS),
    "spill_dir": checks.path,
    "spill_memory_bytes": partial(checks.whole_number, least=0),
    "keep_spill": checks.flag,
    "backend": partial(checks.text, example=AUTO),
    "overwrite": checks.flag,
    "audio": checks.path,
    "paused": checks.flag,
    "hotkey": lambda _, value: parse_key(value),
    "dot": checks.flag,
    "stats_json": partial(checks.path, hint=", or '-' for the standard output"),
}
"""How each option that is no choice is checked; None is taken where it is the default."""

_NEVER_NONE = frozenset(each.name for each in fields(Config) if each.default is not None)
