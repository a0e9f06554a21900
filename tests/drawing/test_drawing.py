"""The helpers for programs without a framework: exact pixels in any context, nothing left behind, errors that help."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core import drawing
from glrec_core.drawing import OffscreenFramebuffer, Quad
from glrec_core.drawing import framebuffer as framebuffer_module
from glrec_core.drawing import quad as quad_module
from glrec_core.errors import CaptureError, ClosedError, ConfigError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.values.frame import Framebuffer, Size
from tests.contract.adapter_programs import native
from tests.support.contexts import standalone_context
from tests.support.displays import run_program, xvfb

Pixels = NDArray[np.uint8]

OBJECTS = (
    "glIsFramebuffer",
    "glIsRenderbuffer",
    "glIsTexture",
    "glIsProgram",
    "glIsShader",
    "glIsVertexArray",
)
TRIANGLE = """
    #version 330
    uniform float depth;
    void main() { gl_Position = vec4(vec2[](vec2(-1, -1), vec2(1, -1), vec2(-1, 1))[gl_VertexID], depth, 1); }
"""
ONE_COLOR = """
    #version 330
    uniform vec3 rgb;
    out vec4 color;
    void main() { color = vec4(rgb, 1); }
"""


@pytest.fixture
def gl(context: moderngl.Context) -> GL:
    return current_gl()


def noise(size: tuple[int, int]) -> Pixels:
    """Return random pixels, (height, width, 4) with row 0 the top."""
    return np.random.default_rng(7).integers(0, 256, (size[1], size[0], 4), np.uint8)


def texture_of(context: moderngl.Context, pixels: Pixels) -> moderngl.Texture:
    texture = context.texture((pixels.shape[1], pixels.shape[0]), 4, pixels[::-1].tobytes())
    texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
    return texture


def read(framebuffer: OffscreenFramebuffer) -> Pixels:
    return native.read_picture(framebuffer.resolve().name, framebuffer.size)


def paint_quadrants(size: tuple[int, int]) -> Pixels:
    """Paint four colours into the bound framebuffer and return what it must hold."""
    expected = np.empty((size[1], size[0], 4), np.uint8)
    for right, top in np.ndindex(2, 2):
        columns = slice(size[0] // 2, None) if right else slice(size[0] // 2)
        rows = slice(size[1] - size[1] // 2) if top else slice(size[1] - size[1] // 2, None)
        rgb = (255 * right, 255 * top, 51)
        expected[rows, columns] = (*rgb, 255)
        shape = expected[rows, columns].shape
        x, y = right * (size[0] // 2), top * (size[1] // 2)
        native.fill(x, y, shape[1], shape[0], (rgb[0] / 255, rgb[1] / 255, rgb[2] / 255))
    return expected


def predicate(gl: GL, name: str, arguments: int) -> Callable[..., bool]:
    """Return an entry point that takes unsigned integers and answers yes or no."""
    address = gl.context.api.get_proc_address(name.encode())
    assert address is not None
    return ctypes.CFUNCTYPE(ctypes.c_bool, *[ctypes.c_uint] * arguments)(address)


def names_alive(gl: GL) -> dict[str, set[int]]:
    found = {}
    for function in OBJECTS:
        is_object = predicate(gl, function, 1)
        found[function] = {name for name in range(1, 200) if is_object(name)}
    return found


# OffscreenFramebuffer


@pytest.mark.parametrize("samples", [0, 4])
@pytest.mark.parametrize("size", [(64, 48), (63, 47), (2, 2), (1, 1)])
def test_what_is_drawn_is_in_the_texture(
    context: moderngl.Context, size: tuple[int, int], samples: int
) -> None:
    framebuffer = OffscreenFramebuffer(size, samples=samples)
    with framebuffer:
        expected = paint_quadrants(size)
    assert np.array_equal(read(framebuffer), expected)
    texture = context.external_texture(framebuffer.texture_id, size, 4, 0, "f1")
    assert np.array_equal(np.frombuffer(texture.read(), np.uint8).reshape(expected.shape)[::-1], expected)


def test_what_it_says_of_itself(context: moderngl.Context, gl: GL) -> None:
    single, multiple = OffscreenFramebuffer((31, 17)), OffscreenFramebuffer((31, 17), samples=4)
    assert single.framebuffer == Framebuffer(single.name, Size(31, 17)) == single.resolve()
    assert multiple.framebuffer == Framebuffer(multiple.name, Size(31, 17))
    assert multiple.resolve().name != multiple.name
    for framebuffer, samples in ((single, 0), (multiple, 4)):
        with framebuffer:
            assert gl.integer(g.SAMPLES) == framebuffer.samples == samples


@pytest.mark.parametrize("samples", [0, 4])
def test_samples_smooth_edges(context: moderngl.Context, samples: int) -> None:
    framebuffer = OffscreenFramebuffer((64, 48), samples=samples)
    program = context.program(TRIANGLE, ONE_COLOR)
    program["rgb"] = (1.0, 1.0, 1.0)
    with framebuffer:
        framebuffer.clear()
        context.vertex_array(program, []).render(vertices=3)
    levels = set(read(framebuffer)[..., 0].ravel().tolist())
    assert (levels > {0, 255}) if samples else (levels == {0, 255})


@pytest.mark.parametrize(("depth", "visible"), [(True, 255), (False, 0)])
def test_depth_hides_what_is_behind(context: moderngl.Context, *, depth: bool, visible: int) -> None:
    framebuffer = OffscreenFramebuffer((8, 8), depth=depth)
    program = context.program(TRIANGLE, ONE_COLOR)
    triangle = context.vertex_array(program, [])
    context.enable(moderngl.DEPTH_TEST)
    for _ in range(2):  # the second clear must take the first triangle's depth away
        with framebuffer:
            framebuffer.clear(0.2, 0.4, 0.6, 0.8)
            for place, rgb in ((-0.5, (1.0, 1.0, 1.0)), (0.5, (0.0, 0.0, 0.0))):
                program["depth"], program["rgb"] = place, rgb
                triangle.render(vertices=3)
    picture = read(framebuffer)
    assert picture[6, 1].tolist() == [visible, visible, visible, 255]
    assert picture[1, 6].tolist() == [51, 102, 153, 204]


def test_blocks_nest_and_put_back_what_was_bound(context: moderngl.Context, gl: GL) -> None:
    outer, inner = OffscreenFramebuffer((40, 30)), OffscreenFramebuffer((20, 10), samples=4)
    drawn, reading = context.simple_framebuffer((8, 8)), context.simple_framebuffer((8, 8))
    gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, drawn.glo)
    gl.BindFramebuffer(g.READ_FRAMEBUFFER, reading.glo)
    gl.Viewport(1, 2, 3, 4)
    before = native.state()

    def draw() -> None:
        with outer:
            with inner, outer:
                assert gl.integers(g.VIEWPORT, 4) == (0, 0, 40, 30)
            bindings = (g.DRAW_FRAMEBUFFER_BINDING, g.READ_FRAMEBUFFER_BINDING)
            assert [gl.integer(each) for each in bindings] == [outer.name, outer.name]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        draw()
    assert native.state() == before
    assert before["DRAW_FRAMEBUFFER_BINDING"] != before["READ_FRAMEBUFFER_BINDING"]


@pytest.mark.parametrize("samples", [0, 4])
def test_no_state_changes_and_no_object_stays(context: moderngl.Context, gl: GL, samples: int) -> None:
    renderbuffer = context.renderbuffer((4, 4))
    odd = native.OddState()
    odd.set()
    gl.BindRenderbuffer(g.RENDERBUFFER, renderbuffer.glo)
    state, names = native.state(), names_alive(gl)
    framebuffer = OffscreenFramebuffer((33, 21), samples=samples)
    assert native.state() == state
    assert names_alive(gl) != names
    framebuffer.clear(1.0)
    framebuffer.resolve()
    assert native.state() == state
    framebuffer.close()
    framebuffer.close()
    assert native.state() == state
    assert names_alive(gl) == names
    assert (framebuffer.name, framebuffer.texture_id) == (0, 0)
    odd.reset()


def test_leftover_state_does_not_spoil_resolving(context: moderngl.Context, gl: GL) -> None:
    framebuffer = OffscreenFramebuffer((33, 21), samples=4)
    with framebuffer:
        expected = paint_quadrants((33, 21))
    odd = native.OddState()
    odd.set()
    framebuffer.resolve()
    odd.reset()
    assert np.array_equal(read(framebuffer), expected)


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (1.5, 2), (20_000, 10), 7])
def test_impossible_sizes_are_refused(context: moderngl.Context, size: Any) -> None:
    with pytest.raises(ConfigError, match="size="):
        OffscreenFramebuffer(size)


@pytest.mark.parametrize("samples", [-1, 1000, 2.0, True, None])
def test_impossible_samples_are_refused(context: moderngl.Context, gl: GL, samples: Any) -> None:
    with pytest.raises(ConfigError, match=rf"samples={samples!r} .* 0 to {gl.integer(g.MAX_SAMPLES)}"):
        OffscreenFramebuffer((8, 8), samples=samples)


@pytest.mark.parametrize("samples", [0, 4])
def test_the_drivers_refusal_leaves_nothing_behind(
    gl: GL, monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    answers = iter((g.FRAMEBUFFER_COMPLETE, 0x8CDD))  # the second is GL_FRAMEBUFFER_UNSUPPORTED
    monkeypatch.setattr(gl, "CheckFramebufferStatus", lambda _: next(answers))
    monkeypatch.setattr(framebuffer_module, "current_gl", lambda: gl)
    state, names = native.state(), names_alive(gl)
    with pytest.raises(CaptureError, match=rf"8x8 with {samples} samples \(status 0x8cdd\)"):
        OffscreenFramebuffer((8, 8), samples=samples)
    assert (native.state(), names_alive(gl)) == (state, names)


# Quad


@pytest.mark.parametrize("flip", [False, True])
def test_a_texture_is_shown_exactly(context: moderngl.Context, *, flip: bool) -> None:
    pixels = noise((65, 47))
    framebuffer = OffscreenFramebuffer((65, 47))
    with framebuffer:
        Quad().draw(texture_of(context, pixels).glo, flip=flip)
    assert np.array_equal(read(framebuffer), pixels[::-1] if flip else pixels)


def test_the_viewport_is_where_it_is_shown(context: moderngl.Context, gl: GL) -> None:
    pixels = noise((8, 8))
    framebuffer = OffscreenFramebuffer((40, 30))
    expected = np.zeros((30, 40, 4), np.uint8)
    expected[12:28, 5:21] = pixels.repeat(2, axis=0).repeat(2, axis=1)
    framebuffer.clear(0.0, 0.0, 0.0, 0.0)
    with framebuffer:
        gl.Viewport(5, 2, 16, 16)
        Quad().draw(texture_of(context, pixels).glo)
    assert np.array_equal(read(framebuffer), expected)


def _call(gl: GL, name: str, *arguments: int | ctypes.c_float) -> None:
    """Call an entry point that glrec does not use."""
    address = gl.context.api.get_proc_address(name.encode())
    assert address is not None
    values = [ctypes.c_uint(each) if isinstance(each, int) else each for each in arguments]
    ctypes.CFUNCTYPE(None, *map(type, values))(address)(*values)


def _enabled(
    capability: int, name: str = "", *arguments: int | ctypes.c_float
) -> Callable[[moderngl.Context, GL], None]:
    """Return what switches a capability on, with the parameters of `name` such that no pixel would come through."""

    def leave(_: moderngl.Context, gl: GL) -> None:
        gl.Enable(capability)
        if name:
            _call(gl, name, *arguments)

    return leave


def _blend_some_buffers(_: moderngl.Context, gl: GL) -> None:
    gl.Enablei(g.BLEND, 0)
    gl.Enablei(g.BLEND, 2)
    _call(gl, "glBlendFunc", 0, 0)


def _bind_everything(context: moderngl.Context, gl: GL) -> None:
    program = context.program(TRIANGLE, ONE_COLOR)
    gl.UseProgram(program.glo)
    gl.BindVertexArray(context.vertex_array(program, []).glo)
    gl.ActiveTexture(g.TEXTURE0 + 3)
    gl.BindTexture(g.TEXTURE_2D, context.texture((2, 2), 4).glo)
    gl.ActiveTexture(g.TEXTURE0)
    gl.BindTexture(g.TEXTURE_2D, context.texture((2, 2), 4).glo)
    context.sampler(filter=(moderngl.LINEAR, moderngl.LINEAR)).use(0)
    gl.ActiveTexture(g.TEXTURE0 + 3)


LEFTOVERS: dict[str, Callable[[moderngl.Context, GL], None]] = {
    "depth test": _enabled(g.DEPTH_TEST, "glDepthFunc", 0x0200),  # GL_NEVER
    "stencil test": _enabled(g.STENCIL_TEST, "glStencilFunc", 0x0200, 0, 1),
    "culling": _enabled(g.CULL_FACE, "glCullFace", 0x0408),  # GL_FRONT_AND_BACK
    "scissor": _enabled(g.SCISSOR_TEST, "glScissor", 0, 0, 1, 1),
    "blending": _enabled(g.BLEND, "glBlendFunc", 0, 0),
    "blending in some buffers": _blend_some_buffers,
    "logic": _enabled(g.COLOR_LOGIC_OP, "glLogicOp", 0x1500),  # GL_CLEAR
    "alpha to coverage": _enabled(g.SAMPLE_ALPHA_TO_COVERAGE),
    "coverage": _enabled(g.SAMPLE_COVERAGE, "glSampleCoverage", ctypes.c_float(0.0), 0),
    "sample mask": _enabled(g.SAMPLE_MASK, "glSampleMaski", 0, 0),
    "discard": _enabled(g.RASTERIZER_DISCARD),
    "srgb": _enabled(g.FRAMEBUFFER_SRGB),
    "mask": lambda _, gl: gl.ColorMask(0, 1, 0, 1),
    "lines": lambda _, gl: gl.PolygonMode(g.FRONT_AND_BACK, g.LINE),
    "bindings": _bind_everything,
}


def full_state(gl: GL) -> dict[str, object]:
    """Return the state that a textured draw could change, beyond that of a capture."""
    capabilities = (g.COLOR_LOGIC_OP, g.SAMPLE_ALPHA_TO_COVERAGE, g.SAMPLE_COVERAGE, g.SAMPLE_MASK)
    found: dict[str, object] = {
        **native.state(),
        "capabilities": [gl.IsEnabled(each) for each in capabilities],
    }
    is_enabled = predicate(gl, "glIsEnabledi", 2)
    found["blend"] = [is_enabled(g.BLEND, index) for index in range(4)]
    unit = gl.integer(g.ACTIVE_TEXTURE)
    for index in (0, 3):
        gl.ActiveTexture(g.TEXTURE0 + index)
        found[f"unit {index}"] = (gl.integer(g.TEXTURE_BINDING_2D), gl.integer(g.SAMPLER_BINDING))
    gl.ActiveTexture(unit)
    return found


def stencilled_srgb_framebuffer(gl: GL, size: tuple[int, int]) -> int:
    """Return a framebuffer of 4 samples in which every leftover would show."""
    framebuffer = gl.generate("GenFramebuffers")
    gl.BindFramebuffer(g.FRAMEBUFFER, framebuffer)
    for attachment, internal_format in ((g.COLOR_ATTACHMENT0, g.SRGB8_ALPHA8), (0x821A, 0x88F0)):
        name = gl.generate(
            "GenRenderbuffers"
        )  # the second is GL_DEPTH_STENCIL_ATTACHMENT of GL_DEPTH24_STENCIL8
        gl.BindRenderbuffer(g.RENDERBUFFER, name)
        gl.RenderbufferStorageMultisample(g.RENDERBUFFER, 4, internal_format, *size)
        gl.FramebufferRenderbuffer(g.FRAMEBUFFER, attachment, g.RENDERBUFFER, name)
    return framebuffer


@pytest.mark.parametrize("leave", LEFTOVERS.values(), ids=LEFTOVERS)
def test_leftover_state_neither_spoils_a_quad_nor_changes(
    context: moderngl.Context, gl: GL, leave: Callable[[moderngl.Context, GL], None]
) -> None:
    pixels = noise((8, 8))
    texture, quad = texture_of(context, pixels), Quad()
    resolved, target = context.simple_framebuffer((16, 16)), stencilled_srgb_framebuffer(gl, (16, 16))
    gl.BindFramebuffer(g.FRAMEBUFFER, target)
    gl.Viewport(0, 0, 16, 16)
    pristine = full_state(gl)
    leave(context, gl)
    state = full_state(gl)
    quad.draw(texture.glo)
    assert full_state(gl) == state
    assert state != pristine
    gl.Disable(g.SCISSOR_TEST)
    gl.Disable(g.FRAMEBUFFER_SRGB)
    gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, resolved.glo)
    gl.BlitFramebuffer(0, 0, 16, 16, 0, 0, 16, 16, g.COLOR_BUFFER_BIT, g.NEAREST)
    expected = pixels.repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(native.read_picture(resolved.glo, (16, 16)), expected)


def test_a_program_that_the_host_deleted_while_in_use_is_gone(context: moderngl.Context, gl: GL) -> None:
    program = context.program(TRIANGLE, ONE_COLOR).glo
    gl.UseProgram(program)
    gl.DeleteProgram(program)  # OpenGL keeps it until another one is used
    with OffscreenFramebuffer((8, 8)):
        Quad().draw(0)
    assert gl.integer(g.CURRENT_PROGRAM) == 0
    assert not gl.IsProgram(program)
    assert context.error == "GL_NO_ERROR"


def test_closing_a_quad_leaves_no_object(context: moderngl.Context, gl: GL) -> None:
    framebuffer, texture = OffscreenFramebuffer((8, 8)), texture_of(context, noise((8, 8)))
    names = names_alive(gl)
    quad = Quad()
    with framebuffer:
        quad.draw(texture.glo)
    assert names_alive(gl) != names
    quad.close()
    quad.close()
    assert names_alive(gl) == names


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("_VERTEX", "void main() { nonsense(); }", "compile a shader .*nonsense"),
        ("_FRAGMENT", "void main() { nonsense(); }", "compile a shader .*nonsense"),
        ("_FRAGMENT", "in vec3 place; out vec4 c; void main() { c = place.xyzz; }", "link a shader .*place"),
    ],
)
def test_shader_errors_carry_the_drivers_log(
    gl: GL, monkeypatch: pytest.MonkeyPatch, name: str, source: str, message: str
) -> None:
    monkeypatch.setattr(quad_module, name, source)
    names = names_alive(gl)
    with pytest.raises(CaptureError, match=f"(?s){message}"):
        Quad()
    assert names_alive(gl) == names


# Both


@pytest.fixture
def drawers(context: moderngl.Context) -> Iterator[list[Callable[[], object]]]:
    """Give all that needs the context: of a framebuffer, and of a quad."""
    framebuffer, quad = OffscreenFramebuffer((8, 8), samples=4), Quad()
    yield [
        framebuffer.__enter__,
        framebuffer.clear,
        framebuffer.resolve,
        lambda: quad.draw(framebuffer.texture_id),
    ]
    framebuffer.close()
    quad.close()


@pytest.mark.parametrize("number", range(4))
def test_another_context_is_refused(drawers: list[Callable[[], object]], number: int) -> None:
    own = standalone_context()
    with pytest.raises(CaptureError, match="not current"):
        drawers[number]()
    own.release()


def test_a_block_that_ends_in_another_context_leaves_that_alone(context: moderngl.Context, gl: GL) -> None:
    gl.Viewport(1, 2, 3, 4)
    with OffscreenFramebuffer((8, 8)):
        other = standalone_context()
        other.simple_framebuffer((16, 16)).use()
        state = native.state()
    assert native.state() == state
    other.release()


def test_closed_objects_are_refused(context: moderngl.Context) -> None:
    framebuffer, quad = OffscreenFramebuffer((8, 8)), Quad()
    framebuffer.close()
    quad.close()
    for call in (framebuffer.__enter__, framebuffer.clear, framebuffer.resolve, lambda: quad.draw(1)):
        with pytest.raises(ClosedError, match="make a new one"):
            call()


def test_nothing_is_deleted_in_another_context(context: moderngl.Context) -> None:
    framebuffer, quad = OffscreenFramebuffer((8, 8), samples=4), Quad()
    other = standalone_context()
    kept = (OffscreenFramebuffer((8, 8), samples=4), Quad())
    names = names_alive(current_gl())
    assert kept[0].name == framebuffer.name  # so that a deletion would hit
    framebuffer.close()
    quad.close()
    assert names_alive(current_gl()) == names
    other.release()


@pytest.mark.parametrize("make", [lambda: OffscreenFramebuffer((8, 8)), Quad])
def test_without_a_context_they_are_refused(context: moderngl.Context, make: Callable[[], object]) -> None:
    native.release_current_context()
    with pytest.raises(CaptureError, match="no OpenGL context"):
        make()


def test_the_error_of_the_host_stays_pending(context: moderngl.Context) -> None:
    native.raise_invalid_enum()
    framebuffer, quad = OffscreenFramebuffer((8, 8), samples=4), Quad()
    framebuffer.clear()
    with framebuffer:
        quad.draw(framebuffer.texture_id)
    framebuffer.resolve()
    framebuffer.close()
    quad.close()
    assert context.error == "GL_INVALID_ENUM"
    assert context.error == "GL_NO_ERROR"


OTHER_CONTEXT = """
import sys

