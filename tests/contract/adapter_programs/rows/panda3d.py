"""Panda3D off screen on EGL, whose one base may be followed by another. What a check draws is drawn over the finished picture.

What is drawn, the adapter and what comes after it share one callback: Panda3D itself changes state between two regions.
"""

import builtins
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Lacks, Toolkit, attributes, nothing

_CONFIG = f"""
load-display p3headlessgl
window-type offscreen
win-size {SIZE[0]} {SIZE[1]}
audio-library-name null
notify-level-device fatal
print-pipe-types 0
"""


class Panda3d(Toolkit):
    """A `ShowBase` without a screen."""

    name = "panda3d"
    framework = "direct"
    lacks: ClassVar[Lacks] = {
        "several targets": "a program has one ShowBase at a time",
        "collected targets": "Panda3D keeps the latest ShowBase until there is another",
        "keys": "a buffer has no keys",
    }

    def adapter(self) -> Adapter:
        from glrec_integrations.panda3d import adapter

        return adapter

    def open(self) -> Any:
        from panda3d.core import loadPrcFileData

        if (left := getattr(builtins, "base", None)) is not None:
            left.destroy()
        loadPrcFileData("", _CONFIG)
        from direct.showbase.ShowBase import ShowBase

        base = ShowBase()
        base.graphicsEngine.renderFrame()
        return base

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        from panda3d.core import PythonCallbackObject

        raised: list[BaseException] = []

        def keeping(*acts: Callable[[], object]) -> Callable[[object], None]:
            def callback(_: object) -> None:
                for act in acts:
                    try:
                        act()
                    except BaseException as error:  # noqa: BLE001 - raised again below
                        raised.append(error)

            return callback

        window = target.win
        hooked = [
            region.getDrawCallback() for region in window.getDisplayRegions() if region.getDrawCallback()
        ]
        functions = [callback.getFunction() for callback in hooked]
        own = window.makeDisplayRegion()
        own.setSort(1000)
        if hooked:
            acts: list[list[Callable[[], object]]] = [[partial(function, None)] for function in functions]
            acts[0].insert(0, draw)
            acts[-1].append(after)
            for callback, each in zip(hooked, acts, strict=True):
                callback.setFunction(keeping(*each))
        else:
            own.setDrawCallback(PythonCallbackObject(keeping(draw, after)))
        try:
            target.graphicsEngine.renderFrame()
        finally:
            for callback, function in zip(hooked, functions, strict=True):
                callback.setFunction(function)
            window.removeDisplayRegion(own)
        if raised:
            raise raised[0]

    def close(self, target: Any) -> None:
        target.destroy()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        window = getattr(target, "win", None)
        regions = [] if window is None else [region.getSort() for region in window.getDisplayRegions()]
        return {"base": attributes(target), "window": {"regions": regions}}
