"""What went wrong in a recording, and what is worth telling, kept from any thread until `close()`."""

from __future__ import annotations

import logging
from collections.abc import Callable

logger: logging.Logger = logging.getLogger("glrec")


class Reports:
    """The first failure, whether it stopped the recording, and the notes for `Recording`."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.stopped: bool = False
        self.notes: list[str] = []

    def fail(self, error: Exception) -> None:
        """Take note of a failure that stops the recording."""
        self.stopped = True
        self.note(error)

    def note(self, error: Exception) -> None:
        """Keep the first failure and log it once; later ones are mostly its consequences."""
        if self.error is None:
            self.error = error
            logger.error("%s: %s", "recording stopped" if self.stopped else "a sink is left out", error)
        else:
            logger.debug("after the first failure: %s", error)

    def tell(self, note: str) -> None:
        """Keep a sentence for `Recording.notes`."""
        self.notes.append(note)
        logger.warning("%s", note)

    def run_all(self, *steps: Callable[[], None]) -> None:
        """Run every step, whatever the others do; their failures are kept."""
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - every step runs
                self.fail(error)
