"""Hears of the pictures of an easel by standing in for `show` and `close`, and leaves it as it was found."""

import sys
import weakref
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from glrec_core.adapter import (
    Attachment,
    Binding,
    ConfigError,
    Framebuffer,
    MethodHook,
    Size,
    Tap,
    current_binding,
    end_attachment,
    hookimpl,
    made_current,
    restored_context,
)


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "easel: easel.Easel"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distribution that brings the toolkit, which is this one."""
    return ("glrec-easel",)


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is an easel. The toolkit is not imported: whoever has an easel has done that."""
    toolkit = sys.modules.get("easel")
    if toolkit is None or not isinstance(target, toolkit.Easel):
        return None
    if not target.is_open:
        raise ConfigError("this easel is closed; record it before that")
    return EaselAttachment(target, tap)


class EaselAttachment:
    """The hooks on one easel."""

    def __init__(self, easel: Any, tap: Tap) -> None:
        self._easel = weakref.ref(easel)  # the easel keeps the hooks alive, they do not keep it alive
        self._tap = tap
        with restored_context(), easel.context:
            self._binding: Binding | None = current_binding()
        self._hooks = (
            MethodHook(easel, "show", self._before_show),
            MethodHook(easel, "close", self._before_close),
        )

    def detach(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()

    def current(self) -> AbstractContextManager[object]:
        """Make the easel's context current for a `with` block, then what was current before; nothing once it is closed."""
        return nullcontext() if self._binding is None else made_current(self._binding)

    def _before_show(self) -> None:
        easel = self._easel()
        if easel is None:
            return
        with self.current():
            framebuffer = easel.framebuffer
            self._tap.frame_drawn(Framebuffer(framebuffer.glo, Size(*framebuffer.size)))

    def _before_close(self) -> None:
        end_attachment(self, self._tap)
        self._binding = None
