"""The same few acts for every framework: open a target, draw a frame, close it, headless.

A check that is written in these words runs against every adapter.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from glrec_core.adapter import Attachment, Tap

SIZE = (160, 120)
"""Of every target, in pixels."""

Act = Callable[[], None]


def nothing() -> None:
    """Do nothing after a frame."""


class Adapter(Protocol):
    """What an adapter's module offers to the plugin manager."""

    def glrec_attach(self, target: object, tap: Tap) -> Attachment | None: ...

    def glrec_targets(self) -> str: ...


class Toolkit(Protocol):
    """One framework."""

    framework: str
    """Name of the module that an adapter must not import."""

    def adapter(self) -> Adapter:
        """Import the adapter."""

    def open(self) -> Any:
        """Open a target of SIZE."""

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        """Draw one frame as the framework's own loop would: current, `draw()`, swap; then `after()` at once."""

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        """Have the program's own handler be told the names of keys that go down."""

    def press(self, target: Any, key: str) -> None:
        """Press a key on the target, F8 or F9, as the framework itself would tell of it."""

    def close(self, target: Any) -> None:
        """Close the target as its user would."""

    def fingerprint(self, target: Any) -> dict[str, Any]:
        """Return all places in which a hook could sit."""


class Pyglet:
    """A headless pyglet window."""

    framework = "pyglet"

    def adapter(self) -> Adapter:
        from glrec_integrations.pyglet import adapter

        return adapter

    def open(self) -> Any:
        import pyglet

        pyglet.options.headless = True
        config: Any = pyglet.gl.Config  # abstract to the type checker; as a template it is not
        return pyglet.window.Window(*SIZE, config=config(red_size=8, green_size=8, blue_size=8, alpha_size=8))

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
        return {"window": _attributes(target), "context": _attributes(target.context)}


class ModernglWindow:
    """A headless moderngl-window window."""

    framework = "moderngl_window"

    def adapter(self) -> Adapter:
        from glrec_integrations.moderngl import adapter

        return adapter

    def open(self) -> Any:
        import moderngl_window

        window_class = moderngl_window.get_local_window_cls("headless")
        return window_class(size=SIZE, backend="egl", gl_version=(3, 3))

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        with target.ctx:
            target.use()
            draw()
            target.swap_buffers()
            after()

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        class Keys:  # a headless window has none of its own
            F8, F9, ACTION_PRESS = 8, 9, "press"

        target.keys = Keys
        target.key_event_func = lambda key, *_: heard(f"F{key}")

    def press(self, target: Any, key: str) -> None:
        target._key_event_func(getattr(target.keys, key), target.keys.ACTION_PRESS, target.modifiers)

    def close(self, target: Any) -> None:
        target.close()
        target.destroy()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        return {"window": _attributes(target)}


class Vispy:
    """A vispy canvas on EGL."""

    framework = "vispy"

    def adapter(self) -> Adapter:
        from glrec_integrations.vispy import adapter

        return adapter

    def open(self) -> Any:
        import vispy.app

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
        return {"canvas": _attributes(target), "backend": _attributes(target._backend), "events": events}


TOOLKITS: dict[str, Callable[[], Toolkit]] = {"pyglet": Pyglet, "moderngl": ModernglWindow, "vispy": Vispy}


def _attributes(thing: object) -> dict[str, int | None]:
    """Name each instance attribute, with the identity of what can be called; counters and caches may change."""
    attributes = getattr(thing, "__dict__", {})  # None has none: the context of a closed pyglet window
    return {name: id(value) if callable(value) else None for name, value in attributes.items()}


def is_imported(framework: str, modules: dict[str, ModuleType]) -> bool:
    """Whether any part of a framework has been imported."""
    return any(name == framework or name.startswith(f"{framework}.") for name in modules)
