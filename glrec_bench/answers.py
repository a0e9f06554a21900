"""What runs in the environment of the recorders: each function reads one line of JSON and answers with one.

The measured process is not here: it must not load glrec (`subject.py`).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from glrec_bench import examine as examining
from glrec_bench import machine
from glrec_bench.job import Job
from glrec_core.errors import VideoError


def describe() -> None:
    """Answer with the machine's description."""
    _answer(lambda _: machine.describe())


def examine() -> None:
    """Answer with what is in a job's file; `{"error": why}` if it is no video."""
    _answer(_examine)


def _examine(values: dict[str, Any]) -> dict[str, Any]:
    try:
        return examining.serve(Job.from_json(values))
    except VideoError as error:
        return {"error": str(error)}


def _answer(function: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    # Drivers print to standard output, which carries the answer: they get standard error instead.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        answers.write(json.dumps(function(json.loads(sys.stdin.readline()))) + "\n")
