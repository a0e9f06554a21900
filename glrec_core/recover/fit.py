"""How a film and stored frames fit together: where the one ends, what comes after it, and what neither of them has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.recover.film import FilmSoFar
from glrec_core.values.clock import Clock, ticks

Times = NDArray[np.int64]

_MOST_GAPS = 5
"""How many are told of one by one."""


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


def gaps(times_ns: Times, begins_ns: Times, clock: Clock) -> list[str]:
    """Return what is missing, or may be, between frames at ascending times, in sentences.

    Under the step clock the times tell. Under the wall clock they do not; but a frame that was stored right after the one
    before it is marked as such, and `begins_ns` are the times of those that were not.
    """
    if clock.frame_rate is not None and clock.time_base * clock.frame_rate == 1:
        found = list(_steps_left_out(times_ns, clock))
    else:
        places = np.searchsorted(times_ns, begins_ns)
        found = [
            f"frames may be missing {_between(times_ns[place - 1], times_ns[place])}"
            for place in places
            if place > 0
        ]
    more = len(found) - _MOST_GAPS
    return found[:_MOST_GAPS] + ([f"the same holds for {more} other places"] if more > 0 else [])


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
