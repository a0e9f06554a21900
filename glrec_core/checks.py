"""What options are checked with: each says what was given and what would do."""

from __future__ import annotations

import os

from glrec_core.errors import ConfigError


def one_of(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise ConfigError unless the value is among the choices."""
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ConfigError(f"{name}={value!r} is not known; choose one of: {known}")


def whole_number(name: str, value: object, least: int) -> None:
    """Raise ConfigError unless the value is a whole number and large enough."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{name}={value!r} must be a whole number of at least {least}")


def path_if_any(name: str, value: object, hint: str = "") -> None:
    """Raise ConfigError unless the value is a path or None."""
    if not isinstance(value, str | os.PathLike | None):
        raise ConfigError(f"{name}={value!r} must be a path{hint}")
