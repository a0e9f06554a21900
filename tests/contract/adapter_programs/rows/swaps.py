"""Swaps of a toolkit that the adapter does not know: windows of GLFW, which it hears of by their `glXSwapBuffers` alone."""

from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import SIZE, Act, Adapter, Lacks, Toolkit, nothing


class Swaps(Toolkit):
    """What a GLFW window shows on X, by GLX. The target is the drawable, the window belongs to the test."""

    name = "swaps"
    framework = "glfw"
    on_display = True
    lacks: ClassVar[Lacks] = {
        "keys": "a drawable tells of no keys",
        "closed targets": "the end of a drawable is heard only while somebody records it",
    }

    def __init__(self) -> None:
        self._windows: dict[int, Any] = {}

    def adapter(self) -> Adapter:
        from glrec_core.swaps import attachment

        return attachment

    def open(self) -> Any:
        from glrec_core.swaps.attachment import join_plugins
        from glrec_core.swaps.drawable import current_drawable
        from glrec_core.swaps.hub import hub

        join_plugins()
        hub()  # before GLFW looks its functions up
        import glfw

        assert glfw.init()
        before = glfw.get_current_context()
        window = glfw.create_window(*SIZE, "swaps", None, None)
        glfw.make_context_current(window)
        drawable = current_drawable()
        glfw.make_context_current(before)
        assert drawable is not None
        self._windows[drawable.key.handle] = window
        return drawable

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        import glfw

        window = self._windows[target.key.handle]
        glfw.make_context_current(window)
        draw()
        glfw.swap_buffers(window)
        after()

    def close(self, target: Any) -> None:
        import glfw

        glfw.destroy_window(self._windows.pop(target.key.handle))

    def fingerprint(self, target: Any) -> dict[str, Any]:
        from glrec_core.swaps.hub import hub

        return {"hub": {"hearers": [id(each) for each in hub().hearers if each.key == target.key]}}
