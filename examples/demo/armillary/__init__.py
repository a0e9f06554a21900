"""An armillary sphere above a marble floor, drawn with pyglet."""

from armillary.scene import Scene

__all__ = ["Scene"]
