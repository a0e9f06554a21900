"""MuJoCo's renderer on EGL, which draws into its own framebuffer and then reads it. It has no window and no keys.

What a check draws is drawn instead of the scene.
"""

from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import (
    SIZE,
    Act,
    Adapter,
    Environment,
    Lacks,
    Toolkit,
    attributes,
    functions,
    nothing,
)

MODEL = '<mujoco><visual><quality offsamples="0"/></visual></mujoco>'
"""Without multisampling, so that the checks can read the framebuffer as it is."""


class Mujoco(Toolkit):
    """A `mujoco.Renderer`."""

    name = framework = "mujoco"
    environment: ClassVar[Environment] = {"MUJOCO_GL": "egl", "PYOPENGL_PLATFORM": "egl"}
    lacks: ClassVar[Lacks] = {"keys": "a renderer has no keys"}

    def adapter(self) -> Adapter:
        from glrec_integrations.mujoco import adapter

        return adapter

    def open(self) -> Any:
        import mujoco

        return mujoco.Renderer(mujoco.MjModel.from_xml_string(MODEL), SIZE[1], SIZE[0])

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        import mujoco

        render = mujoco.mjr_render

        def render_and_draw(*arguments: Any) -> None:
            render(*arguments)
            draw()

        mujoco.mjr_render = render_and_draw
        try:
            target.render()
        finally:
            mujoco.mjr_render = render
        after()

    def close(self, target: Any) -> None:
        target.close()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        import mujoco

        return {"module": functions(mujoco), "renderer": attributes(target)}
