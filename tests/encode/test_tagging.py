"""Colour tags written into packets whose encoder wrote none, for every codec that NVENC makes."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from glrec_core.encode.tagging import DEMUXERS, ColorTagger
from glrec_core.errors import EncodeError
from glrec_core.values.color import COLOR_SPACES, ColorSpace

ENCODERS = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}


def untagged(codec: str, pixel_format: str = "yuv420p") -> list[bytes]:
    """Return the packets of a few pictures by an encoder that is told no colours."""
    context = av.CodecContext.create(ENCODERS[codec], "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 160, 96, pixel_format
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    if codec == "hevc":
        context.options = {"x265-params": "log-level=none"}
    packets = []
    for number in range(3):
        gray = np.full((96, 160), 40 * number, np.uint8)
        frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format=pixel_format)
        frame.pts, frame.time_base = number, Fraction(1, 30)
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=lambda color: color.name)
@pytest.mark.parametrize("codec", ENCODERS)
def test_the_decoder_finds_all_tags(codec: str, color: ColorSpace) -> None:
    packets = untagged(codec)
    tagger = ColorTagger(codec, color, packets[0], subsampled=True)
    stream = io.BytesIO(b"".join(map(tagger.tag, packets)))
    with av.open(stream, "r", format=DEMUXERS[codec]) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 3
    for frame in frames:
        found = (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range)
        assert found == (color.primaries, color.transfer, color.matrix, 2 if color.full_range else 1)


def test_full_chroma_has_no_siting() -> None:
    packets = untagged("h264", "yuv444p")
    color = COLOR_SPACES["bt709"]
    sited, unsited = (
        ColorTagger("h264", color, packets[0], subsampled=subsampled).tag(packets[0])
        for subsampled in (True, False)
    )
    assert sited != unsited
    assert ColorTagger("h264", color, unsited, subsampled=False).tag(unsited) == unsited


@pytest.mark.parametrize("codec", ENCODERS)
def test_what_is_no_stream_is_refused(codec: str) -> None:
    with pytest.raises(EncodeError, match=f"is not {codec}"):
        ColorTagger(codec, COLOR_SPACES["bt709"], b"no access unit", subsampled=True).tag(b"no access unit")
