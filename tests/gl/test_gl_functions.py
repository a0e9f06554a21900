"""What a context can do is told by its version, its extensions and the driver's entry points, in OpenGL and OpenGL ES."""

import moderngl
import pytest

from glrec_core import Framebuffer, Size, bound_framebuffer
from glrec_core.gl.functions import GL

STORAGE, ACCESS = "GL_ARB_buffer_storage", "GL_ARB_direct_state_access"
COMPUTE = {
    "GL_ARB_compute_shader",
    "GL_ARB_shader_storage_buffer_object",
    "GL_ARB_shader_image_load_store",
    "GL_ARB_shading_language_420pack",
}


def opengl(version: tuple[int, int], extensions: set[str], *, es: bool = False, resolved: bool = True) -> GL:
    """Return the entry points of a context that says this of itself."""
    gl = GL.__new__(GL)
    gl.version, gl.extensions, gl.es = version, frozenset(extensions), es
    for name in ("BufferStorage", "ColorMaski"):
        setattr(gl, name, print if resolved else None)
    return gl


@pytest.mark.parametrize(
    ("gl", "has"),
    [
        (opengl((3, 3), set()), False),
        (opengl((4, 3), set()), False),
        (opengl((4, 4), set()), True),
        (opengl((4, 6), set()), True),
        (opengl((3, 3), {STORAGE}), True),
        (opengl((4, 6), {STORAGE}, resolved=False), False),
        (opengl((3, 2), set(), es=True), False),
    ],
)
def test_buffers_stay_mapped_from_4_4_on_or_by_the_extension(gl: GL, *, has: bool) -> None:
    assert gl.has_buffer_storage == has


@pytest.mark.parametrize(
    ("gl", "has"),
    [
        (opengl((3, 0), set()), True),
        (opengl((3, 0), set(), resolved=False), False),
        (opengl((3, 1), set(), es=True), False),
        (opengl((3, 2), set(), es=True), True),
    ],
)
def test_masks_have_an_index_from_3_0_and_es_3_2_on(gl: GL, *, has: bool) -> None:
    assert gl.has_indexed_color_mask == has


@pytest.mark.parametrize(("es", "extensions"), [(False, {ACCESS}), (False, set()), (True, {ACCESS})])
def test_objects_are_asked_unbound_by_the_extension_only(extensions: set[str], *, es: bool) -> None:
    assert opengl((4, 6), extensions, es=es).has_direct_state_access == (not es and bool(extensions))


def test_compute_shaders_need_all_that_they_use_and_the_desktops_opengl() -> None:
    assert opengl((3, 3), COMPUTE).has_compute
    assert not opengl((3, 2), COMPUTE, es=True).has_compute
    assert not any(opengl((4, 6), COMPUTE - {name}).has_compute for name in COMPUTE)


@pytest.mark.parametrize("samples", [0, 4])
def test_the_size_of_a_bound_framebuffer_is_its_textures(context: moderngl.Context, samples: int) -> None:
    framebuffer = context.framebuffer([context.texture((48, 32), 4, samples=samples)])
    framebuffer.use()
    assert bound_framebuffer() == Framebuffer(framebuffer.glo, Size(48, 32))
