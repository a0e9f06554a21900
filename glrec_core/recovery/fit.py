"""How a film and stored frames fit together: where the one ends, what comes after it, and what neither of them has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from glrec_core.clock import Clock, ticks
from glrec_core.errors import ConfigError
from glrec_core.recovery.film import FilmSoFar

Times = NDArray[np.int64]

_MOST_GAPS = 5
_USUAL_INTERVALS = 2
"""Under the wall clock, a gap of more than so many usual intervals is taken for one."""
_COMPARED = 60
"""How many intervals on each side of a gap say what is usual."""


def fit(film: FilmSoFar, stored_ns: Times) -> int:
    """Cut a film back to where nothing is missing among its last pictures, and return the time after which frames follow it.

    Raises:
        ConfigError: the times say that the film is of another recording.

    """
    tolerance_ns = film.precision_ns
    shown_ns = film.times_ns
    again_ns = stored_ns[stored_ns <= shown_ns[-1] + tolerance_ns]
    known = _are_in(again_ns, shown_ns, tolerance_ns)
    if 2 * np.count_nonzero(known) < len(again_ns):
        raise ConfigError(
            f"{film.path} is not (the first part of) the film of this recording: most of the frames that both hold are at other times"
        )
    missing_ns = again_ns[~known & (again_ns >= film.reordered_ns)]
    if len(missing_ns) and _are_in(film.times_from(int(missing_ns[0])), stored_ns, tolerance_ns).all():
        film.end_before(int(missing_ns[0]))
    return int(film.times_ns[-1]) + tolerance_ns


def gaps(shown_ns: Times, stored_ns: Times, clock: Clock) -> list[str]:
    """Return what is missing between the pictures of a film and the stored frames after them, in sentences."""
    if clock.frame_rate is not None and clock.time_base * clock.frame_rate == 1:
        found = list(_steps_left_out(np.concatenate([shown_ns, stored_ns]), clock))
        more = len(found) - _MOST_GAPS
        return found[:_MOST_GAPS] + ([f"frames are missing at {more} other places"] if more > 0 else [])
    if not len(shown_ns) or not len(stored_ns):
        return []
    gap_ns = stored_ns[0] - shown_ns[-1]
    intervals_ns = np.concatenate([np.diff(shown_ns[-_COMPARED:]), np.diff(stored_ns[:_COMPARED])])
    if not len(intervals_ns) or gap_ns <= _USUAL_INTERVALS * np.median(intervals_ns):
        return []
    return [f"nothing is left of what was drawn {_between(shown_ns[-1], stored_ns[0])}"]


def _steps_left_out(times_ns: Times, clock: Clock) -> Iterator[str]:
    steps = np.array([ticks(time_ns, clock.time_base) for time_ns in times_ns.tolist()])
    for index in np.flatnonzero(np.diff(steps) > 1):
        count = steps[index + 1] - steps[index] - 1
        what = "1 frame is" if count == 1 else f"{count} frames are"
        yield f"{what} missing {_between(times_ns[index], times_ns[index + 1])}"


def _between(begin_ns: np.int64, end_ns: np.int64) -> str:
    return f"between {begin_ns / 1e9:.3f} s and {end_ns / 1e9:.3f} s of the recording"


def _are_in(times_ns: Times, others_ns: Times, tolerance_ns: int) -> NDArray[np.bool_]:
    """Say of each time whether it is among others, which are ascending, within a tolerance."""
    after = np.searchsorted(others_ns, times_ns - tolerance_ns)
    padded = np.append(others_ns, np.iinfo(np.int64).max)
    found: NDArray[np.bool_] = padded[after] <= times_ns + tolerance_ns
    return found
