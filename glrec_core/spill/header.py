"""What a spill must know of its recording so that it can be encoded later: the options of clock and encoder, as JSON.

`Config` says of each option whether that is so: one that is forgotten would be lost.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

from glrec_core.config import Config, not_stored
from glrec_core.errors import ConfigError, SpillError

_FPS = "fps"
KEPT: tuple[str, ...] = tuple(each.name for each in fields(Config) if each.name not in {_FPS, *not_stored()})
"""Options that a header holds as they are; `fps` is in it as well, as two whole numbers."""

_PLAIN = (str, int, bool, type(None))
_LARGEST = (1 << 31) - 1  # of numerator and denominator in FFmpeg's time base, AVRational


def header_of(config: Config) -> dict[str, object]:
    """Return the options as JSON can hold them."""
    rate = config.rate
    options: dict[str, object] = {name: getattr(config, name) for name in KEPT}
    numbers = None if rate is None else [rate.numerator, rate.denominator]
    left_out = {"operations": len(config.process), "audio": config.audio is not None}
    return {**options, _FPS: numbers, **left_out}


def config_of(header: Mapping[str, object]) -> Config:
    """Return the options that a header names; what it leaves out has its default.

    Raises:
        SpillError: a value is of the wrong kind or out of its range.

    """
    options: dict[str, Any] = {name: header[name] for name in KEPT if name in header}
    try:
        for name, value in options.items():
            if not isinstance(value, _PLAIN):
                raise ConfigError(f"{name} is a {type(value).__name__}")
        return Config(**options, fps=_rate(header.get(_FPS)))
    except ConfigError as error:
        raise SpillError(errno.EINVAL, f"the spill's options cannot be used: {error}") from error


def _rate(value: object) -> Fraction | None:
    """Return a rate from numerator and denominator; text is not read, which could name a number without bound."""
    if value is None:
        return None
    numbers = value if isinstance(value, list) else []
    whole = [number for number in numbers if type(number) is int and 0 < number <= _LARGEST]
    if len(whole) != 2 or len(numbers) != 2:  # noqa: PLR2004 - numerator and denominator
        raise ConfigError(f"fps is {str(value)[:80]}, not two whole numbers")
    return Fraction(*whole)
