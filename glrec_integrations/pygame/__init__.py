"""Records pygame's OpenGL display and windows: `glrec_core.record(pygame.display.get_surface(), "demo.mp4")`.

pygame itself is not imported from here: whoever has a display has done so.
"""