import glfw
import numpy as np

from glrec_core import drawing
from glrec_core.drawing import OffscreenFramebuffer, Quad
from glrec_core.gl.functions import current_gl
from tests.contract.adapter_programs import native

glfw.init()
glfw.window_hint(glfw.CLIENT_API, getattr(glfw, sys.argv[1]))
glfw.window_hint(glfw.CONTEXT_CREATION_API, glfw.EGL_CONTEXT_API)
glfw.window_hint(glfw.CONTEXT_VERSION_MAJOR, 3)
glfw.window_hint(glfw.CONTEXT_VERSION_MINOR, 0)
glfw.make_context_current(glfw.create_window(64, 48, "drawing", None, None))
drawn, shown, quad = OffscreenFramebuffer((31, 17), samples=4), OffscreenFramebuffer((31, 17)), Quad()
drawn.clear(1.0, 0.8, 0.6, 0.4)
drawn.resolve()
with shown:
    native.fill(0, 0, 31, 17, (0.0, 0.0, 0.0))
    quad.draw(drawn.texture_id)
assert np.array_equal(native.read_picture(shown.name, (31, 17)), np.full((17, 31, 4), (255, 204, 153, 102)))
quad.close()
drawn.close()
shown.close()
assert native.error() == 0
print(current_gl().version_text)
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


@pytest.mark.parametrize(
    ("kind", "env"),
    [
        ("OpenGL ES 3.0", {"MESA_GLES_VERSION_OVERRIDE": "3.0"}),
        ("OpenGL ES 3.2", {}),
        ("3.0", {"MESA_GL_VERSION_OVERRIDE": "3.0", "MESA_GLSL_VERSION_OVERRIDE": "130"}),
        ("4.", {}),
    ],
    ids=["es3.0", "es3.2", "gl3.0", "gl4"],
)
def test_they_work_in_other_contexts(display: str, kind: str, env: dict[str, str]) -> None:
    api = "OPENGL_ES_API" if "ES" in kind else "OPENGL_API"
    assert run_program(OTHER_CONTEXT, api, env={"DISPLAY": display, **env}).stdout.startswith(kind)


def test_the_former_name_of_the_framebuffer_still_serves_and_says_the_new_one() -> None:
    with pytest.warns(DeprecationWarning, match="OffscreenFramebuffer"):
        former = drawing.FrameBuffer
    assert former is OffscreenFramebuffer
    with pytest.raises(AttributeError, match="no attribute 'RenderTarget'"):
        _ = drawing.RenderTarget
