"""Writes the colour space into packets of encoders that cannot: FFmpeg's metadata filters change a header's fields.

PyNvVideoCodec 2.2 marks every stream as full range and never says that its colours are described.
"""

from __future__ import annotations

import io

import av
from av.bitstream import BitStreamFilterContext

from glrec_core.errors import EncodeError
from glrec_core.values.color import ColorSpace
from glrec_core.values.foreign import FFMPEG, PYAV, translated

DEMUXERS = {"h264": "h264", "hevc": "hevc", "av1": "obu"}
"""FFmpeg's name of the raw format of each codec."""


class ColorTagger:
    """Tags the packets of one stream. Their number stays the same."""

    def __init__(self, codec: str, color: ColorSpace, first_access_unit: bytes, *, subsampled: bool) -> None:
        """Open the filter for a stream that begins with `first_access_unit`; `subsampled` chroma is left-sited.

        Raises:
            EncodeError: FFmpeg does not read it as such a stream.

        """
        self._codec = codec
        with (
            translated(EncodeError, f"the encoder's first packet is not {codec}", FFMPEG, IndexError),
            av.open(io.BytesIO(first_access_unit), format=DEMUXERS[codec]) as stream,
        ):
            self._filter = BitStreamFilterContext(
                _description(codec, color, subsampled=subsampled), stream.streams.video[0]
            )

    def tag(self, access_unit: bytes) -> bytes:
        """Return the access unit with all colour tags in its headers.

        Raises:
            EncodeError: FFmpeg cannot parse it.

        """
        with translated(EncodeError, f"an access unit of the encoder's is not {self._codec}", PYAV):
            (tagged,) = self._filter.filter(av.Packet(access_unit))
        return bytes(tagged)


def _description(codec: str, color: ColorSpace, *, subsampled: bool) -> str:
    options: dict[str, object] = {
        "transfer_characteristics": color.transfer,
        "matrix_coefficients": color.matrix,
    }
    if codec == "av1":
        options["color_primaries"] = color.primaries
        options["color_range"] = "pc" if color.full_range else "tv"
        siting = {"chroma_sample_position": "vertical"}  # AV1's word for left
    else:
        options["colour_primaries"] = color.primaries
        options["video_full_range_flag"] = int(color.full_range)
        siting = {"chroma_sample_loc_type": "0"}  # H.273 ChromaLocType: left
    if subsampled:
        options |= siting
    return f"{codec}_metadata=" + ":".join(f"{name}={value}" for name, value in options.items())
