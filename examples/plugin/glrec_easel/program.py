"""What `glrec run` does when a program imports easel: every easel that the program makes is recorded."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the module."""
    return {"easel": _record_easels}


def _record_easels(easel: ModuleType, program: Program) -> None:
    initialize = easel.Easel.__init__

    def initialize_and_record(self: Any, *arguments: Any, **options: Any) -> None:
        with program.making(self):
            initialize(self, *arguments, **options)

    easel.Easel.__init__ = initialize_and_record
