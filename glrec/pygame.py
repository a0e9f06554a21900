"""What `glrec_integrations.pygame` is."""

from glrec_integrations.pygame import attach

__all__ = ["attach"]
