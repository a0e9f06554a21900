"""Reads values from the command line. What `Config` checks as well is refused in its words (see `options`)."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

from glrec_core.errors import ConfigError
from glrec_core.values import checks
from glrec_core.values.checks import shown
from glrec_core.values.frame import Size
from glrec_core.values.measures import parse_rate, parse_size

_Value = TypeVar("_Value")

_SIZE = re.compile(r"(\d{1,9})x(\d{1,9})")
_WHOLE = re.compile(r"-?\d{1,18}")
_BIT_RATE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([kKM]?)")
_MULTIPLES = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}
_SHARE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(%?)")


def size(text: str) -> Size:
    """Read `1280x720`."""
    return in_words_of_argparse(text, "size", parse_size, read_size(text))


def read_size(text: str) -> tuple[int, int]:
    """Return (1280, 720) for `1280x720`, unchecked."""
    if (found := _SIZE.fullmatch(text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; give WIDTHxHEIGHT such as 1280x720")
    return int(found[1]), int(found[2])


def read_whole(text: str) -> object:
    """Return a whole number, and other text as it is: whoever checks the value refuses it."""
    return int(text) if _WHOLE.fullmatch(text) else text


def read_bits(text: str) -> int:
    """Return 8000000 for `8M`, unchecked."""
    if (found := _BIT_RATE.fullmatch(text)) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a bit rate; give bits per second such as 8M or 500k"
        )
    return round(Fraction(found[1]) * _MULTIPLES[found[2]])


def rate(text: str) -> Fraction:
    """Read `60`, `59.94` or `30000/1001`."""
    return in_words_of_argparse(text, "fps", parse_rate, text)


def path(text: str) -> Path:
    """Read a path that this system can name a file by; what is there is not looked at."""
    return Path(in_words_of_argparse(text, "path", partial(checks.path, "path"), text))


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


def share(text: str) -> float:
    """Read `5%` or `0.05`: from 0 to 1."""
    found = _SHARE.fullmatch(text)
    value = Fraction(found[1]) / (100 if found[2] else 1) if found else Fraction(-1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; give one such as 5% or 0.05")
    return float(value)


def in_words_of_argparse(text: str, name: str, parse: Callable[[object], _Value], value: object) -> _Value:
    """Return what `Config` makes of a value; it names the option, which argparse does as well."""
    try:
        return parse(value)
    except ConfigError as error:
        words = str(error).replace(f"{name}={shown(value)}", repr(text), 1).replace("of: None, ", "of: ")
        raise argparse.ArgumentTypeError(words) from error
