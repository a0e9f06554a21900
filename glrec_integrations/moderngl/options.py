"""Checks what only functions that are rendered off screen have."""

from __future__ import annotations

from glrec_core import ConfigError


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
