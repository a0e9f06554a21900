"""What every converter must do, whichever memory and formats it works on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from glrec_core.config import Config
from glrec_core.convert.host import SwscaleConverter, open_converter
from glrec_core.errors import ConvertError
from glrec_core.stages import Converter
from glrec_core.testing.streams import rgba_frame
from glrec_core.values.color import BT709
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size
from tests.support.leftovers import native_threads

SIZE = Size(64, 48)


@dataclass(frozen=True)
class Case:
    """One converter, the frames that it is given and the specification of those that it gives."""

    name: str
    open: Callable[[], Converter]
    frame: Callable[[int, int], Frame]
    """Makes an input frame of one grey level with the given pts."""
    output: FrameSpec


def _grey(level: int, pts_ns: int) -> Frame:
    return rgba_frame(np.full((SIZE.height, SIZE.width, 3), level, np.uint8), pts_ns)


def _swscale(target: PixelFormat) -> Case:
    source = FrameSpec(SIZE, PixelFormat.RGBA)
    return Case(
        f"swscale-{target.value}",
        lambda: SwscaleConverter(source, target, BT709),
        _grey,
        FrameSpec(SIZE, target),
    )


def _unmultiply(target: PixelFormat) -> Case:
    source, config = FrameSpec(SIZE, PixelFormat.RGBA), Config(alpha="premultiplied")
    return Case(
        f"unmultiply-{target.value}",
        lambda: open_converter(source, target, config),
        _grey,
        FrameSpec(SIZE, target),
    )


def _processed(target: PixelFormat) -> Case:
    source = FrameSpec(SIZE, PixelFormat.RGBA)
    options = Config(process=[lambda _time, frame: 255 - frame])
    return Case(
        f"processed-{target.value}",
        lambda: open_converter(source, target, options),
        _grey,
        FrameSpec(SIZE, target),
    )


CASES = [
    *(_swscale(target) for target in PixelFormat if target is not PixelFormat.P010),
    _unmultiply(PixelFormat.RGBA),
    _unmultiply(PixelFormat.YUVA420P),
    _processed(PixelFormat.RGBA),
    _processed(PixelFormat.YUV420P),
]

SHAPES = {
    PixelFormat.RGBA: [(48, 64, 4)],
    PixelFormat.BGRA: [(48, 64, 4)],
    PixelFormat.BGR0: [(48, 64, 4)],
    PixelFormat.RGB24: [(48, 64, 3)],
    PixelFormat.NV12: [(48, 64), (24, 32, 2)],
    PixelFormat.YUV420P: [(48, 64), (24, 32), (24, 32)],
    PixelFormat.YUVA420P: [(48, 64), (24, 32), (24, 32), (48, 64)],
    PixelFormat.YUV444P: [(48, 64)] * 3,
    PixelFormat.YUV422P10: [(48, 64), (48, 32), (48, 32)],
    PixelFormat.YUV444P10: [(48, 64)] * 3,
    PixelFormat.YUVA444P10: [(48, 64)] * 4,
}


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


def test_the_output_is_as_declared_and_keeps_its_time(case: Case) -> None:
    converter = case.open()
    for pts_ns in (0, 16_666_667):
        frame = converter.convert(case.frame(128, pts_ns))
        assert (frame.spec, frame.pts_ns) == (case.output, pts_ns)
        assert [plane.shape for plane in frame.planes] == SHAPES[case.output.format]
        element = np.uint16 if "10" in case.output.format.value else np.uint8
        assert {plane.dtype for plane in frame.planes} == {np.dtype(element)}
    converter.close()


def test_the_input_may_change_once_convert_has_returned(case: Case) -> None:
    converter, frame = case.open(), case.frame(200, 0)
    converted = converter.convert(frame)
    before = [plane.copy() for plane in converted.planes]
    frame.planes[0][...] = 0
    assert all(np.array_equal(*pair) for pair in zip(converted.planes, before, strict=True))
    converter.close()


def test_an_earlier_output_outlives_later_ones_and_the_converter(case: Case) -> None:
    converter = case.open()
    first = converter.convert(case.frame(200, 0))
    before = [plane.copy() for plane in first.planes]
    for index in range(4):
        converter.convert(case.frame(20 * index, index))
    converter.close()
    assert all(np.array_equal(*pair) for pair in zip(first.planes, before, strict=True))


def test_the_input_is_released_by_its_holder_and_by_nobody_else(case: Case) -> None:
    released: list[int] = []
    converter, frame = case.open(), case.frame(128, 0)
    frame.release = lambda: released.append(1)
    with frame:
        with converter.convert(frame):
            pass
        assert released == []
    assert released == [1]
    converter.close()


def test_a_frame_of_another_kind_is_refused(case: Case) -> None:
    converter, frame = case.open(), case.frame(128, 0)
    frame.spec = FrameSpec(Size(SIZE.width * 2, SIZE.height), frame.spec.format, frame.spec.memory)
    with pytest.raises(ConvertError, match="128x48"):
        converter.convert(frame)
    converter.close()


def test_closing_twice_is_closing_once(case: Case) -> None:
    converter = case.open()
    with converter.convert(case.frame(1, 0)) as converted:
        assert converted.pts_ns == 0
    converter.close()
    before = native_threads()
    converter.close()
    assert native_threads() <= before
