"""Hotkeys: which keys can be one, and how a key that is only looked at now and then is noticed."""

from __future__ import annotations

import string
from collections.abc import Callable

from glrec_core.errors import ConfigError
from glrec_core.values.checks import shown

KEYS = (*(f"F{number}" for number in range(1, 13)), *string.ascii_uppercase, *string.digits)
"""Names that mean the same key in every framework."""


def parse_key(name: object) -> str:
    """Return the name of a key in its one spelling: "f9" is "F9".

    Raises:
        ConfigError: it names none.

    """
    known = name.upper() if isinstance(name, str) else ""
    if known not in KEYS:
        raise ConfigError(f"hotkey={shown(name)} is not known; choose F1 to F12, a letter or a digit")
    return known


class KeyEdge:
    """Calls back each time a key is found down that was up before.

    For example:

        edge = KeyEdge(recorder.toggle)
        edge.look(down=toolkit.is_down("F9"))
    """

    def __init__(self, pressed: Callable[[], None]) -> None:
        self._pressed = pressed
        self._was_down = False

    def look(self, *, down: bool) -> None:
        """Take note of how the key is now.

        For example:

            edge = KeyEdge(recorder.toggle)
            edge.look(down=toolkit.is_down("F9"))
        """
        went_down = down and not self._was_down
        self._was_down = down
        if went_down:
            self._pressed()
