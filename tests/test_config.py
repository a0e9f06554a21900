"""Options: exact types out, one clear error in."""

from fractions import Fraction
from typing import Any

import pytest

from glrec_core.config import Config
from glrec_core.errors import ConfigError
from glrec_core.values.frame import Size
from glrec_core.values.measures import parse_rate, parse_size


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (60, Fraction(60)),
        ("30000/1001", Fraction(30000, 1001)),
        (Fraction(24000, 1001), Fraction(24000, 1001)),
        (59.94005994005994, Fraction(60000, 1001)),
        (0.5, Fraction(1, 2)),
        ("25", Fraction(25)),
    ],
)
def test_rates_become_exact_fractions(given: Any, exact: Fraction) -> None:
    assert parse_rate(given) == exact
    assert Config(fps=given).rate == exact


@pytest.mark.parametrize(
    "bad", [0, -1, float("nan"), float("inf"), "fast", "1e999999999", "-5", "", True, None, [60], 1e9, "1/0"]
)
def test_bad_rates_are_refused(bad: Any) -> None:
    with pytest.raises(ConfigError, match="fps="):
        parse_rate(bad)


@pytest.mark.parametrize("bad", [(0, 10), (10, 0), (16385, 10), (10,), 5, "ab", (1.5, 2), (1, 2, 3), (-4, 4)])
def test_bad_sizes_are_refused(bad: Any) -> None:
    with pytest.raises(ConfigError, match="size="):
        parse_size(bad)


def test_size_becomes_a_size() -> None:
    assert parse_size([640, 480]) == Size(640, 480)


@pytest.mark.parametrize(
    "options",
    [
        {"timing": "fast"},
        {"on_resize": "crop"},
        {"overflow": "forget"},
        {"frames": 0},
        {"frames": 1.5},
        {"quality": -1},
        {"bitrate": 10},
        {"gop": 0},
        {"b_frames": -1},
        {"slots": 1},
        {"color": "bt2020"},
        {"bitrate": 1_000_000, "quality": 20},
        {"lossless": True, "quality": 20},
        {"lossless": True, "bitrate": 1_000_000},
    ],
)
def test_bad_options_are_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        Config(**options)


def test_step_timing_blocks_and_wall_timing_drops_unless_told() -> None:
    assert Config(timing="step").blocks
    assert not Config(timing="wall").blocks
    assert Config(timing="wall", overflow="block").blocks
    assert not Config(timing="step", overflow="drop").blocks


def test_step_timing_has_a_default_rate_and_wall_timing_none() -> None:
    assert Config(timing="step").rate == 60
    assert Config().rate is None
