"""The overflow policies: which queue serves which, and what has to be right before one is used.

A policy is a class: a queue of frames that says what becomes of one for which the encoder has no time. What all of them
promise is asked of each row by `tests/contract/test_overflow.py`; `Config` knows them by these names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from glrec_core.config import SPILL_BACKEND
from glrec_core.errors import ConfigError, SpillError
from glrec_core.recorder.frame_queue import BlockQueue, DropQueue, FrameQueue
from glrec_core.recorder.job import Job
from glrec_core.recorder.spill_queue import SpillQueue
from glrec_core.spill.location import check_usable, spill_root

POLICIES: Mapping[str, type[FrameQueue]] = MappingProxyType(
    {
        "block": BlockQueue,
        "spill": SpillQueue,
        "drop": DropQueue,
    }
)
"""By their names in `overflow=`."""


def open_queue(slots: int, job: Job) -> FrameQueue:
    """Return the queue between a capture that holds so many frames and the encoder."""
    stores_all = job.config.backend == SPILL_BACKEND
    return POLICIES["spill" if stores_all else job.config.overflow_policy].open(slots, job)


def check_spill_dir(given: str | os.PathLike[str]) -> None:
    """Check the directory for spilled frames that the user gave, before anything is recorded.

    Raises:
        ConfigError: it cannot be used.

    """
    try:
        check_usable(spill_root(given))
    except SpillError as error:
        raise ConfigError(f"spill_dir={str(given)!r} cannot be used: {error}") from error
