"""A toolkit in one file: an easel holds a picture, is painted with rectangles, and shows what was painted.

It stands for a framework that glrec does not know. Nothing in it knows of glrec.
"""

from typing import Self

import moderngl


class Easel:
    """A picture of `width` times `height` pixels that is painted off screen."""

    def __init__(self, width: int, height: int) -> None:
        self.context = moderngl.create_context(standalone=True, backend="egl")
        self.framebuffer = self.context.simple_framebuffer((width, height))
        self.shown = 0
        self.is_open = True

    def paint(self, x: int, y: int, width: int, height: int, rgb: tuple[float, float, float]) -> None:
        """Fill a rectangle, from the lower left corner."""
        with self.context:
            self.framebuffer.clear(*rgb, 1.0, viewport=(x, y, width, height))

    def show(self) -> None:
        """Show what was painted."""
        self.shown += 1

    def close(self) -> None:
        """Put the easel away."""
        if self.is_open:
            self.is_open = False
            self.framebuffer.release()
            self.context.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
