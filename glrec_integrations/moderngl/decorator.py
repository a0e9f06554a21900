"""`@recorded`: one name for a function that glrec renders off screen and for a moderngl-window program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, Unpack, overload

from glrec_core import ConfigError, Options, Recording, Sink
from glrec_integrations.moderngl.offline_frame import OfflineFrame

if TYPE_CHECKING:
    import moderngl
    from moderngl_window.context.base import WindowConfig

P = ParamSpec("P")
WindowConfigT = TypeVar("WindowConfigT", bound="WindowConfig")
RenderFunction = Callable[Concatenate["moderngl.Context", OfflineFrame, P], Iterator[None] | None]


class Decorator(Protocol):
    """What `recorded(...)` returns."""

    @overload
    def __call__(self, target: type[WindowConfigT], /) -> type[WindowConfigT]: ...
    @overload
    def __call__(self, target: RenderFunction[P], /) -> Callable[P, Recording]: ...


def recorded(
    *sinks: str | Path | Sink,
    samples: int | None = None,
    **config: Unpack[Options],
) -> Decorator:
    """Record a render function off screen, or every run of a moderngl-window program.

    A function is called once per frame with a context and the frame to draw:

        @recorded("spin.mp4", size=(1280, 720), fps=60, frames=240, samples=4)
        def render(ctx, frame):
            ctx.clear(0.5 + 0.5 * math.sin(frame.time_seconds))

        recording = render()

    A generator function is called once; it sets up, and each `yield` ends a drawn frame. It ends by `frames=` or by
    returning:

        @recorded("spin.mp4", size=(1280, 720), frames=240)
        def render(ctx, frame):
            program = ctx.program(...)
            triangle = ctx.vertex_array(program, [])
            while True:
                program["time"] = frame.time_seconds
                triangle.render(vertices=3)
                yield                            # the frame is drawn

    glrec makes the context (standalone, of OpenGL 3.3 or later) and a framebuffer with colour (RGBA8) and depth, which is
    bound when a frame begins; see `OfflineFrame`. Arguments of the call are passed on to the function. What it raises is
    raised by the call, unchanged, and what was drawn until then is finished into the file. Afterwards the context is
    released with all objects in it, and the one that was current before is current again.

    A class derived from `moderngl_window.WindowConfig` is returned as it is, but for recording:

        @recorded("app.mp4")
        class App(moderngl_window.WindowConfig): ...

        App.run()
        print(App.recording)

    Every window of it is recorded from its first frame to its last. `app.recorder` is the recorder, for instance to pause;
    when the program has ended, `app.recording` and `App.recording` (the latest) are the finished `Recording`, before that
    None. `frames=` ends the program. Under `timing="step"` its timer becomes a `StepTimer`.

    Args:
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        samples: of a function's framebuffer, for antialiasing; a power of two. A window's are `WindowConfig.samples`.
        config: options of `glrec_core.Config`. `size` is also that of a function's framebuffer, 1280x720 by default. `timing` is "step" for functions and "wall" for windows by default. A
            function that is not a generator function needs `frames`.

    Raises:
        ConfigError: an option cannot be honoured. The call, or the making of the window, raises it for what depends on
            the machine or the file system.

    """
    if sinks and callable(sinks[0]):
        raise ConfigError(
            f"@recorded on {sinks[0]!r} lacks its parentheses; write @recorded() or @recorded('a.mp4')"
        )

    def decorate(target: Any) -> Any:
        if isinstance(target, type):
            from glrec_integrations.moderngl.window_config import record_window_config

            return record_window_config(target, sinks, samples, config)
        from glrec_integrations.moderngl.offline import render_offline

        return render_offline(target, sinks, samples, config)

    return decorate
