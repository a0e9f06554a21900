"""Plain textures are copied by a compute pass where a GPU has it, exactly; all else by blits; the host's state stays."""

from collections.abc import Callable
from functools import partial

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.capture.blit import Blitter
from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.geometry import PaddedSize
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.capture.texture_copy import TextureCopy
from glrec_core.config import Config
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.state import ImageState, ReadState
from glrec_core.values.color import BT709
from glrec_core.values.frame import Framebuffer, Size
from tests.contract.adapter_programs import native
from tests.support import reference
from tests.support.gl_names import names_alive

IMAGE = (g.IMAGE_BINDING_NAME, g.IMAGE_BINDING_LEVEL, g.IMAGE_BINDING_ACCESS, g.IMAGE_BINDING_FORMAT)
R32UI = 0x8236


@pytest.fixture
def gl(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> GL:
    """The entry points, as of a GPU."""
    gl = current_gl()
    monkeypatch.setattr(gl, "is_software", False)
    return gl


def noise(size: Size) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (size.height, size.width, 4), np.uint8)


def blitter_for(gl: GL, size: Size) -> Blitter:
    with ReadState(gl):
        return Blitter(gl, PaddedSize.of(size, 1), keep_shape=True)


def copied(context: moderngl.Context, gl: GL, blitter: Blitter, source: Framebuffer) -> NDArray[np.uint8]:
    """Return the copy's pixels, bottom row first."""
    with ReadState(gl):
        blitter.prepare(source, Direct.NOTHING)
        size = blitter._padded.coded
        pixels = np.zeros((size.height, size.width, 4), np.uint8)
        gl.ReadPixels(0, 0, *size, g.RGBA, g.UNSIGNED_BYTE, pixels.ctypes.data)
        blitter.restore()
    return pixels


@pytest.mark.parametrize("size", [Size(1, 1), Size(33, 9), Size(640, 360)], ids=str)
def test_every_value_is_the_same(context: moderngl.Context, gl: GL, size: Size) -> None:
    pixels = noise(size)
    fbo = context.framebuffer([context.texture(size, 4, pixels.tobytes())])
    blitter = blitter_for(gl, size)
    assert np.array_equal(copied(context, gl, blitter, Framebuffer(fbo.glo, size)), pixels)
    with ReadState(gl):
        blitter.delete()


@pytest.mark.parametrize(
    ("kind", "passes"), [("texture", 1), ("renderbuffer", 0), ("float texture", 0), ("other size", 0)]
)
def test_only_what_a_shader_can_load_as_it_is_goes_that_way(
    context: moderngl.Context, gl: GL, monkeypatch: pytest.MonkeyPatch, kind: str, passes: int
) -> None:
    size = Size(64, 32)
    attachments: dict[str, Callable[[], moderngl.Texture | moderngl.Renderbuffer]] = {
        "texture": lambda: context.texture(size, 4),
        "renderbuffer": lambda: context.renderbuffer(size),
        "float texture": lambda: context.texture(size, 4, dtype="f2"),
        "other size": lambda: context.texture((32, 16), 4),
    }
    fbo = context.framebuffer([attachments[kind]()])
    fbo.clear(1.0, 0.0, 1.0, 1.0)
    calls: list[int] = []
    copy = TextureCopy.copy

    def counted(texture_copy: TextureCopy, source: int, target: int) -> None:
        calls.append(source)
        copy(texture_copy, source, target)

    monkeypatch.setattr(TextureCopy, "copy", counted)
    blitter = blitter_for(gl, size)
    pixels = copied(context, gl, blitter, Framebuffer(fbo.glo, Size(*fbo.size)))
    with ReadState(gl):
        blitter.delete()
    assert len(calls) == passes
    assert (pixels == (255, 0, 255, 255)).all()


def test_a_software_renderer_blits(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    size, gl = Size(64, 32), current_gl()
    monkeypatch.setattr(gl, "is_software", True)
    blitter = blitter_for(gl, size)
    assert blitter._texture_copy is None
    with ReadState(gl):
        blitter.delete()


def test_images_and_program_are_bound_as_before_and_nothing_stays(context: moderngl.Context, gl: GL) -> None:
    size = Size(32, 16)
    fbo = context.framebuffer([context.texture(size, 4)])
    texture = context.texture_array((4, 4, 3), 1, dtype="u4")
    units = ImageState(gl, 2).units
    for unit in units:
        gl.BindImageTexture(unit, texture.glo, 0, 0, 2, g.WRITE_ONLY, R32UI)
    program = context.program(vertex_shader="#version 330\nvoid main() { gl_Position = vec4(0); }")
    gl.UseProgram(program.glo)

    def bound() -> object:
        images = [[gl.indexed_integer(name, unit) for name in IMAGE] for unit in units]
        return images, gl.integer(g.CURRENT_PROGRAM), native.state()

    before, alive = bound(), names_alive()
    blitter = blitter_for(gl, size)
    with ReadState(gl):
        blitter.prepare(Framebuffer(fbo.glo, size), Direct.NOTHING)
        blitter.restore()
    assert bound() == before
    with ReadState(gl):
        blitter.delete()
    gl.UseProgram(0)
    for unit in units:
        gl.BindImageTexture(unit, 0, 0, 0, 0, g.READ_ONLY, g.RGBA8)
    assert names_alive() == alive


@pytest.mark.parametrize("direct", [Direct.TEXTURE, Direct.NOTHING])
def test_a_known_plain_texture_needs_no_framebuffer_binding(
    context: moderngl.Context, gl: GL, monkeypatch: pytest.MonkeyPatch, direct: Direct
) -> None:
    size = Size(64, 32)
    pixels = noise(size)
    source = Framebuffer(context.framebuffer([context.texture(size, 4, pixels.tobytes())]).glo, size)
    capture = RingCapture(gl, Config(slots=2), size, 2, partial(ComputeRing, color=BT709), direct=direct)
    held = capture.grab(source, 0)  # the source is inspected at its first frame
    bound: list[int] = []
    bind = gl.BindFramebuffer

    def binding(target: int, name: int) -> None:
        bound.append(name)
        bind(target, name)

    monkeypatch.setattr(gl, "BindFramebuffer", binding)
    for number in (1, 2):
        held += capture.grab(source, number)
    assert bound == []
    frames = held + capture.drain()
    assert bound  # counting works: draining does bind
    expected = reference.yuv420p(pixels[::-1]).y
    for frame in frames:
        with frame:
            assert np.abs(frame.planes[0].astype(int) - expected).max() <= 1
    assert [frame.pts_ns for frame in frames] == [0, 1, 2]
    capture.close()
