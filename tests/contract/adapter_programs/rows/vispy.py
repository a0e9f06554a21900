"""vispy, where a canvas draws when its events are processed."""

from collections.abc import Callable
from typing import Any

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Toolkit, attributes, nothing
from tests.support import systems


class Vispy(Toolkit):
    """A vispy canvas on EGL, or on a hidden window of GLFW's on Windows."""

    name = "vispy"
    framework = "vispy"

    def adapter(self) -> Adapter:
        from glrec_integrations.vispy import adapter

        return adapter

    def open(self) -> Any:
        import vispy.app

        if systems.on_windows:  # which asks windows that show to paint themselves when it likes
            return vispy.app.Canvas(size=SIZE, app=vispy.app.Application("glfw"), show=False)
        return vispy.app.Canvas(size=SIZE, app=vispy.app.Application("egl"), show=True)

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        def on_draw(_: object) -> None:
            draw()

        target.set_current()
        target.events.draw.connect(on_draw)
        target.events.draw.ignore_callback_errors = False
        try:
            target.update()
            target.app.process_events()
            after()
        finally:
            target.events.draw.disconnect(on_draw)

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        def on_key_press(event: Any) -> None:
            heard(event.key.name)
            event.handled = True  # and handlers behind this one are not called

        target.events.key_press.connect(on_key_press)

    def press(self, target: Any, key: str) -> None:
        from vispy.util import keys

        target.events.key_press(key=getattr(keys, key), text="")

    def close(self, target: Any) -> None:
        target.close()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        events = {name: list(emitter.callbacks) for name, emitter in target.events.emitters.items()}
        return {"canvas": attributes(target), "backend": attributes(target._backend), "events": events}
