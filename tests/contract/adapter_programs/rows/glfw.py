"""GLFW. Its functions stand in the module, so hooks sit there; keys are looked at once a frame."""

from collections.abc import Callable
from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Lacks, Toolkit, functions, nothing
from tests.support.keys import handle_of_glfw, send_key


class Glfw(Toolkit):
    """A GLFW window on the system's screen. GLFW's null platform has no keys."""

    name = framework = "glfw"
    on_display = True
    lacks: ClassVar[Lacks] = {
        "closed targets": "a GLFW window is a pointer, which does not tell that its window is gone"
    }

    def __init__(self) -> None:
        self._held: str | None = None

    def adapter(self) -> Adapter:
        from glrec_integrations.glfw import adapter

        return adapter

    def open(self) -> Any:
        import glfw

        assert glfw.init()
        window = glfw.create_window(*SIZE, "glfw", None, None)
        assert window is not None
        return window

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        import glfw

        glfw.make_context_current(target)
        draw()
        glfw.swap_buffers(target)
        after()
        if self._held is not None:
            self._turn(target, self._held, down=False)
            self._held = None

    def close(self, target: Any) -> None:
        import glfw

        glfw.destroy_window(target)

    def fingerprint(self, target: Any) -> dict[str, Any]:
        import glfw

        return {"module": functions(glfw)}

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        import glfw

        names = {glfw.KEY_F8: "F8", glfw.KEY_F9: "F9"}

        def on_key(_: object, key: int, __: int, action: int, ___: int) -> None:
            if action == glfw.PRESS:
                heard(names[key])

        glfw.set_key_callback(target, on_key)

    def press(self, target: Any, key: str) -> None:
        self._turn(target, key, down=True)
        self._held = key  # until a frame is drawn

    def _turn(self, target: Any, key: str, *, down: bool) -> None:
        import glfw

        send_key(handle_of_glfw(target), key, down=down)
        while (glfw.get_key(target, getattr(glfw, f"KEY_{key}")) == glfw.PRESS) != down:
            glfw.wait_events()
