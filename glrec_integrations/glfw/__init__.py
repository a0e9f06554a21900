"""Records GLFW windows, which in Python are pointers: `glrec_core.record(window, "demo.mp4")` takes one.

glfw itself is not imported from here: whoever has a window has done so.
"""
