"""What a render function is told of the frame that it draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import moderngl


@dataclass(slots=True)
class OfflineFrame:
    """The frame that is to be drawn next. One object serves the whole recording and counts on from frame to frame.

        def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
            ctx.clear(frame.time_seconds % 1.0, frame.index / 240, 0.4)

    Attributes:
        fbo: the framebuffer that is recorded. It is bound when a frame begins; a program that draws into others in
            between returns by `frame.fbo.use()`.
        rate: frames per second under `timing="step"`, None under `timing="wall"`.
        index: number of the frame, from 0.
        time: seconds since the first frame: exactly index / rate, or true time under `timing="wall"`.

    """

    fbo: moderngl.Framebuffer
    rate: Fraction | None
    index: int = 0
    time: Fraction = Fraction(0)
    _began_ns: int = field(default_factory=perf_counter_ns, repr=False)

    @property
    def time_seconds(self) -> float:
        """`time` as a float, as uniforms take it."""
        return float(self.time)

    def advance(self) -> None:
        """Go on to the next frame; glrec does this after each."""
        self.index += 1
        self.time = (
            self.index / self.rate if self.rate else Fraction(perf_counter_ns() - self._began_ns, 10**9)
        )
