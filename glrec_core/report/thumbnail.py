"""Pictures as PNG files, by FFmpeg; and a small one of a recording that runs: its last keyframe, decoded.

That costs the render thread nothing.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from glrec_core.values.frame import Packet, StreamInfo

_WIDTH = 320
_DECODERS = {"av1": "libdav1d"}  # FFmpeg's own decoder of that name needs a GPU


def thumbnail(stream: StreamInfo, keyframe: Packet) -> bytes | None:
    """Return a PNG file at most 320 pixels wide, or None where FFmpeg does not decode the stream."""
    import av
    from av.video.codeccontext import VideoCodecContext

    try:
        decoder = av.CodecContext.create(_DECODERS.get(stream.codec, stream.codec), "r")
        assert isinstance(decoder, VideoCodecContext)
        decoder.width, decoder.height = stream.size
        decoder.extradata = stream.extradata or None
        pictures = [*decoder.decode(av.Packet(keyframe.data)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError):
        return None
    if not pictures:
        return None
    width = min(_WIDTH, stream.size.width)
    height = max(1, round(stream.size.height * width / stream.size.width))
    pixels = pictures[0].to_ndarray(width=width, height=height, format="rgb24")
    return encode_png(pixels.astype(np.uint8, copy=False))


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
