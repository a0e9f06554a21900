"""What the backends import is imported beside the program, from `record()` on: a first frame that waits for it stalls the loop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from glrec_core.backends.agreement import Agreement
from glrec_core.backends.backend import Backend
from glrec_core.config import Config
from glrec_core.system.waiting import begin_imports

_begun: set[tuple[str, str | None]] = set()
"""The backends, with their codecs, that this process has prepared for, or is about to."""


def prepare(agreed: Agreement[Backend]) -> None:
    """Let the backends that can honour the options do beforehand what they can, in a thread that ends with that."""
    config = agreed.config
    able = [each for each in agreed.able if (each.name, config.codec) not in _begun]
    if able:
        _begun.update((each.name, config.codec) for each in able)
        begin_imports(partial(_preload, able, config))


def _preload(backends: Sequence[Backend], config: Config) -> None:
    for backend in backends:
        with suppress(BaseException):  # told by those who need the same, see `Backend.preload`
            backend.preload(config)
