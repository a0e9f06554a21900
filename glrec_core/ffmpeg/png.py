"""One picture as a PNG file, by FFmpeg's encoder, which comes with PyAV."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a whole PNG file of (height, width, 3) uint8 R'G'B', row 0 the top."""
    import av
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt = "rgb24"
    encoder.time_base = Fraction(1)
    packets = [*encoder.encode(VideoFrame.from_numpy_buffer(pixels, "rgb24")), *encoder.encode(None)]
    return b"".join(map(bytes, packets))
