"""Checks what only functions that are rendered off screen have."""

from __future__ import annotations

from operator import index

from glrec_core import ConfigError


def checked_samples(samples: int | None) -> int:
    """Return the number of samples of a framebuffer, 0 for None.

    Raises:
        ConfigError: not 0 or a power of two, which moderngl demands.

    """
    if samples is None:
        return 0
    try:
        count = -1 if isinstance(samples, bool) else index(samples)
    except TypeError:
        raise ConfigError(
            f"samples= must be 0 or a power of two, such as 4, not an object of {type(samples).__name__}"
        ) from None
    if count < 0 or count & (count - 1):
        raise ConfigError(f"samples={samples!r} must be 0 or a power of two, such as 4")
    return count
