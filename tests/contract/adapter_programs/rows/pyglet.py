"""pyglet, whose windows can do without a display."""

from collections.abc import Callable
from typing import Any

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Toolkit, attributes, nothing
from tests.support import systems


class Pyglet(Toolkit):
    """A headless pyglet window, or a hidden one on Windows."""

    name = "pyglet"
    framework = "pyglet"

    def adapter(self) -> Adapter:
        from glrec_integrations.pyglet import adapter

        return adapter

    def open(self) -> Any:
        import pyglet

        pyglet.options.headless = not systems.on_windows  # where there is no EGL
        config: Any = pyglet.gl.Config  # abstract to the type checker; as a template it is not
        template = config(red_size=8, green_size=8, blue_size=8, alpha_size=8)
        window = pyglet.window.Window(*SIZE, config=template, visible=pyglet.options.headless)
        window.dispatch_events()  # from which on Windows' pyglet keeps notes of its own in it
        return window

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        target.switch_to()
        draw()
        target.flip()
        after()

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        from pyglet.window import key

        def on_key_press(symbol: int, _: int) -> bool:
            heard(key.symbol_string(symbol))
            return True  # and nobody else hears of it

        target.push_handlers(on_key_press=on_key_press)

    def press(self, target: Any, key: str) -> None:
        from pyglet.window import key as keys

        target.dispatch_event("on_key_press", getattr(keys, key), 0)  # which queues it
        target.dispatch_events()

    def close(self, target: Any) -> None:
        target.close()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        return {"window": attributes(target), "context": attributes(target.context)}
