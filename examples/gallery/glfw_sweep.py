"""A GLFW loop of your own, with PyOpenGL, moderngl or anything that draws."""

import glfw
import moderngl

import glrec

glfw.init()
window = glfw.create_window(480, 270, "sweep", None, None)
glfw.make_context_current(window)
context = moderngl.create_context()
recorder = glrec.attach(window, "glfw_sweep.mp4", fps=30, timing="step", frames=96)

while not recorder.finished:
    context.clear(0.07, 0.08, 0.12)
    for bar in range(24):
        height = abs((3 * recorder.stats.drawn + 8 * bar) % 192 - 96) + 60
        context.clear(bar / 24, 0.5, 1 - bar / 24, viewport=(20 * bar, (270 - height) // 2, 16, height))
    glfw.swap_buffers(window)
    glfw.poll_events()
glfw.terminate()
