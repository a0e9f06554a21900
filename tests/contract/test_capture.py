"""What every capture must do, over each way of reading: exact pixels, any source, any size, nothing left behind."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.memory import MemoryRing
from glrec_core.capture.pixel_buffers import PixelBufferRing
from glrec_core.capture.ring import Direct, OpenRing
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.errors import CaptureError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.stages import Capture
from glrec_core.values.color import BT709
from glrec_core.values.frame import Frame, Framebuffer, Size
from tests.support import reference
from tests.support.gl_names import names_alive

Make = Callable[..., Capture]
Pixels = NDArray[np.uint8]
Planes = tuple[Pixels, ...]

RINGS: dict[str, OpenRing] = {
    "memory": MemoryRing,
    "memory-direct": MemoryRing,
    "persistent": PixelBufferRing,
    "mapped": PixelBufferRing,
    "compute": partial(ComputeRing, color=BT709),
    "compute-direct": partial(ComputeRing, color=BT709),
}
DIRECT = {"memory-direct": Direct.FRAMEBUFFER, "compute-direct": Direct.TEXTURE}


@pytest.fixture
def gl(context: moderngl.Context) -> GL:
    return current_gl()


@pytest.fixture(params=RINGS)
def make(request: pytest.FixtureRequest, gl: GL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Give a function that opens a capture of each kind: `make(first_size, **options)`."""
    opened: list[Capture] = []
    if request.param == "mapped":
        monkeypatch.setattr(gl, "BufferStorage", None)

    def open_capture(first: tuple[int, int], **options: Any) -> Capture:
        direct = DIRECT.get(request.param, Direct.NOTHING)
        config = Config(timing="step", slots=3, **options)
        capture = RingCapture(gl, config, Size(*first), 2, RINGS[request.param], direct=direct)
        opened.append(capture)
        return capture

    yield open_capture
    for capture in opened:
        capture.close()


def noise(size: tuple[int, int], seed: int = 0) -> Pixels:
    """Return random opaque pixels, (height, width, 4) with row 0 the top."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def plain(size: tuple[int, int], *rgb: int) -> Pixels:
    """Return opaque pixels of one colour."""
    return np.full((size[1], size[0], 4), (*rgb, 255), np.uint8)


def upload(context: moderngl.Context, pixels: Pixels) -> tuple[moderngl.Framebuffer, Framebuffer]:
    height, width = pixels.shape[:2]
    fbo = context.framebuffer([context.texture((width, height), 4, pixels[::-1].tobytes())])
    return fbo, Framebuffer(fbo.glo, Size(width, height))


def take(frames: list[Frame]) -> list[tuple[int, Planes]]:
    """Copy the frames' planes and give them back."""
    taken = []
    for frame in frames:
        with frame:
            taken.append((frame.pts_ns, tuple(plane.copy() for plane in frame.planes)))
    return taken


def shows(planes: Planes, expected: Pixels, tolerance: int = 0) -> bool:
    """Whether a frame holds the expected RGBA: all values of RGBA, or of NV12 with 1 for its rounding."""
    if len(planes) == 1:
        return near(planes[0], expected, tolerance)
    y, cb, cr = reference.yuv420p(expected)
    return near(planes[0], y, tolerance + 1) and near(planes[1], np.dstack([cb, cr]), tolerance + 1)


def near(found: Pixels, expected: Pixels, tolerance: int) -> bool:
    assert found.shape == expected.shape
    return bool(np.abs(found.astype(int) - expected).max() <= tolerance)


