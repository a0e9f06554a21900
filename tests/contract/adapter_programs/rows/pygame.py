"""pygame, which has one display, named by its surface, and windows besides. Keys are looked at once a frame.

SDL makes a new target's context current and knows no other way to do so. Programs that have several contexts switch by
other libraries, as these rows do.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from tests.contract.adapter_programs import native
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
from tests.support.keys import send_key


class _Pygame(Toolkit):
    """What both kinds of target have in common: a window on the system's screen, and keys."""

    name = framework = "pygame"
    on_display = True
    environment: ClassVar[Environment] = {"SDL_VIDEODRIVER": "x11"}

    def __init__(self) -> None:
        self._context: native.Current
        self._heard: Callable[[str], object] = lambda _: None
        self._held: str | None = None

    def adapter(self) -> Adapter:
        from glrec_integrations.pygame import adapter

        return adapter

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        self._context.make_current()
        draw()
        self._flip(target)
        after()
        if self._held is not None:
            self._turn(target, self._held, down=False)
            self._held = None

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        self._heard = heard

    def press(self, target: Any, key: str) -> None:
        self._turn(target, key, down=True)
        self._held = key  # until a frame is drawn

    def _turn(self, target: Any, key: str, *, down: bool) -> None:
        import pygame

        send_key(self._native_window(target), key, down=down)
        while pygame.key.get_pressed()[getattr(pygame, f"K_{key}")] != down:
            for event in pygame.event.get(pygame.KEYDOWN):
                self._heard(pygame.key.name(event.key).upper())

    def _flip(self, target: Any) -> None:
        raise NotImplementedError

    def _native_window(self, target: Any) -> int:
        raise NotImplementedError


class PygameDisplay(_Pygame):
    """The display of OpenGL, whose target is its surface."""

    lacks: ClassVar[Lacks] = {"several targets": "pygame has one display"}

    def open(self) -> Any:
        import pygame

        pygame.display.init()
        surface = pygame.display.set_mode(SIZE, pygame.OPENGL | pygame.DOUBLEBUF)
        self._context = native.Current()
        return surface

    def close(self, target: Any) -> None:
        import pygame

        pygame.display.quit()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        import pygame

        return {"package": functions(pygame), "display": functions(pygame.display)}

    def _flip(self, target: Any) -> None:
        import pygame

        pygame.display.flip()

    def _native_window(self, target: Any) -> int:
        import pygame

        return int(pygame.display.get_wm_info()["window"])


class PygameWindow(_Pygame):
    """A window of pygame-ce's, of a subclass: those of `pygame.Window` itself cannot be hooked."""

    lacks: ClassVar[Lacks] = {"several targets": "pygame swaps the buffers of the newest window only"}

    def open(self) -> Any:
        import pygame

        class Window(pygame.Window):
            pass

        pygame.display.init()
        window = Window("pygame", SIZE, opengl=True)
        self._context = native.Current()
        return window

    def close(self, target: Any) -> None:
        target.destroy()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        import pygame

        return {"window": attributes(target), "package": functions(pygame)}

    def _flip(self, target: Any) -> None:
        target.flip()

    def _native_window(self, target: Any) -> int:
        return int(target.handle)
