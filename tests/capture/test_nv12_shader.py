"""The compute pass against the exact reference: every colour space, every even size, and nothing written beside it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import moderngl
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.nv12_shader import pitch_bytes
from glrec_core.capture.ring import ReadSource
from glrec_core.errors import CaptureError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.state import ReadState
from glrec_core.values.color import BT709, COLOR_SPACES, ColorSpace
from glrec_core.values.frame import Frame, PixelFormat, Size
from tests.support import reference

even = st.integers(1, 70).map(lambda half: 2 * half)
spaces = st.sampled_from(list(COLOR_SPACES.values()))
per_example = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def converted(context: moderngl.Context, rgb: NDArray[np.uint8], color: ColorSpace) -> Iterator[Frame]:
    """Give the frame that the pass makes of a (height, width, 3) picture, row 0 the top."""
    gl = current_gl()
    height, width = rgb.shape[:2]
    rgba = np.dstack([rgb, np.full((height, width), 255, np.uint8)])
    texture = context.texture((width, height), 4, rgba[::-1].tobytes())
    with ReadState(gl):
        ring = ComputeRing(gl, Size(width, height), 1, color=color)
        ring.read(ReadSource(0, texture.glo), 0)
        [frame] = ring.arrived(wait=True)
        with frame:
            yield frame
        ring.delete()
    texture.release()


def errors(frame: Frame, rgb: NDArray[np.uint8], color: ColorSpace) -> NDArray[np.int64]:
    """Return how far all of the frame's values are from the reference."""
    matrix: reference.Matrix = "bt601" if color.name.startswith("bt601") else "bt709"
    exact = reference.yuv420p(rgb, matrix, full_range=color.full_range)
    luma, chroma = frame.planes
    pairs = ((luma, exact.y), (chroma[..., 0], exact.cb), (chroma[..., 1], exact.cr))
    assert all(found.shape == wanted.shape for found, wanted in pairs)
    return np.concatenate([np.abs(found.astype(np.int64) - wanted).ravel() for found, wanted in pairs])


def noise(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


@per_example
@given(width=even, height=even, color=spaces, seed=st.integers(0, 2**32 - 1))
def test_noise_of_any_even_size(
    context: moderngl.Context, width: int, height: int, color: ColorSpace, seed: int
) -> None:
    rgb = noise((width, height), seed)
    with converted(context, rgb, color) as frame:
        assert errors(frame, rgb, color).max() <= 1


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=lambda color: color.name)
@pytest.mark.parametrize("size", [(2, 2), (4096, 2304)], ids=str)
def test_the_smallest_and_a_large_picture(
    context: moderngl.Context, size: tuple[int, int], color: ColorSpace
) -> None:
    rgb = noise(size, 7)
    with converted(context, rgb, color) as frame:
        found = errors(frame, rgb, color)
        assert found.max() <= 1
        assert np.count_nonzero(found) <= found.size / 1000  # only halves may be rounded the other way


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=lambda color: color.name)
def test_the_corners_of_the_cube_do_not_wrap_around(context: moderngl.Context, color: ColorSpace) -> None:
    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)], np.uint8)
    rgb = np.repeat(np.repeat(corners[None], 2, axis=0), 4, axis=1)
    with converted(context, rgb, color) as frame:
        assert errors(frame, rgb, color).max() <= 1


def test_planes_are_views_with_aligned_rows(context: moderngl.Context) -> None:
    with converted(context, noise((70, 6), 1), BT709) as frame:
        luma, chroma = frame.planes
        assert frame.spec.format is PixelFormat.NV12
        assert (luma.shape, chroma.shape) == ((6, 70), (3, 35, 2))
        assert luma.strides[0] == chroma.strides[0] == pitch_bytes(70) == 128
        assert chroma.ctypes.data - luma.ctypes.data == 6 * 128


def test_a_driver_that_refuses_the_shader_is_quoted(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "#version 430\nlayout(local_size_x = 1) in;\nvoid main() { oops; }"
    monkeypatch.setattr("glrec_core.capture.compute.nv12_source", lambda *_: broken)
    with pytest.raises(CaptureError, match=r"(?s)cannot compile.*oops"), ReadState(gl := current_gl()):
        ComputeRing(gl, Size(16, 8), 1, color=BT709)


def test_a_program_that_does_not_link_is_quoted(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = "#version 430\nlayout(local_size_x = 1) in;\nvoid missing();\nvoid main() { missing(); }"
    monkeypatch.setattr("glrec_core.capture.compute.nv12_source", lambda *_: nothing)
    with pytest.raises(CaptureError, match=r"(?s)cannot link.*missing"), ReadState(gl := current_gl()):
        ComputeRing(gl, Size(16, 8), 1, color=BT709)


@pytest.mark.parametrize("limit_bytes", [1535, 1536])
def test_a_frame_beyond_the_drivers_limit_is_refused(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch, limit_bytes: int
) -> None:
    real, limits = GL.integer, {g.MAX_SHADER_STORAGE_BLOCK_SIZE: limit_bytes}
    monkeypatch.setattr(GL, "integer", lambda gl, name: limits.get(name) or real(gl, name))
    with nullcontext() if limit_bytes >= 1536 else pytest.raises(CaptureError, match=r"1536 bytes.* to 1535"):
        with ReadState(gl := current_gl()):
            ring = ComputeRing(gl, Size(64, 16), 1, color=BT709)
        ring.delete()
