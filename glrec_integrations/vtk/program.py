"""What `glrec run` does when a program imports PyVista: its plotters. VTK's own windows are classes of C++, which take no hooks."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the module that has the plotter."""
    return {"pyvista.plotting.plotter": _watch_plotters}


def _watch_plotters(module: ModuleType, program: Program) -> None:
    plotter = module.Plotter
    initialize = plotter.__init__

    @functools.wraps(initialize)
    def initialize_and_record(self: Any, *arguments: Any, **options: Any) -> None:
        if program.headless:
            options["off_screen"] = True
        with program.making(self):
            initialize(self, *arguments, **options)

    plotter.__init__ = initialize_and_record
