"""Transparency: the page shows through, since VP9 in WebM keeps the alpha channel."""

import math

import glrec


@glrec.recorded("alpha_ring.webm", size=(480, 270), fps=30, frames=90, alpha="straight")
def render(ctx, frame):
    ctx.clear(0, 0, 0, 0)
    for dot in range(24):
        angle = 2 * math.pi * (dot / 24 + frame.index / 90)
        x, y = 225 + 110 * math.cos(angle), 120 + 110 * math.sin(angle)
        ctx.clear(dot / 24, 0.6, 1 - dot / 24, (dot + 1) / 24, viewport=(int(x), int(y), 30, 30))


render()
