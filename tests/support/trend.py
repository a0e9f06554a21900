"""Whether a quantity grows in a long run: the rise from one half to the other, which noise and a warm-up do not make."""

import os
import statistics
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.leftovers import descriptors

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Footprint(NamedTuple):
    """What a process holds at one moment."""

    rss_bytes: int
    descriptors: int
    threads: int
    gl_names: int


def footprint(gl_names: dict[str, set[int]]) -> Footprint:
    """Measure this process; `gl_names` are those alive in the current context."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    return Footprint(resident, descriptors(), threading.active_count(), sum(map(len, gl_names.values())))


def rise(values: Sequence[float]) -> float:
    """Return how much higher the last third of the values lies than the middle one, by their medians."""
    third = len(values) // 3
    assert third >= 3, f"{len(values)} values are too few to see a trend"
    return statistics.median(values[-third:]) - statistics.median(values[-2 * third : -third])
