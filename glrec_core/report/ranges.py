"""Named ranges for NVIDIA's profilers (Nsight Systems), so that a recording's stages show beside the program's own work.

Without the package `nvtx` a range is nothing at all. With it and no profiler, entering and leaving one costs 0.13 us on the machine of docs/gpu.md.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

try:
    import nvtx
except ImportError:  # an optional package
    nvtx = None

_DOMAIN = "glrec"


@cache
def timed_range(name: str) -> AbstractContextManager[object]:
    """Return the range of that name: `with` opens and closes it, in any thread, any number of times."""
    return nullcontext() if nvtx is None else nvtx.annotate(name, domain=_DOMAIN)
