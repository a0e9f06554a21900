"""Records the barcode picture in a loop of its own, off screen: the shortest way from drawing to a file."""

from collections.abc import Callable
from typing import Any

import moderngl

from glrec_core import Framebuffer, Recorder, Size
from glrec_core.testing import barcode


class BarcodeLoop:
    """A framebuffer of the context that numbered pictures are drawn into, and a recorder that is told of each."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int] = (320, 240)) -> None:
        self.size = Size(*size)
        self._context = context
        self._fbo = context.framebuffer([context.renderbuffer(size)])
        self.framebuffer = Framebuffer(self._fbo.glo, self.size)

    def draw(self, number: int) -> None:
        """Draw one picture."""

        def fill(x: int, y: int, width: int, height: int, rgb: barcode.Rgb) -> None:
            self._fbo.clear(*rgb, 1.0, viewport=(x, y, width, height))

        barcode.draw(fill, self.size, number)

    def record(
        self, recorder: Recorder, numbers: range, after: Callable[[int], Any] = lambda _: None
    ) -> None:
        """Draw and record pictures; `after` is called with the number of each."""
        for number in numbers:
            self.draw(number)
            recorder.frame_drawn(self.framebuffer)
            after(number)
