"""GLFW programs that record themselves: scenarios.py NAME FILM..."""

import sys
from typing import Any

import glfw
import pytest

import glrec_core
from glrec_core.testing import barcode
from glrec_integrations.glfw import attach
from tests.contract.adapter_programs import native
from tests.support.keys import handle_of_glfw, send_key

FRAMES, SIZE, FPS = 40, (320, 240), 30


def open_window(**hints: int) -> Any:
    assert glfw.init()
    for name, value in hints.items():
        glfw.window_hint(getattr(glfw, name.upper()), value)
    window = glfw.create_window(*SIZE, "glfw", None, None)
    assert window is not None
    return window


def record(window: Any, film: str, **options: Any) -> glrec_core.Recorder:
    return attach(window, film, timing="step", fps=FPS, **options)


def show(window: Any, number: int) -> None:
    glfw.make_context_current(window)
    barcode.draw(native.fill, SIZE, number)
    assert native.error() == 0, f"drawing frame {number}"
    glfw.swap_buffers(window)
    assert native.error() == 0, f"showing frame {number}"
    glfw.poll_events()


def functions() -> tuple[Any, ...]:
    return glfw.swap_buffers, glfw.destroy_window, glfw.terminate


def destroyed(film: str) -> None:
    found, window = functions(), open_window(samples=4)
    recorder = record(window, film)
    for number in range(FRAMES):
        show(window, number)
    glfw.destroy_window(window)
    assert recorder.finished
    assert recorder.close().frames == FRAMES
    assert functions() == found


def terminated(film: str) -> None:
    window = open_window()
    recorder = record(window, film)
    for number in range(FRAMES):
        show(window, number)
    glfw.terminate()
    assert recorder.close().frames == FRAMES


def hotkey(film: str) -> None:
    window, heard = open_window(), list[tuple[int, int]]()
    glfw.set_key_callback(window, lambda _, key, __, action, ___: heard.append((key, action)))

    def press(*, down: bool) -> None:
        send_key(handle_of_glfw(window), "F9", down=down)
        while (glfw.get_key(window, glfw.KEY_F9) == glfw.PRESS) != down:
            glfw.poll_events()

    recorder = record(window, film, hotkey="F9")
    for number in range(10):
        show(window, number)
    press(down=True)
    for number in range(50, 55):  # while it is held down
        show(window, number)
    assert recorder.paused
    press(down=False)
    show(window, 55)
    press(down=True)
    for number in range(10, FRAMES):
        show(window, number)
    assert recorder.close().frames == FRAMES
    presses = [(glfw.KEY_F9, action) for action in (glfw.PRESS, glfw.RELEASE, glfw.PRESS)]
    assert heard == presses
    glfw.terminate()


def two_windows(*films: str) -> None:
    windows = [open_window(), open_window()]
    recorders = [record(window, film) for window, film in zip(windows, films, strict=True)]
    for number in range(FRAMES):
        glfw.make_context_current(windows[0])
        barcode.draw(native.fill, SIZE, number)
        glfw.make_context_current(windows[1])
        barcode.draw(native.fill, SIZE, number)
        for window in windows:  # one of them is not current
            glfw.swap_buffers(window)
        assert glfw.get_framebuffer_size(glfw.get_current_context()) == SIZE
    recorders[0].close()
    recorders[1].close()
    glfw.terminate()


def without_context(film: str) -> None:
    window = open_window(client_api=glfw.NO_API)
    with pytest.raises(glrec_core.ConfigError, match="NO_API"):
        record(window, film)
    glfw.terminate()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
