"""What `glrec_integrations.glfw` is."""

from glrec_integrations.glfw import attach

__all__ = ["attach"]
