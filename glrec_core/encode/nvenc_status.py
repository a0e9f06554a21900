"""Reads the driver's status out of PyNvVideoCodec's errors, which carry it in their text only."""

from __future__ import annotations

import re

UNSUPPORTED_DEVICE = 2
OUT_OF_MEMORY = 10
UNSUPPORTED_PARAM = 12
"""NVENCSTATUS of nvEncodeAPI.h, as far as they have a meaning of their own here."""

_FORMS = re.compile(r"returned error (\d+)|[Ee]rror [Cc]ode\s*:?\s*(\d+)")

SESSION_LIMIT = (
    "all encode sessions that this GPU's driver allows at a time are in use, or its memory is full; "
    "end another program that encodes"
)


def status_of(error: BaseException) -> int | None:
    """Return the NVENCSTATUS in the error's text, if one is there."""
    found = _FORMS.search(str(error))
    return int(found[1] or found[2]) if found else None


def first_line(error: BaseException) -> str:
    """Return the error's text without the places in PyNvVideoCodec's source that follow it, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "; ".join(line for line in lines if not line.startswith("at ")) or type(error).__name__
