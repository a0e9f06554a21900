"""Which OpenGL a program gets on this machine, and which backends can record it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from glrec_core.backends.backend import Backend
from glrec_core.backends.table import BACKENDS, plugged_in
from glrec_core.config import Config
from glrec_core.errors import BackendUnavailable, ConfigError, GlrecError, PluginError
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.offscreen import missing_window, own_context
from glrec_core.isolation import call
from glrec_core.values.progress import Progress

_TIMEOUT_SECONDS = 90.0
"""Loading a driver and CUDA's libraries for the first time may take a minute on a slow disk."""


@dataclass(frozen=True, slots=True)
class Route:
    """One backend in one context: can it serve, why (not), and what it reached where it was measured."""

    name: str
    usable: bool
    reason: str
    expectation: str
    codec: str | None = None
    """The one codec that it must be asked for by."""


@dataclass(frozen=True, slots=True)
class OpenGL:
    """A context as its driver describes it, and the backends in their order of preference."""

    display: str
    vendor: str
    renderer: str
    version: str
    software: bool
    routes: tuple[Route, ...]

    @property
    def chosen(self) -> Route | None:
        """The backend that a recording would use."""
        return next((route for route in self.routes if route.usable and route.codec is None), None)


def probe_opengl(*, window: bool) -> OpenGL | str:
    """Describe the context that a program without a window gets, or one on the session's display; or say why none.

    It is made through EGL, where that is. On X11, programs mostly use GLX, which the same driver serves.
    """
    if window and (problem := missing_window()):
        return problem
    try:
        found = call(f"{__name__}:describe", {"window": window}, timeout_seconds=_TIMEOUT_SECONDS)
    except GlrecError as error:
        return str(error)
    return OpenGL(**{**found, "routes": tuple(Route(**route) for route in found["routes"])})


def describe(_: Progress, *, window: bool) -> dict[str, Any]:
    """Make a context and describe it; runs in a process of its own."""
    with own_context(window=window) as display:
        gl = current_gl()
        return asdict(
            OpenGL(
                display=display,
                vendor=gl.vendor,
                renderer=gl.renderer,
                version=gl.version_text,
                software=gl.is_software,
                routes=tuple(_route(backend, gl) for backend in _backends()),
            )
        )


def _backends() -> tuple[Backend, ...]:
    try:
        return (*BACKENDS, *plugged_in())
    except PluginError:
        return BACKENDS  # the list of plugins says which cannot be loaded, and why


def _route(backend: Backend, gl: GL) -> Route:
    config = Config(codec=backend.codec)
    try:
        backend.check(config)
        problem = backend.unavailable(gl, config, None)
    except (BackendUnavailable, ConfigError) as error:
        problem = str(error)
    reason = problem or backend.describe(gl, config)
    reached = "" if problem else expectation(backend.name, software=gl.is_software)
    return Route(backend.name, problem is None, reason, reached, backend.codec)


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