def patch(planes: Planes, left: int, top: int) -> Planes:
    """Return the 2x2 pixels at an even place."""
    first, *chroma = planes
    half = (top // 2, left // 2)
    return (
        first[top : top + 2, left : left + 2],
        *(plane[half[0] : half[0] + 1, half[1] : half[1] + 1] for plane in chroma),
    )


def test_pixels_are_exact_and_the_first_row_is_the_top(context: moderngl.Context, make: Make) -> None:
    pixels = noise((64, 48))
    _, source = upload(context, pixels)
    capture = make((64, 48))
    [(_, got)] = take(capture.grab(source, 0) + capture.drain())
    assert capture.spec.size == (64, 48)
    assert shows(got, pixels)


def test_frames_come_once_each_in_order(context: moderngl.Context, make: Make) -> None:
    sources = [upload(context, noise((16, 8), seed)) for seed in range(4)]
    capture = make((16, 8))
    got = []
    for number in range(50):
        got += take(capture.grab(sources[number % 4][1], number))
        assert len(got) >= number + 1 - capture.latency
    got += take(capture.drain())
    assert [pts for pts, _ in got] == list(range(50))
    assert all(shows(planes, noise((16, 8), pts % 4)) for pts, planes in got)


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48), (1, 1), (641, 359)])
def test_odd_sizes_repeat_the_last_column_and_row(
    context: moderngl.Context, make: Make, size: tuple[int, int]
) -> None:
    pixels = noise(size)
    _, source = upload(context, pixels)
    capture = make(size)
    [(_, got)] = take(capture.grab(source, 0) + capture.drain())
    assert shows(got, reference.pad_to_even(pixels))
    assert len(capture.notes) == 1


@pytest.mark.parametrize("samples", [4])
def test_samples_are_resolved(context: moderngl.Context, make: Make, samples: int) -> None:
    fbo = context.framebuffer([context.renderbuffer((32, 16), samples=samples)])
    fbo.clear(1.0, 0.5, 0.0, 1.0)
    fbo.clear(0.0, 0.0, 1.0, 1.0, viewport=(0, 0, 32, 8))
    for options, size in (({}, (32, 16)), ({"size": (16, 8)}, (16, 8)), ({"size": (20, 20)}, (20, 20))):
        capture = make((32, 16), **options)
        [(_, got)] = take(capture.grab(Framebuffer(fbo.glo, Size(32, 16)), 0) + capture.drain())
        assert got[0].shape[:2] == (size[1], size[0])
        middle = size[1] // 2
        assert shows(patch(got, 4, middle - 4), plain((2, 2), 255, 128, 0), tolerance=1)
        assert shows(patch(got, 4, middle + 2), plain((2, 2), 0, 0, 255), tolerance=1)


def test_shrinking_averages_all_pixels(context: moderngl.Context, make: Make) -> None:
    stripes = plain((64, 64), 0, 0, 0)
    stripes[:, ::2] = 255
    _, source = upload(context, stripes)
    capture = make((64, 64), size=(8, 8))
    [(_, got)] = take(capture.grab(source, 0) + capture.drain())
    assert shows(got, plain((8, 8), 127, 127, 127), tolerance=2)


def test_a_resized_source_is_letterboxed_into_the_first_size(context: moderngl.Context, make: Make) -> None:
    _, first = upload(context, noise((32, 16)))
    _, second = upload(context, plain((32, 32), 255, 255, 255))
    capture = make((32, 16))
    got = take(capture.grab(first, 0) + capture.grab(second, 1) + capture.grab(first, 2) + capture.drain())
    boxed = plain((32, 16), 0, 0, 0)
    boxed[:, 8:24] = 255
    assert shows(got[0][1], noise((32, 16)))
    assert shows(got[1][1], boxed)
    assert shows(got[2][1], noise((32, 16)))


def test_a_resized_source_is_stretched_when_asked(context: moderngl.Context, make: Make) -> None:
    _, first = upload(context, noise((32, 16)))
    _, second = upload(context, plain((32, 32), 255, 255, 255))
    capture = make((32, 16), on_resize="scale")
    got = take(capture.grab(first, 0) + capture.grab(second, 1) + capture.drain())
    assert shows(got[1][1], plain((32, 16), 255, 255, 255))


def test_a_resized_source_starts_a_new_specification_when_asked(
    context: moderngl.Context, make: Make
) -> None:
    _, first = upload(context, noise((32, 16)))
    _, second = upload(context, noise((20, 30)))
    capture = make((32, 16), on_resize="segment")
    frames = capture.grab(first, 0) + capture.grab(second, 1) + capture.grab(first, 2) + capture.drain()
    assert [frame.spec.size for frame in frames] == [(32, 16), (20, 30), (32, 16)]
    got = take(frames)
    assert shows(got[1][1], noise((20, 30)))
    assert shows(got[2][1], noise((32, 16)))


