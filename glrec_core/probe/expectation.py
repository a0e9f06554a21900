"""What each route reached where it was measured. Another machine is another case: the self-test tells."""

from __future__ import annotations

# Sources: docs/architecture.md (llvmpipe) and benchmarks/gpu_host_route.py (H200), both of 2026-11.
_REACHED = {
    ("host", True): (
        "on 2 cores with llvmpipe, reading took the render thread 0.09 ms a frame at 1280x720 and 0.39 ms at 1920x1080; "
        "drawing and encoding share the CPU, and the encoder bounds the frame rate"
    ),
    ("host", False): (
        "on an H200, the compute pass added 0.075 ms to a frame at 1920x1080 and 0.28 ms at 3840x2160 of a loop that "
        "the GPU bounds; the CPU encodes and bounds the frame rate"
    ),
    ("nvenc", False): (
        "on an H200, conversion added 0.074 ms to a frame at 3840x2160 in batches of 8 and 0.36 ms alone; that GPU has "
        "no NVENC engine, so the rate of encoding is not known"
    ),
}
"""By the backend's name and whether the renderer is a software one."""


def expectation(backend: str, *, software: bool) -> str:
    """Return what was measured for a route, in a sentence; "" if nothing was."""
    return _REACHED.get((backend, software), "")
