"""Sets what a plain textured draw needs, whatever the host left behind, and puts everything back; whose GL names are usable now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glrec_core.errors import CaptureError, ClosedError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.gl.state import SetupState


@contextmanager
def plain_drawing(gl: GL) -> Iterator[None]:
    """Switch off every test and operation on pixels, with texture unit 0 active; restore all of it at the end.

    Program, vertex array, the texture of unit 0 and its sampler may be changed within.
    """
    program, vertex_array = gl.integer(g.CURRENT_PROGRAM), gl.integer(g.VERTEX_ARRAY_BINDING)
    unit = gl.integer(g.ACTIVE_TEXTURE)
    gl.ActiveTexture(g.TEXTURE0)
    try:
        with SetupState(gl), _no_sampler(gl), _filled_polygons(gl), _switched_off(gl):
            yield
    finally:
        gl.ActiveTexture(unit)
        gl.BindVertexArray(vertex_array)
        # A program that the host deleted while it was in use went when another one took its place.
        gl.UseProgram(program if gl.IsProgram(program) else 0)


@contextmanager
def _switched_off(gl: GL) -> Iterator[None]:
    enabled = [capability for capability in _capabilities(gl) if gl.IsEnabled(capability)]
    for capability in enabled:
        _switch(gl, capability, on=False)
    try:
        yield
    finally:
        for capability in enabled:
            _switch(gl, capability, on=True)


def _capabilities(gl: GL) -> list[int]:
    names = [g.SCISSOR_TEST, g.DEPTH_TEST, g.STENCIL_TEST, g.BLEND, g.CULL_FACE]
    names += [g.SAMPLE_ALPHA_TO_COVERAGE, g.SAMPLE_COVERAGE]
    if not gl.es:
        names += [g.FRAMEBUFFER_SRGB, g.COLOR_LOGIC_OP]
    if gl.version >= ((3, 1) if gl.es else (3, 2)):
        names.append(g.SAMPLE_MASK)
    return names


def _switch(gl: GL, capability: int, *, on: bool) -> None:
    # Blending can be on for some draw buffers only. Buffer 0 is ours; the others' switches are not ours to change.
    if capability == g.BLEND and (not gl.es or gl.version >= (3, 2)):
        (gl.Enablei if on else gl.Disablei)(g.BLEND, 0)
    else:
        (gl.Enable if on else gl.Disable)(capability)


@contextmanager
def _no_sampler(gl: GL) -> Iterator[None]:
    """Unbind the sampler object of unit 0, which would override the texture's own filters."""
    if not (gl.es or gl.version >= (3, 3) or "GL_ARB_sampler_objects" in gl.extensions):
        yield
        return
    bound = gl.integer(g.SAMPLER_BINDING)
    gl.BindSampler(0, 0)
    try:
        yield
    finally:
        gl.BindSampler(0, bound)


@contextmanager
def _filled_polygons(gl: GL) -> Iterator[None]:
    if gl.es:
        yield
        return
    front, back = gl.integers(g.POLYGON_MODE, 2)
    gl.PolygonMode(g.FRONT_AND_BACK, g.FILL)
    try:
        yield
    finally:
        # Only a compatibility profile has a mode for each side; a core profile need not even tell a second value.
        if back in {g.POINT, g.LINE, g.FILL} and back != front:
            gl.PolygonMode(g.FRONT, front)
            gl.PolygonMode(g.BACK, back)
        else:
            gl.PolygonMode(g.FRONT_AND_BACK, front)


def check_usable(gl: GL, call: str, *, closed: bool) -> None:
    """Check that an object of this context may be used now.

    Raises:
        ClosedError: it is closed.
        CaptureError: its context is not current in this thread.

    """
    if closed:
        raise ClosedError(f"{call}: it is closed, and its GL objects are deleted; make a new one")
    if not gl.context.is_current():
        raise CaptureError(
            f"{call}: the context in which it was made is not current in this thread; make that current, "
            "or make one for each context"
        )
