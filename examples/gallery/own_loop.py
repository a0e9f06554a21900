"""A loop of your own, saved as a GIF: the extension decides."""

import moderngl

import glrec

context = moderngl.create_context(standalone=True, backend="egl")
target = context.framebuffer([context.renderbuffer((320, 180))])
target.use()

with glrec.record(None, "own_loop.gif", fps=20) as recorder:
    for number in range(48):
        with recorder.record():
            context.clear(0.95, 0.93, 0.88)
            for block in range(12):
                step = (number + 4 * block) % 48
                context.clear(
                    block / 12, 0.4, 0.7, viewport=(24 * block + 20, 3 * min(step, 48 - step) + 40, 18, 18)
                )
