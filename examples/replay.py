"""What happened in the last second is saved when something has happened; nothing else is ever written.

python replay.py [folder]
"""

import sys
from pathlib import Path

import moderngl

from glrec_core import Framebuffer, ReplaySink, Size, record

SIZE = Size(640, 360)
GRAVITY, BOUNCE = 0.0006, 0.8

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
context = moderngl.create_context(standalone=True, backend="egl")
target = context.framebuffer([context.renderbuffer(SIZE)])
replay = ReplaySink(seconds=1)
height, speed, hits = 0.8, 0.0, 0

with record(None, replay, timing="step", fps=60, gop=30) as recorder:  # a replay begins with a keyframe
    for number in range(240):
        speed -= GRAVITY
        height += speed
        if height < 0:
            height, speed, hits = 0.0, -BOUNCE * speed, hits + 1
        target.clear(0.1, 0.1, 0.2)
        target.clear(1.0, 0.7, 0.2, viewport=(290, int(height * 300), 60, 60))
        recorder.frame_drawn(Framebuffer(target.glo, SIZE))
        if height == 0 and number > 60:
            path = replay.save(folder / f"hit-{hits}.mp4", overwrite=True)  # the recording goes on
            print(f"frame {number}: {path}")
