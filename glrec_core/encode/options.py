"""FFmpeg's options for each software encoder.

All hold back little, since what an encoder holds is lost when the process is killed: x264 a quarter of a second at most,
the others nothing, and a few frames more for each B-frame. Without lookahead x264's macroblock tree only costs quality.
"""

from __future__ import annotations

import os
from fractions import Fraction

from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.system.environment import set_unless_set

_VP9_SLOWEST_REALTIME = 5  # libvpx: cpu-used 5 to 8 are the real-time speeds, 0 to 4 the good-quality ones
_SVT_MAX_FPS = 240
_COARSEST_QUANTIZER = 31
_THREADS_A_CORE = Fraction(3, 2)  # x264's own choice (x264_encoder_open)
_MOST_THREADS = 12
"""Measured with "ultrafast" on the 16 cores beside an H200, 2026-11: 12 threads encode 766 pictures/s of 1080p and 197 of 4K,
24 threads 593 and 189, 16 slices 318 and 97."""
_FEWEST_THREADS = 4
"""Fewer would be no faster than slices: six encode 432 pictures/s of 1080p on those cores."""
_HELD_SECONDS = {"step": Fraction(1, 4), "wall": Fraction(1, 8)}
"""At the nominal rate, by the clock; under the wall clock a program may draw slower than that."""
_PRORES_PROFILES = (
    "proxy",
    "lt",
    "standard",
    "hq",
    "4444",
    "4444xq",
)  # AV_PROFILE_PRORES_PROXY is 0, and so on


def encoder_options(codec: Codec, config: Config) -> dict[str, str]:
    """Return the options to open `codec.encoder` with; quality and rate included."""
    preset = codec.preset(config)
    options = _OPTIONS[codec.encoder](preset, config)
    if codec.quality is not None and config.bitrate is None:
        quality = codec.quality.default if config.quality is None else config.quality
        options |= _quantizer(quality) if codec.name == "mjpeg" else {"crf": str(quality)}
    if codec.subsamples:
        options["chroma_sample_location"] = codec.chroma_location
    return options


def nominal_rate(codec: Codec, frame_rate: Fraction) -> Fraction:
    """Return the frame rate to open the encoder with, which steers its rate control only."""
    return min(frame_rate, Fraction(_SVT_MAX_FPS)) if codec.encoder == "libsvtav1" else frame_rate


def frame_threads(codec: Codec, config: Config, frame_rate: Fraction) -> int | None:
    """Return how many pictures x264 is to encode at a time; it holds one more, and two for each B-frame (seen with FFmpeg 8.1).

    None for an encoder that is not asked, and where x264 may not hold that many, at low frame rates. Its other way serves
    then, a slice of the picture for each thread, which holds less, but takes twice the time on many cores and makes larger
    files.
    """
    if codec.encoder not in {"libx264", "libx264rgb"}:
        return None
    held = int(frame_rate * _HELD_SECONDS[config.timing])
    useful = min(int(_THREADS_A_CORE * _cores()), _MOST_THREADS)
    pictures = min(useful, held - 1 - 2 * config.b_frames)
    return pictures if pictures >= min(useful, _FEWEST_THREADS) else None


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quieten(codec: Codec) -> None:
    """Keep SVT-AV1 from printing its settings to stderr, unless the user has set the level; only this variable can."""
    if codec.encoder == "libsvtav1":
        set_unless_set("SVT_LOG", "1")  # errors only


def _x264(preset: str, config: Config) -> dict[str, str]:
    adaptive = (
        {"b_strategy": "1"} if config.b_frames else {}
    )  # 2, of the slowest presets, looks 12 frames ahead
    return {
        "preset": preset,
        "profile": "high",
        "8x8dct": "1",  # makes ultrafast High, too, rather than Constrained Baseline
        "mbtree": "0",
        "rc-lookahead": str(config.b_frames),
        **adaptive,
    }


def _x264_rgb(preset: str, _: Config) -> dict[str, str]:
    return {"preset": preset, "qp": "0", "rc-lookahead": "0"}


def _x265(preset: str, config: Config) -> dict[str, str]:
    parameters = {"log-level": "none", "open-gop": "0"}  # every keyframe is one to enter the stream at,
    options = {"preset": preset, "forced-idr": "1"}  # forced ones, too
    if config.b_frames:
        parameters |= {"rc-lookahead": str(config.b_frames + 1), "frame-threads": "1"}
    else:
        options["tune"] = "zerolatency"
    return {**options, "x265-params": _joined(parameters)}


def _svt_av1(preset: str, config: Config) -> dict[str, str]:
    parameters = {"pred-struct": "1", "lookahead": "0"}  # low delay
    if config.bitrate is not None:
        parameters["rc"] = "2"  # constant bit rate is the only rate control of the low-delay structure
    return {"preset": preset, "svtav1-params": _joined(parameters)}


def _vp9(preset: str, _: Config) -> dict[str, str]:
    deadline = "realtime" if int(preset) >= _VP9_SLOWEST_REALTIME else "good"
    return {
        "deadline": deadline,
        "cpu-used": preset,
        "lag-in-frames": "0",
        "row-mt": "1",
        "tile-columns": "6",  # 2**6, or as many as the width allows: they are encoded in parallel
    }


def _ffv1(_: str, __: Config) -> dict[str, str]:
    return {"level": "3", "slicecrc": "1"}  # version 3: slices encoded in parallel, each with a checksum


def _prores(profile: str, _: Config) -> dict[str, str]:
    return {
        "profile": str(_PRORES_PROFILES.index(profile)),
        "vendor": "apl0",
    }  # the one name that every reader takes


def _png(level: str, _: Config) -> dict[str, str]:
    return {"compression_level": level, "pred": "sub"}


def _mjpeg(_: str, __: Config) -> dict[str, str]:
    return {"huffman": "optimal"}


def _quantizer(quality: int) -> dict[str, str]:
    """Return the quantizer, of 31, whose mean step is nearest to that of JPEG's quality.

    The Independent JPEG Group's library scales the tables of ITU-T T.81, annex K (mean 57.6); FFmpeg an eighth of
    MPEG-1's (mean 29.9).
    """
    percent = 200 - 2 * quality if quality >= 50 else 5000 / quality  # noqa: PLR2004 - jpeg_quality_scaling() in jcparam.c
    step = str(min(max(round(57.6 * percent / 100 / (29.9 / 8)), 1), _COARSEST_QUANTIZER))
    return {"qmin": step, "qmax": step}


def _joined(parameters: dict[str, str]) -> str:
    return ":".join(f"{name}={value}" for name, value in parameters.items())


_OPTIONS = {
    "libx264": _x264,
    "libx264rgb": _x264_rgb,
    "libx265": _x265,
    "libsvtav1": _svt_av1,
    "libvpx-vp9": _vp9,
    "ffv1": _ffv1,
    "prores_aw": _prores,
    "png": _png,
    "mjpeg": _mjpeg,
}
