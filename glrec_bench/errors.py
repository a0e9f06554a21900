"""The benchmark's own errors."""

from __future__ import annotations

from glrec_core.errors import GlrecError


class BenchError(GlrecError):
    """Something that the benchmark needs is not there, or does not work."""
