"""A recording with chapters, and a screenshot of the frame that begins each of them.

python screenshot.py [film.mp4]
"""

import sys
from math import cos, sin
from pathlib import Path

import moderngl

from glrec_core import Framebuffer, Size, record

SIZE = Size(640, 360)
CHAPTERS = {0: "blue", 30: "green", 60: "red"}
COLORS = {"blue": (0.1, 0.2, 0.8), "green": (0.1, 0.6, 0.2), "red": (0.8, 0.1, 0.1)}

film = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshot.mp4")
context = moderngl.create_context(standalone=True, backend="egl")
target = context.framebuffer([context.renderbuffer(SIZE)])

pictures = []
with record(None, film, timing="step", fps=30, overwrite=True) as recorder:
    for number in range(90):
        if number in CHAPTERS:
            chapter = CHAPTERS[number]
            recorder.mark(chapter)
            pictures.append(recorder.screenshot(film.with_name(f"{chapter}.png"), overwrite=True))
        target.clear(*COLORS[chapter])
        x, y = int(290 + 200 * sin(number / 10)), int(150 + 100 * cos(number / 10))
        target.clear(1.0, 1.0, 1.0, viewport=(x, y, 60, 60))
        recorder.frame_drawn(Framebuffer(target.glo, SIZE))

print(recorder.recording)
for picture in pictures:
    print(picture.result())  # written by now: the recorder has waited for them
