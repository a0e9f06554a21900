"""An arcade program, drawing with arcade's own calls: `arcade_window.py FILM`."""

import sys
from typing import Any

import arcade

import glrec_integrations.pyglet
from glrec_core.testing import barcode
from tests.integration.pyglet.programs.stage import FPS, FRAMES, SIZE, check_no_error


class Window(arcade.Window):
    """Draws the barcode picture and closes itself after FRAMES frames."""

    def __init__(self) -> None:
        super().__init__(*SIZE, antialiasing=False)
        self.drawn = 0

    def on_draw(self) -> None:
        check_no_error(f"showing frame {self.drawn - 1}")
        self.clear()
        barcode.draw(_fill, SIZE, self.drawn)
        self.drawn += 1

    def on_update(self, delta_time: float) -> None:
        if self.drawn == FRAMES:
            self.close()


def _fill(x: int, y: int, width: int, height: int, rgb: barcode.Rgb) -> None:
    color: Any = tuple(round(255 * channel) for channel in rgb)
    arcade.draw_lbwh_rectangle_filled(x, y, width, height, color)


if __name__ == "__main__":
    window = Window()
    recorder = glrec_integrations.pyglet.attach(window, sys.argv[1], timing="step", fps=FPS)
    arcade.run()
    assert recorder.close().frames == FRAMES
