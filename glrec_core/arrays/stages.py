"""The shape of a backend for arrays: a row of the table of backends (`agreement.Row`), and how arrays get to its encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from glrec_core.arrays.intake import Intake
from glrec_core.arrays.request import Request
from glrec_core.config import Config
from glrec_core.stages import Encoder


class ArrayStages(NamedTuple):
    """An open encoder, and how it gets arrays that lie on a CUDA device, by its number, or in host memory (None)."""

    encoder: Encoder
    open_intake: Callable[[int | None], Intake]


@dataclass(frozen=True, slots=True)
class ArrayBackend:
    """One row; what is said of options, it has from the backend for contexts."""

    name: str
    check: Callable[[Config], None]
    """See `Backend.check`."""
    check_pictures: Callable[[Request], None]
    """Raises ConfigError for pictures that it does not take, or where it holds more of them than may be; touches no GPU."""
    unavailable: Callable[[Request], str | None]
    """Says in a sentence why it cannot serve on this machine, or None; raises ConfigError for options that its hardware
    does not honour."""
    held: Callable[[Request], int]
    """How many frames it holds back."""
    open: Callable[[Request], ArrayStages]
    codec: str | None = None
    """See `Backend.codec`."""
    by_name_only: bool = False
    """See `Backend.by_name_only`."""
