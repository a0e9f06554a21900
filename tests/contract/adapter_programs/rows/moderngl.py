"""moderngl-window, whose headless windows have everything but keys of their own."""

from collections.abc import Callable
from typing import Any

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Toolkit, attributes, nothing
from tests.support.contexts import BACKEND


class ModernglWindow(Toolkit):
    """A headless moderngl-window window."""

    name = "moderngl"
    framework = "moderngl_window"

    def adapter(self) -> Adapter:
        from glrec_integrations.moderngl import adapter

        return adapter

    def open(self) -> Any:
        import moderngl_window

        window_class = moderngl_window.get_local_window_cls("headless")
        return window_class(size=SIZE, gl_version=(3, 3), **BACKEND)

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
        return {"window": attributes(target)}
