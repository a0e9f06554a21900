"""What values are checked with, options and arguments alike: each says what was given and what would do.

A check returns the value in its one form, so that what another library calls a number (NumPy's, above all) is a Python
number from here on, which JSON, FFmpeg and a file's header can hold.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from operator import index
from pathlib import Path

from glrec_core.errors import ConfigError
from glrec_core.system.names import LONGEST_NAME, problem_with, too_long

LONGEST_PATH_BYTES = 4095
"""PATH_MAX of Linux, without its NUL. Other systems take fewer and say so."""

_SHOWN = 80


def one_of(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise ConfigError unless the value is among the choices: texts, or None."""
    if not (value is None or isinstance(value, str)) or value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ConfigError(f"{name}={shown(value)} is not known; choose one of: {known}")


def whole_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number, of whichever library.

    Raises:
        ConfigError: it is none, or out of its range.

    """
    expected = (
        f"a whole number of at least {least}" if most is None else f"a whole number from {least} to {most}"
    )
    try:
        number = index(value)  # type: ignore[arg-type] # what is no number is what this finds out
    except TypeError as error:
        raise ConfigError(f"{name}={shown(value)} must be {expected}") from error
    if isinstance(value, bool) or number < least or (most is not None and number > most):
        raise ConfigError(f"{name}={shown(value)} must be {expected}")
    return number


def real_number(name: str, value: object, least: float, most: float) -> float:
    """Return a number within a range, of whichever library.

    Raises:
        ConfigError: it is none.

    """
    try:
        found = math.nan if isinstance(value, bool | str | bytes) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not least <= found <= most:
        raise ConfigError(f"{name}={shown(value)} must be a number from {least:g} to {most:.3g}")
    return found


def positive_number(name: str, value: object, what: str) -> float:
    """Return a number above 0, of whichever library; `what` says of what, such as "seconds".

    Raises:
        ConfigError: it is none.

    """
    try:
        number = 0.0 if isinstance(value, bool | str | bytes) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = 0.0
    if not (math.isfinite(number) and number > 0):
        raise ConfigError(f"{name}={shown(value)} must be a positive number of {what}")
    return number


def flag(name: str, value: object) -> bool:
    """Return True or False.

    Raises:
        ConfigError: it is something else.

    """
    if not isinstance(value, bool):
        raise ConfigError(f"{name}={shown(value)} must be True or False")
    return value


def text(name: str, value: object, example: str) -> str:
    """Return a text that is not empty.

    Raises:
        ConfigError: it is none.

    """
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name}={shown(value)} must be a text, such as {example!r}")
    return value


def path(name: str, value: object, hint: str = "") -> str:
    """Return a path as text that this system can name a file by. What is there is not looked at.

    Raises:
        ConfigError: it is none.

    """
    try:
        found = os.fspath(value)  # type: ignore[call-overload] # what is no path is what this finds out
    except TypeError:
        found = None
    if not isinstance(found, str) or not found:
        raise ConfigError(f"{name}={shown(value)} must be a path{hint}")
    try:
        encoded = os.fsencode(found)
    except UnicodeError as error:
        raise ConfigError(
            f"{name}={shown(value)} has characters that no file name can have: {error}"
        ) from error
    if b"\0" in encoded:
        raise ConfigError(f"{name}={shown(value)} has a NUL in it, which no file name can have")
    if len(encoded) > LONGEST_PATH_BYTES:
        raise ConfigError(
            f"{name}={shown(value)} has {len(encoded)} bytes, and a path may have {LONGEST_PATH_BYTES}"
        )
    separated = encoded.replace(os.fsencode(os.altsep or os.sep), os.fsencode(os.sep))
    if max(map(len, separated.split(os.fsencode(os.sep)))) > LONGEST_NAME:
        raise ConfigError(
            f"{name}={shown(value)} has a name in it of more than {LONGEST_NAME} bytes, which file systems do not take"
        )
    if problem := problem_with(found):
        raise ConfigError(f"{name}={shown(value)} {problem}")
    return found


def absolute_path(name: str, value: object) -> Path:
    """Return a path in full; `~` is the home directory.

    Raises:
        ConfigError: it is none, or says nothing without the working folder or a home directory, which is not there.

    """
    try:
        place = Path(path(name, Path(path(name, value)).expanduser().absolute()))
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(
            f"{name}={shown(value)} is nowhere: {reason}; give a path that begins with {os.sep!r}"
        ) from error
    if problem := too_long(str(place)):
        raise ConfigError(f"{name}={shown(value)} {problem}")
    return place


def shown(value: object) -> str:
    """Return how a value reads in a message, which a long one must not fill."""
    try:
        words = repr(value)
    except Exception as error:  # noqa: BLE001 - it is somebody else's, and an error of ours is being made
        words = f"<{type(value).__name__}, whose repr() fails: {error}>"
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def nearest(name: str, known: Iterable[str], others: dict[str, str]) -> str:
    """Return `"; did you mean X?"` for a name that is not known, empty where nothing is near; `others` call it otherwise."""
    import difflib

    found = others.get(name.lower()) or next(
        iter(difflib.get_close_matches(name.lower(), list(known), 1)), None
    )
    return f"; did you mean {found}?" if found else ""
