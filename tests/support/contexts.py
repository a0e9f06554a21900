"""OpenGL contexts of the tests' own without a window: through EGL, or on a hidden window where there is no EGL."""

import sys
from typing import Any

import moderngl

BACKEND: dict[str, Any] = {} if sys.platform in {"win32", "darwin"} else {"backend": "egl"}
"""What moderngl is asked for by name: nothing where it finds a context without a window by itself."""

STANDALONE: dict[str, Any] = {"standalone": True, **BACKEND}
"""What `moderngl.create_context` is asked for."""


def standalone_context() -> moderngl.Context:
    """Return a new context, current in this thread."""
    return moderngl.create_context(**STANDALONE)