@pytest.mark.parametrize(
    ("internal_format", "tolerance"),
    [(0x8D62, 9), (0x8059, 1), (0x881A, 1), (0x8C43, 0), (0x8051, 0)],
    ids=["RGB565", "RGB10_A2", "RGBA16F", "SRGB8_ALPHA8", "RGB8"],
)
def test_other_colour_formats(
    context: moderngl.Context, make: Make, internal_format: int, tolerance: int
) -> None:
    texture = context.texture((16, 8), 4, internal_format=internal_format)
    fbo = context.framebuffer([texture])
    fbo.clear(200 / 255, 60 / 255, 50 / 255, 1.0)
    capture = make((16, 8))
    [(_, got)] = take(capture.grab(Framebuffer(fbo.glo, Size(16, 8)), 0) + capture.drain())
    assert shows(got, plain((16, 8), 200, 60, 50), tolerance)


def test_an_enabled_srgb_conversion_does_not_change_the_values(context: moderngl.Context, make: Make) -> None:
    texture = context.texture((16, 8), 4, bytes([10, 100, 200, 255] * 128), internal_format=g.SRGB8_ALPHA8)
    fbo = context.framebuffer([texture])
    context.enable_direct(g.FRAMEBUFFER_SRGB)
    capture = make((16, 8), size=(8, 4))
    [(_, got)] = take(capture.grab(Framebuffer(fbo.glo, Size(16, 8)), 0) + capture.drain())
    context.disable_direct(g.FRAMEBUFFER_SRGB)
    assert shows(got, plain((8, 4), 10, 100, 200))


def test_a_framebuffer_of_integers_is_refused(context: moderngl.Context, make: Make) -> None:
    fbo = context.framebuffer([context.texture((16, 8), 4, dtype="u1")])
    capture = make((16, 8))
    with pytest.raises(CaptureError, match="integers"):
        capture.grab(Framebuffer(fbo.glo, Size(16, 8)), 0)


def test_leftover_scissor_and_pack_state_do_not_matter(context: moderngl.Context, gl: GL, make: Make) -> None:
    pixels = noise((64, 48))
    _, source = upload(context, pixels)
    capture = make((64, 48))
    other = context.buffer(reserve=64)
    gl.Enable(g.SCISSOR_TEST)
    gl.PixelStorei(g.PACK_ROW_LENGTH, 7)
    gl.PixelStorei(g.PACK_SKIP_PIXELS, 3)
    gl.PixelStorei(g.PACK_ALIGNMENT, 8)
    gl.BindBuffer(g.PIXEL_PACK_BUFFER, other.glo)
    gl.BindBuffer(g.PIXEL_UNPACK_BUFFER, other.glo)
    [(_, got)] = take(capture.grab(source, 0) + capture.drain())
    assert shows(got, pixels)
    assert gl.IsEnabled(g.SCISSOR_TEST)
    assert [gl.integer(name) for name in (g.PACK_ROW_LENGTH, g.PACK_SKIP_PIXELS, g.PACK_ALIGNMENT)] == [
        7,
        3,
        8,
    ]
    assert gl.integer(g.PIXEL_PACK_BUFFER_BINDING) == gl.integer(g.PIXEL_UNPACK_BUFFER_BINDING) == other.glo
    gl.Disable(g.SCISSOR_TEST)
    gl.BindBuffer(g.PIXEL_PACK_BUFFER, 0)
    gl.BindBuffer(g.PIXEL_UNPACK_BUFFER, 0)


def test_the_error_of_the_host_stays_pending(context: moderngl.Context, gl: GL, make: Make) -> None:
    _, source = upload(context, noise((16, 8)))
    gl.Enable(0xFFFF)
    capture = make((16, 8))
    take(capture.grab(source, 0) + capture.drain())
    assert context.error == "GL_INVALID_ENUM"
    assert context.error == "GL_NO_ERROR"


