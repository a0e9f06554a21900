"""Which GL objects exist in the current context: what a test for leaks compares before and after."""

import ctypes

from glrec_core.gl.functions import current_gl

KINDS = ("glIsTexture", "glIsFramebuffer", "glIsBuffer", "glIsRenderbuffer", "glIsProgram", "glIsShader")
_HIGHEST = 300


def names_alive() -> dict[str, set[int]]:
    """Return the names of all objects of those kinds, as far as they are below 300."""
    return {kind: _names(kind) for kind in KINDS}


def _names(kind: str) -> set[int]:
    address = current_gl().context.api.get_proc_address(kind.encode())
    assert address is not None
    is_object = ctypes.CFUNCTYPE(ctypes.c_ubyte, ctypes.c_uint)(address)
    return {name for name in range(1, _HIGHEST) if is_object(name)}
