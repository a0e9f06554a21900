"""What `glrec_integrations.qt` is."""

from glrec_integrations.qt import attach

__all__ = ["attach"]
