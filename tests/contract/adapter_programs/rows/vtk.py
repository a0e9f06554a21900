"""VTK off screen on EGL. What a check draws is drawn over the picture that VTK has resolved: all that VTK itself does with the
state of OpenGL is done then.

VTK prints what its observers raise, and goes on; so what the checks raise in them is raised again after the render.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Lacks, Toolkit, attributes, nothing

_EVENTS = ("EndEvent", "DeleteEvent", "StartEvent", "RenderEvent")
_BEFORE_THE_ADAPTER, _AFTER_THE_ADAPTER = 10.0, -10.0


class Vtk(Toolkit):
    """A `vtkRenderWindow` without a screen."""

    name = "vtk"
    framework = "vtkmodules"
    lacks: ClassVar[Lacks] = {
        "keys": "a render window hears of no keys; an interactor does",
        "closed targets": "a window that was finalized opens again when it renders",
    }

    def adapter(self) -> Adapter:
        from glrec_integrations.vtk import adapter

        return adapter

    def open(self) -> Any:
        from vtkmodules.vtkRenderingCore import vtkRenderer
        from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow

        window = vtkEGLRenderWindow()
        window.SetSize(*SIZE)
        window.SetMultiSamples(0)
        window.AddRenderer(vtkRenderer())
        window.Render()
        return window

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        raised: list[BaseException] = []

        def keeping(act: Act) -> Callable[..., None]:
            def observer(*_: object) -> None:
                try:
                    act()
                except BaseException as error:  # noqa: BLE001 - raised again below
                    raised.append(error)

            return observer

        def draw_over() -> None:
            target.GetDisplayFramebuffer().Bind()
            draw()

        observers = [
            target.AddObserver("EndEvent", keeping(draw_over), _BEFORE_THE_ADAPTER),
            target.AddObserver("EndEvent", keeping(after), _AFTER_THE_ADAPTER),
        ]
        try:
            target.Render()
        finally:
            for observer in observers:
                target.RemoveObserver(observer)
        if raised:
            raise raised[0]

    def close(self, target: Any) -> None:
        target.Finalize()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        observed = {event: int(target.HasObserver(event)) for event in _EVENTS}
        return {
            "window": attributes(target),
            "observers": {name: [1] * has for name, has in observed.items()},
        }
