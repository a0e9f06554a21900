"""Builds shader programs and passes on the driver's own words where it refuses them. Touches no binding."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping

from glrec_core.errors import CaptureError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL


def build_program(gl: GL, shaders: Mapping[int, str]) -> int:
    """Return the name of a program of `shaders`, each a whole GLSL text by its kind (`COMPUTE_SHADER`, ...).

    Raises:
        CaptureError: the driver refuses the source; its log is in the text.

    """
    program = gl.CreateProgram()
    try:
        for kind, source in shaders.items():
            _attach(gl, program, kind, source)
        gl.LinkProgram(program)
        _check(gl, "link", program, g.LINK_STATUS, of=(gl.GetProgramiv, gl.GetProgramInfoLog))
    except BaseException:
        gl.DeleteProgram(program)
        raise
    return int(program)


def _attach(gl: GL, program: int, kind: int, source: str) -> None:
    shader = gl.CreateShader(kind)
    try:
        text = ctypes.c_char_p(source.encode())
        gl.ShaderSource(shader, 1, ctypes.byref(text), None)
        gl.CompileShader(shader)
        _check(gl, "compile", shader, g.COMPILE_STATUS, of=(gl.GetShaderiv, gl.GetShaderInfoLog))
        gl.AttachShader(program, shader)
    finally:
        gl.DeleteShader(shader)  # an attached one lives on until the program goes


def _check(gl: GL, act: str, name: int, status: int, *, of: tuple[Callable[..., None], ...]) -> None:
    get, get_log = of
    value = ctypes.c_int()
    get(name, status, ctypes.byref(value))
    if value.value:
        return
    get(name, g.INFO_LOG_LENGTH, ctypes.byref(value))
    log = ctypes.create_string_buffer(max(1, value.value))
    get_log(name, len(log), None, log)
    raise CaptureError(
        f"the driver ({gl.renderer}, {gl.version_text}) cannot {act} a shader of glrec's: "
        f"{log.value.decode(errors='replace').strip() or 'it gives no reason'}"
    )
