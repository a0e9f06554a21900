"""slow_opening.py NAME MODE: a program of `frameworks.py`, on a machine that takes half a second to open a recording."""

import time
from pathlib import Path
from runpy import run_path
from typing import Any

from glrec_core.recorder.opening import Opening

open_at_once = Opening.open


def open_slowly(opening: Opening, source: Any) -> Any:
    """Stand in for the imports and the encoder that a first frame waits for."""
    time.sleep(0.5)
    return open_at_once(opening, source)


if __name__ == "__main__":
    Opening.open = open_slowly  # type: ignore[method-assign,assignment]
    run_path(str(Path(__file__).with_name("frameworks.py")), run_name="__main__")
