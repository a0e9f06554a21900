"""Reads option values from the command line, with the checks and the words of `Config`."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from glrec_core import checks
from glrec_core.config import parse_rate, parse_size
from glrec_core.errors import ConfigError
from glrec_core.frame import Size

_Value = TypeVar("_Value")

_SIZE = re.compile(r"(\d+)x(\d+)")
_BIT_RATE = re.compile(r"(\d+(?:\.\d+)?)([kKM]?)")
_MULTIPLES = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}
_SHARE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(%?)")


def size(text: str) -> Size:
    """Read `1280x720`."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; give WIDTHxHEIGHT such as 1280x720")
    return _in_words_of_argparse(lambda: parse_size((int(found[1]), int(found[2]))))


def rate(text: str) -> Fraction:
    """Read `60`, `59.94` or `30000/1001`."""
    return _in_words_of_argparse(lambda: parse_rate(text))


def path(text: str) -> Path:
    """Read a path that this system can name a file by; what is there is not looked at."""
    return Path(_in_words_of_argparse(lambda: checks.path("path", text)))


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def seconds(text: str) -> float:
    """Read a finite time above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; give a number of seconds above 0")
    return value


def bit_rate(text: str) -> int:
    """Read `8M`, `500k` or `8000000`: bits per second, at least 1."""
    found = _BIT_RATE.fullmatch(text)
    value = round(Fraction(found[1]) * _MULTIPLES[found[2]]) if found else 0
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a bit rate; give bits per second such as 8M or 500k"
        )
    return value


def share(text: str) -> float:
    """Read `5%` or `0.05`: from 0 to 1."""
    found = _SHARE.fullmatch(text)
    value = Fraction(found[1]) / (100 if found[2] else 1) if found else Fraction(-1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; give one such as 5% or 0.05")
    return float(value)


def _in_words_of_argparse(parse: Callable[[], _Value]) -> _Value:
    try:
        return parse()
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
