"""What a recording needs is imported at `record()`, which waits for it: a first frame that had to would stall the loop.

A thread of its own imports, so that the wait has an end where a disk is slow. What is left then goes on beside the program,
whose frames wait for none of it, but share Python's lock with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from glrec_core.backends.agreement import Agreement
from glrec_core.backends.backend import Backend
from glrec_core.config import Config
from glrec_core.system.waiting import begin_imports, finish_imports

Preload = Callable[[Config], None]
"""Does beforehand what takes long; see `Backend.preload`."""

_LONGEST_WAIT_SECONDS = 1.0
"""Some ten times what the imports take where nothing else is going on."""

_begun: set[tuple[Preload, str | None]] = set()
"""What this process has prepared for a codec, or is about to."""


def prepare(agreed: Agreement[Backend], *others: Preload) -> None:
    """Do beforehand what can be done so, those others first and then the backends that can honour the options.

    Waits until it is done, but not for longer than a second.
    """
    config = agreed.config
    wanted = dict.fromkeys((*others, *(backend.preload for backend in agreed.able)))
    new = [each for each in wanted if (each, config.codec) not in _begun]
    if new:
        _begun.update((each, config.codec) for each in new)
        begin_imports(partial(_preload, new, config))
        finish_imports(_LONGEST_WAIT_SECONDS)


def _preload(all_of: Sequence[Preload], config: Config) -> None:
    for preload in all_of:
        with suppress(BaseException):  # told by those who need the same, see `Backend.preload`
            preload(config)
