"""Writes films of the barcode picture without the product, right or wrong in one known way."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from glrec_core.testing import barcode
from tests.support import reference
from tests.support.decode import BT709_LIMITED, Colour

Change = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def write_film(
    path: Path,
    numbers: Iterable[int],
    size: tuple[int, int] = (160, 120),
    fps: Fraction | int = 30,
    *,
    tags: Colour = BT709_LIMITED,
    crf: int = 20,
    movflags: str = "faststart",
    change: Change | None = None,
    times: Sequence[Fraction] | None = None,
) -> Path:
    """Write one H.264 4:2:0 frame per number at n / fps, the pixels always BT.709 limited, and return `path`.

    `tags` is what the file says of its colours, `change` is done to each (height, width, 3) picture first,
    `crf` 0 is lossless, `movflags` are the MP4 muxer's. `times` are the frames' own times in seconds, to a
    90 kHz tick, in place of n / fps.
    """
    options = {"movflags": movflags} if path.suffix == ".mp4" else {}
    time_base = Fraction(1, 90_000) if times else 1 / Fraction(fps)
    with av.open(path, "w", options=options) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = time_base
        for index, number in enumerate(numbers):
            picture = barcode.expected(size, number)
            frame = _frame(change(picture) if change else picture, tags)
            frame.pts = round(times[index] / time_base) if times else index
            frame.time_base = time_base
            if index == 0:
                _tag(stream.codec_context, tags)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _frame(picture: NDArray[np.uint8], tags: Colour) -> av.VideoFrame:
    planes = reference.yuv420p(picture)
    packed = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, planes.y.shape[1])
    frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
    _tag(frame, tags)
    return frame


def _tag(target: av.VideoFrame | av.VideoCodecContext, tags: Colour) -> None:
    target.color_primaries, target.color_trc, target.colorspace = tags[:3]
    target.color_range = 2 if tags.full_range else 1
