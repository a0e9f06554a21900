"""Every option of the encoder's has an effect on the film, is refused, or is known to say what is so in any case."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from glrec_core import Config, ConfigError, FileSink, record
from glrec_core.encode.codecs import CODECS
from glrec_core.encode.stills import STILLS
from glrec_core.encoder import ENCODER_OPTIONS
from glrec_core.testing.streams import encode, rgba_frame
from glrec_core.values.frame import Frame, Size, StreamInfo

SIZE = Size(160, 120)
VALUES: dict[str, list[Any]] = {
    "alpha": ["straight"],
    "b_frames": [1, 2],
    "bitrate": [100_000, 5_000_000],
    "chroma": ["444"],
    "color": ["bt709", "bt709-full", "bt601", "bt601-full"],
    "gop": [1, 3],
    "lossless": [True],
    "max_bitrate": [10**7],
    "preset": ["0", "1", "3", "fast", "ultrafast", "lt", "4444", "4444xq", "P3"],
    "quality": [1, 10, 45, 90],
    "rate_control": ["cq", "constqp", "vbr"],
    "tuning": ["low_latency"],
}

SAYS_WHAT_IS = {
    ("rate_control", "cq"): {"h264", "hevc", "av1", "vp9", "mjpeg", "webp"},
    ("rate_control", "vbr"): {"h264", "hevc", "av1", "vp9"},
    ("lossless", True): {"ffv1", "png"},
    ("color", "bt601-full"): {"mjpeg"},
    ("gop", 1): {"ffv1", "mjpeg", "prores", "png", "gif", "webp"},
}
"""What is taken though it changes nothing, since it is true: by option and value, of which codecs."""


@cache
def frames() -> tuple[Frame, ...]:
    random = np.random.default_rng(1).integers(0, 255, (12, 16, 4), np.uint8).repeat(10, 0).repeat(10, 1)
    random[..., 3] = 200
    moved = (np.roll(random, (3 * number, 5 * number), (0, 1)) for number in range(14))
    return tuple(rgba_frame(picture, number * 33_333_333) for number, picture in enumerate(moved))


def film(options: dict[str, Any]) -> tuple[list[Any], StreamInfo]:
    config = Config.of({"timing": "step", "fps": 30, **options})
    made = list(encode(config, frames(), SIZE))
    return [(p.data, p.alpha, p.pts, p.keyframe) for _, packets in made for p in packets], made[-1][0]


def without_effect(base: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield each option that is taken and of which no value changes the film, with the values that are taken."""
    plain = film(base)
    for name, values in VALUES.items():
        taken = []
        for value in values if name not in base else ():
            try:
                taken.append((value, film({**base, name: value}) == plain))
            except ConfigError:
                continue
        if taken and all(same for _, same in taken):
            yield name, [value for value, _ in taken]


BASES: list[dict[str, Any]] = [
    {},
    {"lossless": True},
    {"alpha": "straight"},
    {"chroma": "444"},
    {"bitrate": 200_000},
]


@pytest.mark.parametrize("codec", CODECS)
def test_an_option_has_an_effect_or_is_refused(codec: str) -> None:
    for base in BASES:
        if codec in STILLS:
            pytest.importorskip("imageio", reason="imageio is not installed")
        try:
            found = dict(without_effect({"codec": codec, **base}))
        except ConfigError:
            continue  # the codec does not have that
        for name, values in found.items():
            for value in values:
                known = codec in SAYS_WHAT_IS.get((name, value), set())
                is_part = name in {"chroma", "preset"} and codec == "prores" and value in {"444", "4444"}
                assert known or is_part, f"{name}={value!r} changes nothing of {codec} with {base}"


def test_no_option_of_the_encoders_is_left_out() -> None:
    assert set(VALUES) == {*ENCODER_OPTIONS, "color"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"codec": "png", "color": "bt709"}, "color='bt709': a png holds red, green and blue"),
        ({"codec": "gif", "color": "bt601"}, "color='bt601': a gif"),
        ({"codec": "webp", "color": "bt709-full"}, "color='bt709-full': a webp"),
        ({"codec": "mjpeg", "gop": 30}, "gop=30: every picture of mjpeg is a keyframe"),
        ({"codec": "prores", "gop": 30}, "gop=30: every picture of prores"),
        ({"codec": "png", "gop": 30}, "gop=30: every picture of png"),
    ],
)
def test_what_has_no_effect_is_refused_before_anything_is_touched(
    options: dict[str, Any], words: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = {"png": "a/%03d.png", "gif": "a.gif", "webp": "a.webp"}.get(options["codec"], "a.mov")
    with pytest.raises(ConfigError, match=words):
        record(None, name, fps=30, **options)
    assert list(tmp_path.iterdir()) == []


def test_overwriting_is_said_of_paths(tmp_path: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"overwrite=True goes with paths .* FileSink\(path, overwrite=\.\.\.\)"
    ):
        record(None, FileSink(tmp_path / "a.mp4"), overwrite=True)
