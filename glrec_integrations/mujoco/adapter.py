"""Hears of the pictures of a `mujoco.Renderer` just before they are read, when they lie in MuJoCo's own framebuffer.

The renderer calls functions of the module, which take its context as an argument. So those are hooked, once for all renderers.
A context takes no attributes; the renderer does, which tells when it is closed.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from glrec_core.adapter import (
    Attachment,
    ConfigError,
    Framebuffer,
    MethodHook,
    Size,
    Tap,
    end_attachment,
    hookimpl,
    restored_context,
)


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "mujoco: mujoco.Renderer"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose renderers it takes."""
    return ("mujoco",)


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a renderer of MuJoCo's.

    Raises:
        ConfigError: it is closed.

    """
    mujoco = sys.modules.get("mujoco")
    if mujoco is None or not isinstance(target, getattr(mujoco, "Renderer", ())):
        return None
    return RendererAttachment(mujoco, target, tap)


def draw(renderer: Any) -> None:
    """Draw the scene of a renderer, which is a frame of its recordings, without reading the picture back.

        renderer.update_scene(data, camera="side")
        draw(renderer)

    After `renderer.enable_segmentation_rendering()`, each object has a colour of its own.

    Args:
        renderer: a `mujoco.Renderer`.

    Raises:
        ConfigError: it is closed, or set to draw depth.

    """
    mujoco = sys.modules["mujoco"]
    _check_open(renderer)
    if renderer._depth_rendering:
        raise ConfigError(
            "draw() cannot show depth; give glrec_integrations.mujoco.Film(view='depth'), or renderer.disable_depth_rendering()"
        )
    flags = renderer.scene.flags
    segment = mujoco.mjtRndFlag.mjRND_SEGMENT
    before = flags[segment]
    flags[segment] = before or renderer._segmentation_rendering
    try:
        renderer._gl_context.make_current()
        mujoco.mjr_render(renderer._rect, renderer.scene, renderer._mjr_context)
    finally:
        flags[segment] = before
    for watch in _watches:
        watch.tell(renderer)


def _check_open(renderer: Any) -> None:
    if renderer._mjr_context is None or renderer._gl_context is None:
        raise ConfigError("this mujoco.Renderer is closed, or has no OpenGL context; use one that is open")


class RendererAttachment:
    """Hears of one renderer. The watch on the module keeps this alive."""

    def __init__(self, mujoco: ModuleType, renderer: Any, tap: Tap) -> None:
        _check_open(renderer)
        self._renderer = weakref.ref(renderer)
        self._tap = tap
        self._hook = MethodHook(renderer, "close", self._before_close)
        self._watch = _watch(mujoco)
        self._watch.add(self)

    def detach(self) -> None:
        """Hear no more; the last one leaves the module as it was."""
        self._hook.remove()
        self._watch.discard(self)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the renderer's context current for a `with` block, then what was current before."""
        context = getattr(self._renderer(), "_gl_context", None)
        if context is None:
            yield
            return
        with restored_context():
            context.make_current()
            yield

    def is_of(self, renderer: object) -> bool:
        """Whether this hears of that renderer."""
        return self._renderer() is renderer

    def before_read(self, context: object) -> None:
        """Tell of a picture that is about to be read, if it is this renderer's and shows colours."""
        renderer = self._renderer()
        if renderer is None or renderer._mjr_context is not context:
            return
        if not renderer._depth_rendering and not renderer._segmentation_rendering:
            self.tell()

    def tell(self) -> None:
        """Tell of a picture. It lies in a corner of the framebuffer, which is as large as the model allows for."""
        renderer = self._renderer()
        if renderer is not None:
            size = Size(renderer.width, renderer.height)
            self._tap.frame_drawn(Framebuffer(renderer._mjr_context.offFBO, size))

    def _before_close(self) -> None:
        renderer = self._renderer()
        if renderer is not None and renderer._mjr_context is None:
            return  # closed before, or never opened
        end_attachment(self, self._tap)


class _Watch:
    """The hook on the module's function, and who hears of it."""

    def __init__(self, mujoco: ModuleType) -> None:
        self._attachments: list[RendererAttachment] = []
        self._hook = MethodHook(mujoco, "mjr_readPixels", self._before_read, arguments=True)

    def add(self, attachment: RendererAttachment) -> None:
        """Let an attachment hear of its renderer."""
        self._attachments.append(attachment)

    def discard(self, attachment: RendererAttachment) -> None:
        """Let it hear no more."""
        if attachment in self._attachments:
            self._attachments.remove(attachment)
        if not self._attachments:
            self._hook.remove()
            _watches.clear()

    def tell(self, renderer: object) -> None:
        """Tell those of a renderer that a picture is drawn."""
        for attachment in [each for each in self._attachments if each.is_of(renderer)]:
            attachment.tell()

    def _before_read(self, *arguments: Any, **options: Any) -> None:
        context = options["con"] if "con" in options else arguments[-1]
        for attachment in list(self._attachments):
            attachment.before_read(context)


_watches: list[_Watch] = []
"""The one that is on, if any."""


def _watch(mujoco: ModuleType) -> _Watch:
    if not _watches:
        _watches.append(_Watch(mujoco))
    return _watches[0]
