"""Makes sound files with short tones at known times, and finds the tones in any file again."""

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

_TONE_HZ = 1000
_TONE_SECONDS = 0.03
_SILENCE_SECONDS = 0.1
_CHUNK = 1000


class Heard(NamedTuple):
    """The sound of a file: its codec, when tones begin, and when all of it ends, in seconds as a player counts them."""

    codec: str
    tones: list[float]
    end: float
    channels: int


def make_sound(
    path: Path,
    codec: str,
    tones: list[float],
    *,
    seconds: float = 3,
    rate: int = 44_100,
    layout: str = "stereo",
) -> Path:
    """Write a file with tones at the given times and return its path."""
    samples = _with_tones(tones, seconds, rate)
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    with av.open(path, "w") as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        for begin in range(0, len(samples), _CHUNK):
            packed = np.repeat(samples[begin : begin + _CHUNK], channels).reshape(1, -1)
            frame = AudioFrame.from_ndarray(packed, "s16", layout)
            frame.rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def hear(path: Path) -> Heard:
    """Decode all sound of a file."""
    levels, begin, end = [], None, 0.0
    with av.open(path) as source:
        stream = source.streams.audio[0]
        resampler = av.AudioResampler("flt", "mono", stream.rate)
        for decoded in source.decode(stream):
            begin = decoded.time if begin is None else begin
            assert decoded.time is not None
            end = decoded.time + decoded.samples / decoded.sample_rate
            levels += [frame.to_ndarray().reshape(-1) for frame in resampler.resample(decoded)]
        codec, rate, channels = stream.codec_context.codec.canonical_name, stream.rate, stream.channels
    assert begin is not None
    return Heard(codec, [begin + at / rate for at in _onsets(np.concatenate(levels), rate)], end, channels)


def _with_tones(tones: list[float], seconds: float, rate: int) -> NDArray[np.int16]:
    samples = np.zeros(round(seconds * rate))
    wave = np.cos(np.arange(round(_TONE_SECONDS * rate)) * 2 * np.pi * _TONE_HZ / rate)
    for tone in tones:
        at = round(tone * rate)
        samples[at : at + len(wave)] = wave[: len(samples) - at]
    return (samples * 26_000).astype(np.int16)


def _onsets(samples: NDArray[np.float32], rate: int) -> list[int]:
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 0.4)
    first = np.diff(loud, prepend=-rate) > _SILENCE_SECONDS * rate
    return [int(at) for at in loud[first]]
