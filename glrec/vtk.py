"""What `glrec_integrations.vtk` is."""

from glrec_integrations.vtk import attach, open_movie

__all__ = ["attach", "open_movie"]
