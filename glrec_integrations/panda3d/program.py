"""What `glrec run` does when a program imports Panda3D: its bases, their clock and their loop."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl

_BEFORE_ALL_OTHERS = -1_000_000


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the modules that draw and that have the base."""
    return {"panda3d.core": _prepare, "direct.showbase.ShowBase": _watch_bases}


def _prepare(core: ModuleType, program: Program) -> None:
    program.use_display()
    if program.step:
        clock = core.ClockObject.getGlobalClock()
        clock.setMode(
            core.ClockObject.MSlave
        )  # before there is a task, whose time is counted from its beginning
        clock.setFrameTime(0.0)


def _watch_bases(module: ModuleType, program: Program) -> None:
    initialize = module.ShowBase.__init__

    @functools.wraps(initialize)
    def initialize_and_record(self: Any, *arguments: Any, **options: Any) -> None:
        initialize(self, *arguments, **options)
        program.at_stop(functools.partial(_stop, self))
        if program.step:
            _step_clock(self)
        if getattr(self, "win", None) is not None:
            program.made(self)

    module.ShowBase.__init__ = initialize_and_record


def _stop(base: Any) -> bool:
    """End the loop as a click on the close button does, but for the program's own exit."""
    running = bool(base.taskMgr.running)
    base.taskMgr.stop()
    return running


def _step_clock(base: Any) -> None:
    """Let Panda3D's clock tell virtual time, which is that of Python's clocks."""
    from panda3d.core import ClockObject

    clock = ClockObject.getGlobalClock()
    zero_seconds = time.perf_counter()

    def set_time(task: Any) -> Any:
        before, now = clock.getFrameTime(), time.perf_counter() - zero_seconds
        clock.setFrameTime(now)
        clock.setDt(max(0.0, now - before))
        clock.setFrameCount(clock.getFrameCount() + 1)
        return task.cont

    base.taskMgr.add(set_time, "glrec-clock", sort=_BEFORE_ALL_OTHERS)
