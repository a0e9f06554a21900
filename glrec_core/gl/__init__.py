"""The only place that calls OpenGL: raw entry points of whichever context is current, by ctypes.

Neither PyOpenGL nor moderngl is used: the core runs inside somebody else's context, where process-global state, error
checks after each call and cached bindings of a wrapper would be visible to the host. `glGetError` is never called: it
would eat an error that the host left behind.
"""
