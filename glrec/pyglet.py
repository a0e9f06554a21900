"""What `glrec_integrations.pyglet` is."""

from glrec_integrations.pyglet import attach

__all__ = ["attach"]
