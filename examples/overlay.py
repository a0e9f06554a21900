"""A recording with a logo that glides in, a title and the time on it, which the program itself does not draw.

python overlay.py [film.mp4]
"""

import sys
from datetime import timedelta

import moderngl
import numpy as np

from glrec_core import Framebuffer, Size, record
from glrec_core.process import eased, fade, overlay, pad, round_corners, shadow, text, timestamp

SIZE = Size(640, 360)
path = sys.argv[1] if len(sys.argv) > 1 else "overlay.mp4"

logo = np.full((48, 120, 3), (240, 190, 60), np.uint8)
for operation in (round_corners(10), pad(8, 8, 12, 12), shadow((3, 3))):  # a still picture is a frame, too
    logo = operation(timedelta(0), logo)
process = [
    overlay(logo, at=eased((0, (-140, 20)), (1, (20, 20)))),
    text("Recorded with glrec", at=(0, -20), align=(0.5, 1)),
    timestamp(at=(-10, 10), align=(1, 0)),
    fade(eased((0, 0), (0.5, 1))),
]
context = moderngl.create_context(standalone=True, backend="egl")
target = context.framebuffer([context.renderbuffer(SIZE)])
with record(None, path, process=process, timing="step", fps=30, overwrite=True) as recorder:
    for number in range(60):
        target.clear(0.1, 0.2 + number / 120, 0.4, 1.0)
        recorder.frame_drawn(Framebuffer(target.glo, SIZE))
print(recorder.recording)
