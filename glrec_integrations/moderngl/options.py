"""Checks options when a decorator is applied, before there is a recorder that could do it."""

from __future__ import annotations

from typing import Any

from glrec_core import Config, ConfigError


def checked_config(options: dict[str, Any]) -> Config:
    """Return the options as a Config.

    Raises:
        ConfigError: an option is unknown or has a value that is out of its range.

    """
    try:
        return Config(**options)
    except TypeError as error:
        raise ConfigError(str(error)) from error


def checked_samples(samples: int | None) -> int:
    """Return the number of samples of a framebuffer, 0 for None.

    Raises:
        ConfigError: not 0 or a power of two, which moderngl demands.

    """
    if samples is None:
        return 0
    if type(samples) is not int or samples < 0 or samples & (samples - 1):
        raise ConfigError(f"samples={samples!r} must be 0 or a power of two, such as 4")
    return samples
