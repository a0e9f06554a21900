"""All that an adapter may import: the narrow seam between a framework's draw/flip cycle and the recorder.

An adapter recognises a target (a window, a canvas), hooks the place just before its buffers are swapped and calls
`tap.frame_drawn(Framebuffer(...))` there, the target's context being current. It never draws, never redirects the default
framebuffer and leaves the target as it was found. A complete adapter:

    from glrec_core.adapter import Attachment, Framebuffer, Size, Tap, hookimpl

    @hookimpl
    def glrec_targets() -> str:
        return "mytoolkit: mytoolkit.Window"

    @hookimpl
    def glrec_attach(target: object, tap: Tap) -> Attachment | None:
        toolkit = sys.modules.get("mytoolkit")          # never import the framework: a target of it has done so
        if toolkit is None or not isinstance(target, toolkit.Window):
            return None
        return MyAttachment(target, tap)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar, runtime_checkable

from glrec_core.errors import ConfigError
from glrec_core.gl.objects import bound_framebuffer
from glrec_core.gl.platform import OFFSCREEN_API
from glrec_core.gl.switching import Binding, current_binding, made_current, restored_context
from glrec_core.hooks.method import MethodHook
from glrec_core.hooks.program import ImportHook, Program
from glrec_core.hooks.project import hookimpl, hookspec
from glrec_core.values.frame import Framebuffer, Size
from glrec_core.values.keys import KeyEdge

__all__ = [
    "OFFSCREEN_API",
    "Attachment",
    "Binding",
    "ConfigError",
    "Framebuffer",
    "ImportHook",
    "KeyEdge",
    "KeyWatcher",
    "MethodHook",
    "Program",
    "Size",
    "Tap",
    "bound_framebuffer",
    "current_binding",
    "end_attachment",
    "existing",
    "hookimpl",
    "hookspec",
    "made_current",
    "restored_context",
]

T = TypeVar("T")


def existing(target: T | None, name: str) -> T:
    """Return what is to be recorded, `name` being what a face of a framework calls it.

        recorder = record(existing(window, "window"), *sinks)
        canvas = existing(canvas, "canvas")

    Raises:
        ConfigError: it is None, which `glrec_core.record` takes for a loop of one's own.

    """
    if target is None:
        raise ConfigError(
            f"{name}=None: there is nothing to record; was it made? For a loop of your own call glrec_core.record(None, ...)"
        )
    return target


class Tap(Protocol):
    """What an adapter sees of the recorder.

    For example:

        def before_swap() -> None:
            tap.frame_drawn(Framebuffer(0, Size(1280, 720)))
    """

    @property
    def finished(self) -> bool:
        """Whether no further frame will be recorded (frame limit reached, closed, failed)."""

    def frame_drawn(self, source: Framebuffer) -> None:
        """Report that `source` holds a finished frame: after the last draw call, before the swap.

        For example:

            width, height = window.framebuffer_size
            tap.frame_drawn(Framebuffer(0, Size(width, height)))
        """

    def context_closing(self) -> None:
        """Report that the context is about to go, while GL objects can still be freed. It must be current.

        For example:

            window.make_current()
            tap.context_closing()
        """


class Attachment(Protocol):
    """A hook installed on one target.

    For example:

        with attachment.current():
            release_gl_objects()
        attachment.detach()
    """

    def detach(self) -> None:
        """Leave the target as it was found; safe to call twice, and after the target was closed.

        For example:

            def detach(self) -> None:
                self._hook.remove()
        """

    def current(self) -> AbstractContextManager[object]:
        """Make the target's GL context current for a `with` block, then restore what was current before.

            def current(self) -> AbstractContextManager[object]:
                return made_current(self._binding)

        Does nothing when the target is gone; the recorder then finds its context missing and forgets its GL objects.
        """


@runtime_checkable
class KeyWatcher(Protocol):
    """What an attachment also offers if it can hear of keys.

    For example:

        if isinstance(attachment, KeyWatcher):
            attachment.watch_key("F9", recorder.toggle)
    """

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` each time the key goes down on the target, until `detach`; the target's own handlers still get it.

            def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
                self._edge = KeyEdge(pressed)

        `key` is one of `glrec_core.values.keys.KEYS`. A key that is held down and repeats counts once.
        """


class AdapterSpec:
    """The hooks that an adapter implements, registered under the entry-point group `glrec`."""

    @hookspec(firstresult=True)
    def glrec_attach(self, target: object, tap: Tap) -> Attachment | None:
        """Hook `target` so that `tap` hears of every frame; return None if another framework made it.

            @hookimpl
            def glrec_attach(target: object, tap: Tap) -> Attachment | None:
                return WindowAttachment(target, tap) if isinstance(target, Window) else None

        Raises ConfigError if the target is of the framework but cannot be recorded (a closed window).
        """

    @hookspec
    def glrec_targets(self) -> str:  # type: ignore[empty-body]
        """Return one line that names the framework and the classes of target that this adapter takes.

        For example:

            @hookimpl
            def glrec_targets() -> str:
                return "mytoolkit: mytoolkit.Window and its subclasses"
        """

    @hookspec
    def glrec_frameworks(self) -> Sequence[str]:  # type: ignore[empty-body]
        """Return the frameworks that this adapter knows, as pip names them; `glrec doctor` shows their versions.

        For example:

            @hookimpl
            def glrec_frameworks() -> Sequence[str]:
                return ("mytoolkit",)
        """

    @hookspec
    def glrec_imports(self) -> Mapping[str, ImportHook]:  # type: ignore[empty-body]
        """Return what `glrec run` is to do when the program imports a module, by the module's full name.

            @hookimpl
            def glrec_imports() -> Mapping[str, ImportHook]:
                return {"mytoolkit": record_windows}

        The function gets the module before the program sees it, and the `Program`. There it hooks the making of windows.
        """


def end_attachment(attachment: Attachment, tap: Tap) -> None:
    """Tell that a target's context goes, while it is current, and take the hooks off whatever is raised.

    For example:

        def before_close(self) -> None:
            end_attachment(self, self._tap)
    """
    try:
        with attachment.current():
            tap.context_closing()
    finally:
        attachment.detach()
