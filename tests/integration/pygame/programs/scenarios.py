"""pygame programs that record themselves: scenarios.py NAME FILM"""

import sys
from typing import Any

import pygame
import pytest

import glrec_core
from glrec_integrations.pygame import attach
from tests.contract.adapter_programs import native
from tests.support import barcode

FRAMES, SIZE, FPS = 40, (320, 240), 30
FLAGS = pygame.OPENGL | pygame.DOUBLEBUF


def open_display() -> pygame.Surface:
    pygame.display.init()
    return pygame.display.set_mode(SIZE, FLAGS)


def show(target: Any, number: int) -> None:
    """Show a picture on `pygame.display` or on a window."""
    barcode.draw(native.fill, SIZE, number)
    assert native.error() == 0, f"drawing frame {number}"
    target.flip()
    assert native.error() == 0, f"showing frame {number}"
    pygame.event.pump()


def functions() -> tuple[Any, ...]:
    display = pygame.display
    return display.flip, display.update, display.set_mode, display.quit, pygame.quit


def record(target: Any, film: str) -> glrec_core.Recorder:
    return attach(target, film, timing="step", fps=FPS)


def closed(film: str) -> None:
    found = functions()
    recorder = record(open_display(), film)
    for number in range(FRAMES):
        show(pygame.display, number)
    recorder.close()
    assert functions() == found
    show(pygame.display, FRAMES)
    pygame.quit()


def quit_while_recording(film: str) -> None:
    found = functions()
    recorder = record(open_display(), film)
    for number in range(FRAMES):
        show(pygame.display, number)
    pygame.quit()
    assert recorder.finished
    assert recorder.close().frames == FRAMES
    assert functions() == found


def mode_set_again(film: str) -> None:
    recorder = record(open_display(), film)
    for number in range(FRAMES):
        if number == FRAMES // 2:
            pygame.display.set_mode(SIZE, FLAGS | pygame.RESIZABLE)
        show(pygame.display, number)
    recorder.close()
    pygame.quit()


def window(film: str) -> None:
    class Window(pygame.Window):
        pass

    pygame.display.init()
    shown = Window("window", SIZE, opengl=True)
    recorder = record(shown, film)
    for number in range(FRAMES):
        show(shown, number)
    shown.destroy()
    assert recorder.close().frames == FRAMES
    assert vars(shown) == {}


def refused(film: str) -> None:
    pygame.display.init()
    surface = pygame.display.set_mode(SIZE)
    plain = pygame.Window("window", (100, 100), opengl=True)
    for target, reason in ((surface, "not an OpenGL display"), (plain, "subclass")):
        with pytest.raises(glrec_core.ConfigError, match=reason):
            record(target, film)
    pygame.quit()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
