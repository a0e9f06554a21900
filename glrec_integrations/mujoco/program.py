"""What `glrec run` does when a program imports mujoco: its renderers. Its viewer is a window of GLFW's, drawn by native code."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the module."""
    return {"mujoco": _watch_renderers}


def _watch_renderers(mujoco: ModuleType, program: Program) -> None:
    renderer = getattr(mujoco, "Renderer", None)
    if renderer is None:  # MUJOCO_GL=disable
        return
    initialize = renderer.__init__

    @functools.wraps(initialize)
    def initialize_and_record(self: Any, *arguments: Any, **options: Any) -> None:
        initialize(self, *arguments, **options)
        program.made(self)

    renderer.__init__ = initialize_and_record
