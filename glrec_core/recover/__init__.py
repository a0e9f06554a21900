"""Finishes a recording whose process did not: encodes the frames that it left in its spill directory, after its film."""

from glrec_core.recover.recovery import PATIENCE_SECONDS, recover

__all__ = ["PATIENCE_SECONDS", "recover"]
