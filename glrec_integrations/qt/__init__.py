"""Records `QOpenGLWidget`s of PySide6 and PyQt6: `glrec_core.record(widget, "demo.mp4")`.

Neither binding is imported from here: whoever has a widget has done so.
"""
