"""slow_opening.py NAME MODE: a program of `frameworks.py`, on a machine that takes half a second to open a recording."""

import time
from pathlib import Path
from runpy import run_path
from typing import Any

from glrec_core.recorder import recorder
from glrec_core.recorder.engine import open_engine


def open_slowly(job: Any, source: Any) -> Any:
    """Stand in for the imports and the encoder that a first frame waits for."""
    time.sleep(0.5)
    return open_engine(job, source)


if __name__ == "__main__":
    recorder.open_engine = open_slowly  # type: ignore[assignment,attr-defined]
    run_path(str(Path(__file__).with_name("frameworks.py")), run_name="__main__")
