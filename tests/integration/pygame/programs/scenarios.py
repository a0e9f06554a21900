"""pygame programs that record themselves: scenarios.py NAME FILM"""

import gc
import sys
from typing import Any

import pygame
import pytest

import glrec_core
from glrec_core.testing import barcode
from glrec_integrations.pygame import attach
from tests.contract.adapter_programs import native
from tests.support.keys import send_key

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


def record(target: Any, film: str, **options: Any) -> glrec_core.Recorder:
    return attach(target, film, timing="step", fps=FPS, **options)


def hotkey(film: str) -> None:
    surface, heard = open_display(), list[int]()

    def press(*, down: bool) -> None:
        send_key(pygame.display.get_wm_info()["window"], "F9", down=down)
        while pygame.key.get_pressed()[pygame.K_F9] != down:
            heard.extend(event.type for event in pygame.event.get() if event.type in keys)

    keys = pygame.KEYDOWN, pygame.KEYUP
    recorder = record(surface, film, hotkey="F9")
    for number in range(10):
        show(pygame.display, number)
    press(down=True)
    for number in range(50, 55):  # while it is held down
        show(pygame.display, number)
    assert recorder.paused
    press(down=False)
    show(pygame.display, 55)
    press(down=True)
    for number in range(10, FRAMES):
        show(pygame.display, number)
    assert recorder.close().frames == FRAMES
    assert heard == [pygame.KEYDOWN, pygame.KEYUP, pygame.KEYDOWN]
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


def window_ended_by_the_display(film: str) -> None:
    class Window(pygame.Window):
        pass

    pygame.display.init()
    shown = Window("window", SIZE, opengl=True)
    recorder = record(shown, film)
    for number in range(FRAMES):
        show(shown, number)
    pygame.display.quit()
    assert recorder.finished
    assert recorder.close().frames == FRAMES
    del shown
    gc.collect()


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