def test_the_texture_shows_the_last_frame(context: moderngl.Context, make: Make) -> None:
    pixels = noise((16, 8))
    _, source = upload(context, pixels)
    capture = make((16, 8))
    texture = context.external_texture(capture.texture_id, (16, 8), 4, 0, "f1")
    take(capture.grab(source, 0) + capture.drain())
    assert np.array_equal(np.frombuffer(texture.read(), np.uint8).reshape(8, 16, 4)[::-1], pixels)


def test_a_copys_texture_gets_its_memory_with_the_first_copy(
    context: moderngl.Context, gl: GL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then a frame that is read where it is need not wait for that, which takes longest where the CPU draws."""
    made: list[tuple[Any, ...]] = []
    make_texture = gl.TexImage2D

    def noted(*values: Any) -> None:
        made.append(values)
        make_texture(*values)

    monkeypatch.setattr(gl, "TexImage2D", noted)
    pixels = noise((16, 8))
    _, source = upload(context, pixels)
    capture = RingCapture(gl, Config(slots=3), Size(16, 8), 2, MemoryRing, direct=Direct.FRAMEBUFFER)
    assert np.array_equal(take(capture.grab(source, 0))[0][1][0], pixels)
    assert made == []
    texture = context.external_texture(capture.texture_id, (16, 8), 4, 0, "f1")
    assert np.array_equal(take(capture.grab(source, 1))[0][1][0], pixels)
    assert len(made) == 1
    assert np.array_equal(np.frombuffer(texture.read(), np.uint8).reshape(8, 16, 4)[::-1], pixels)
    capture.close()


def test_closing_leaves_no_gl_object(context: moderngl.Context, make: Make) -> None:
    _, source = upload(context, noise((64, 48)))
    _, odd = upload(context, noise((31, 99)))
    before = names_alive()
    for options in ({}, {"size": (15, 9)}, {"on_resize": "segment"}):
        capture = make((64, 48), **options)
        for number in range(3):
            take(capture.grab(source, number) + capture.grab(odd, number))
        take(capture.drain())
        capture.close()
        capture.close()
    assert names_alive() == before


def test_all_slots_can_be_lent_at_once(context: moderngl.Context, make: Make) -> None:
    _, source = upload(context, noise((16, 8)))
    capture = make((16, 8))
    for _ in range(3):
        frames = [
            frame for number in range(capture.slots) for frame in capture.grab(source, number)
        ] + capture.drain()
        assert [frame.pts_ns for frame in frames] == list(range(capture.slots))
        assert len(take(frames)) == capture.slots


def test_a_texture_that_a_shader_cannot_load_is_copied(context: moderngl.Context, gl: GL) -> None:
    pixels = noise((16, 8))
    _, plain = upload(context, pixels)
    incomplete = context.texture((16, 8), 4)
    incomplete.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR  # until it has mipmaps
    others: list[moderngl.Texture | moderngl.Renderbuffer] = [
        context.texture((16, 8), 4, internal_format=g.SRGB8_ALPHA8),
        context.texture((16, 8), 4, dtype="f2"),
        context.texture((16, 8), 3),
        context.renderbuffer((16, 8)),
        context.texture((16, 8), 4, samples=4),
        incomplete,
    ]
    framebuffers = [context.framebuffer([attachment]) for attachment in others]
    context.enable_direct(g.FRAMEBUFFER_SRGB)
    for framebuffer in framebuffers:
        framebuffer.clear(0.0, 0.0, 0.0, 1.0)
    context.disable_direct(g.FRAMEBUFFER_SRGB)
    capture = RingCapture(gl, Config(), Size(16, 8), 2, RINGS["compute"], direct=Direct.TEXTURE)
    for framebuffer in framebuffers:
        for source, luma in (
            (plain, reference.yuv420p(pixels).y),
            (Framebuffer(framebuffer.glo, Size(16, 8)), 16),
        ):
            [(_, planes)] = take(capture.grab(source, 0) + capture.drain())
            assert np.abs(planes[0].astype(int) - luma).max() <= 1
    capture.close()
