"""The last seconds, saved when something has happened; nothing else is ever written."""

import moderngl

import glrec

context = moderngl.create_context(standalone=True, backend="egl")
target = context.framebuffer([context.renderbuffer((480, 270))])
replay = glrec.ReplaySink(seconds=2)
height, speed, bounces = 230.0, 0.0, 0

with glrec.record(None, replay, fps=30, gop=30) as recorder:
    while bounces < 4:
        speed -= 0.6
        height += speed
        if height < 0:
            height, speed, bounces = 0.0, -0.85 * speed, bounces + 1
        target.clear(0.1, 0.1, 0.2)
        target.clear(1.0, 0.7, 0.2, viewport=(220, int(height), 40, 40))
        recorder.frame_drawn(glrec.Framebuffer(target.glo, glrec.Size(480, 270)))
    replay.save("replay_bounce.mp4")
