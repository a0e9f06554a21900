"""What `glrec_integrations.panda3d` is."""

from glrec_integrations.panda3d import attach

__all__ = ["attach"]
