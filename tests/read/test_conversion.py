"""The definition of the conversion against whole numbers of any size, and swscale against the definition."""

from fractions import Fraction
from itertools import product
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.ffmpeg.planes import planes_of
from glrec_core.read import exact, swscale
from glrec_core.read.coding import Coding, coding_of, rgb_map
from glrec_core.read.geometry import Geometry, Region
from glrec_core.read.taps import taps
from glrec_core.values.color import COLOR_SPACES, LUMA_WEIGHTS
from glrec_core.values.frame import Size
from tests.support import reference

FORMATS = [
    "yuv420p",
    "nv12",
    "nv21",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "p010le",
    "p016le",
    "yuv422p10le",
    "yuv444p12le",
    "yuv444p16le",
    "yuva420p",
    "nv24",
]
SIZE = Size(132, 94)


def noise(name: str, matrix: int = 1, *, full_range: bool = False, size: Size = SIZE) -> av.VideoFrame:
    """Return a picture of random samples, of all values."""
    picture = av.VideoFrame(*size, name)
    generator = np.random.default_rng(7)
    bits = picture.format.components[0].bits
    unused = 16 - bits if name.startswith("p0") else 0
    for plane in picture.planes:
        if bits == 8:
            plane.update(generator.bytes(plane.buffer_size))
        else:
            samples = generator.integers(0, 1 << bits, plane.buffer_size // 2) << unused
            plane.update(samples.astype("<u2").tobytes())
    picture.colorspace, picture.color_range = matrix, 2 if full_range else 1
    picture.pts, picture.time_base = 0, Fraction(1, 30)
    return picture


def by_definition(
    picture: av.VideoFrame, coding: Coding, plan: Geometry, kind: Any = np.uint8
) -> NDArray[Any]:
    out = np.empty((plan.scaled.height, plan.scaled.width, 3), kind)
    exact.convert(planes_of(picture), coding, exact.resampling(coding, plan.region, plan.scaled), out)
    return out


def whole(size: Size = SIZE) -> Geometry:
    return Geometry(Region(0, 0, *size), size, 0)


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(("matrix", "name"), [(1, "bt709"), (6, "bt601")])
def test_the_definition_is_the_exact_fraction(matrix: int, name: reference.Matrix, full_range: bool) -> None:  # noqa: FBT001
    picture = noise("yuv420p", matrix, full_range=full_range)
    planes = planes_of(picture)
    found = by_definition(picture, coding_of("noise", picture, "h264"), whole())
    wanted = reference.rgb(reference.Planes(*planes), name, full_range=full_range)
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_sixteen_bits_are_the_exact_fraction(bits: int) -> None:
    for matrix in LUMA_WEIGHTS:
        assert_exact_fraction(matrix, bits)


def assert_exact_fraction(matrix: int, bits: int) -> None:
    kr, kb = LUMA_WEIGHTS[matrix]
    generator, step = np.random.default_rng(3), 1 << (bits - 8)
    samples = [generator.integers(0, 1 << bits, (1, 200), np.uint16) for _ in range(3)]
    coding = Coding(matrix, full_range=False, bits=bits)
    plan = exact.resampling(coding, Region(0, 0, 200, 1), Size(200, 1))
    out = np.empty((1, 200, 3), np.uint16)
    exact.convert(samples, coding, plan, out)
    for index, (y, cb, cr) in enumerate(zip(*(each[0].tolist() for each in samples), strict=True)):
        luma = Fraction(y - 16 * step, 219 * step)
        red = luma + 2 * (1 - kr) * Fraction(cr - 128 * step, 224 * step)
        blue = luma + 2 * (1 - kb) * Fraction(cb - 128 * step, 224 * step)
        green = (luma - kr * red - kb * blue) / (1 - kr - kb)
        wanted = [min(65_535, max(0, int(65_535 * each + Fraction(1, 2)))) for each in (red, green, blue)]
        assert out[0, index].tolist() == wanted, f"matrix {matrix}, samples {(y, cb, cr)}"


@pytest.mark.parametrize("name", FORMATS)
def test_swscale_is_within_one_of_the_definition(name: str) -> None:
    for matrix, full_range in product(LUMA_WEIGHTS, (False, True)):
        off = off_the_definition(name, matrix, full_range=full_range)
        assert off <= 1, f"off by {off} with matrix {matrix}, full_range={full_range}"


def off_the_definition(name: str, matrix: int, *, full_range: bool) -> int:
    """Return the largest difference between what swscale gives and what is right."""
    picture = noise(name, matrix, full_range=full_range)
    coding = coding_of("noise", picture, "h264")
    if swscale.overflows(planes_of(picture), coding):
        picture = tamed(picture, coding)
        assert not swscale.overflows(planes_of(picture), coding), f"matrix {matrix}, full_range={full_range}"
    assert swscale.fits(coding, whole()), f"matrix {matrix}, full_range={full_range}"
    reader = swscale.SwscaleReader(picture, coding, whole(), planar=False)
    found, wanted = reader.convert(picture), by_definition(picture, coding, whole())
    return int(np.abs(found.astype(int) - wanted).max())


def tamed(picture: av.VideoFrame, coding: Coding) -> av.VideoFrame:
    """Return the picture with luma no brighter than white and chroma no more colourful than R'G'B' has it."""
    scale = coding.bits - 8
    unused = 16 - coding.bits if picture.format.name.startswith("p0") else 0
    for plane in picture.planes:
        kind: Any = np.uint8 if coding.bits == 8 else "<u2"
        samples: NDArray[Any] = np.frombuffer(bytes(plane), kind) >> unused
        plane.update((np.minimum(samples, 235 << scale).astype(kind) << unused).tobytes())
    return picture


@pytest.mark.parametrize("matrix", LUMA_WEIGHTS)
def test_what_swscale_cannot_hold_is_known_beforehand(matrix: int) -> None:
    """Each pair of luma and Cb that the check lets pass is converted right; some of the others are not."""
    coding = Coding(matrix, full_range=False, bits=8)
    wrong = []
    for cb in range(200, 256, 5):
        luma = np.arange(256, dtype=np.uint8).reshape(1, 256)
        picture = av.VideoFrame(256, 2, "yuv444p")
        for plane, row in zip(picture.planes, (luma, np.uint8(cb), np.uint8(128)), strict=True):
            rows = np.zeros((2, plane.line_size), np.uint8)
            rows[:, :256] = row
            plane.update(rows.tobytes())
        picture.colorspace, picture.color_range = matrix, 1
        picture.pts, picture.time_base = 0, Fraction(1, 30)
        plan = whole(Size(256, 2))
        found = swscale.SwscaleReader(picture, coding, plan, planar=False).convert(picture)
        off = np.abs(found.astype(int) - by_definition(picture, coding, plan)).max(axis=(0, 2))
        for y in range(256):
            one = (np.array([[y]], np.uint8), np.array([[cb]], np.uint8), np.array([[128]], np.uint8))
            assert off[y] <= 1 or swscale.overflows(one, coding)
        wrong += np.flatnonzero(off > 1).tolist()
    assert matrix == 4 or wrong


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("name", ["yuv420p", "nv12", "yuv444p10le", "gbrp", "bgr0"])
def test_swscale_crops_where_it_is_told(name: str, planar: bool) -> None:  # noqa: FBT001
    picture = noise(name, full_range=True)
    coding = coding_of("noise", picture, "h264")
    plan = Geometry(Region(16, 8, 66, 50), Size(66, 50), 0)
    found = swscale.SwscaleReader(picture, coding, plan, planar=planar).convert(picture)
    wanted = by_definition(picture, coding, plan)
    assert np.abs((found.transpose(1, 2, 0) if planar else found).astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("scaled", [(66, 47), (88, 62), (300, 200), (40, 90), (264, 188)], ids=str)
@pytest.mark.parametrize("name", ["yuv420p", "yuv444p"])
def test_swscale_scales_near_the_definition(name: str, scaled: tuple[int, int]) -> None:
    """White noise is the worst that there is; swscale's first row and column are known to be off."""
    picture = noise(name, full_range=True)
    coding, plan = coding_of("noise", picture, "h264"), Geometry(Region(0, 0, *SIZE), Size(*scaled), 0)
    found = swscale.SwscaleReader(picture, coding, plan, planar=False).convert(picture)
    assert np.abs(found.astype(int) - by_definition(picture, coding, plan))[1:, 1:].max() <= 4


def test_what_swscale_reads_wrongly_is_not_given_to_it() -> None:
    yuv420 = Coding(1, full_range=False, bits=8, across=2, down=2)
    assert not swscale.fits(yuv420, whole(Size(131, 94)))
    assert not swscale.fits(yuv420, Geometry(Region(1, 0, 66, 50), Size(66, 50), 0))
    assert swscale.fits(Coding(1, full_range=False, bits=8), whole(Size(131, 93)))
    assert not swscale.fits(Coding(0, full_range=True, bits=10), whole())
    assert not swscale.fits(Coding(1, full_range=False, bits=8, gray=True), whole())


@pytest.mark.parametrize(("length", "pixels"), [(1, 1), (7, 7), (10, 3), (3, 10), (100, 99), (5, 1), (1, 5)])
def test_weights_add_up_and_centres_stay(length: int, pixels: int) -> None:
    found = taps(20, length, pixels)
    assert np.allclose(found.weights.sum(axis=1), 1)
    assert found.indices.min() >= 20
    assert found.indices.max() < 20 + length
    centres = (found.indices * found.weights).sum(axis=1)
    assert np.isclose(centres.mean(), 20 + (length - 1) / 2)


def test_a_plane_of_its_own_size_is_taken_as_it_is() -> None:
    assert taps(4, 9, 9).identity
    assert not taps(4, 9, 8).identity
    assert not taps(0, 8, 8, shared=2).identity


def test_a_ramp_stays_a_ramp() -> None:
    """Positions are right if what rises evenly still does, at any size and siting."""
    for pixels in (10, 37, 64, 200):
        for offset in (0.0, 0.5):
            found = taps(0, 64, pixels, shared=2, offset=offset)
            ramp = 2.0 * np.arange(32) + offset
            values = (ramp[found.indices] * found.weights).sum(axis=1)
            centres = (np.arange(pixels) + 0.5) * 64 / pixels - 0.5
            inside = (centres > 8) & (centres < 54)
            # The samples do not lie evenly about a centre, which moves a mean of several by a little.
            assert np.allclose(values[inside], centres[inside], rtol=0, atol=0.1)


def test_the_weights_of_files_are_those_of_recordings() -> None:
    for space in COLOR_SPACES.values():
        assert LUMA_WEIGHTS[space.matrix] == (space.kr, space.kb)


def test_the_map_turns_black_and_white_into_black_and_white() -> None:
    for matrix in LUMA_WEIGHTS:
        values = rgb_map(Coding(matrix, full_range=False, bits=10), 65_535)
        for luma, level in ((64, 0.0), (940, 65_535.0)):
            ycc = np.array([luma, 512, 512]) - values.offsets
            assert np.allclose(np.array(values.rows) @ ycc, level)
