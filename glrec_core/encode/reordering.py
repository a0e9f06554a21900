"""Lets an H.264 stream say that no picture is shown in another order than it is decoded in.

Where the sequence parameter set does not say so, a decoder must be ready for as much reordering as its level allows, and
those of browsers that decode in hardware hold that many pictures back. PyNvVideoCodec has no option for it. What is missing
is the end of that set, so it is read up to there and gets another end. Names are those of ITU-T H.264 (2021-08), 7.3.2.1.1
and annex E.
"""

from __future__ import annotations

import re
from dataclasses import replace

from glrec_core.errors import EncodeError
from glrec_core.stages import Encoder
from glrec_core.values.frame import Frame, FrameSpec, Packet, StreamInfo

_START_CODE = b"\0\0\1"
_SPS = re.compile(rb"\x00\x00\x01([\x07\x27\x47\x67].*?)(?=\x00\x00[\x00\x01]|\x00*\Z)", re.DOTALL)
"""A NAL unit of type 7, whatever its nal_ref_idc."""

_WITH_CHROMA_FORMAT = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
"""Values of profile_idc whose sets say how chroma is sampled."""

_FULL_CHROMA = 3
_EXTENDED_SAR = 255
_LONGEST_VECTOR = 15  # log2_max_mv_length_*: what it is where nothing is said


class Unreordered:
    """An H.264 encoder without B-frames, whose stream then says so. Implements `Encoder`."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.accepts: FrameSpec = encoder.accepts
        self.latency: int = encoder.latency

    @property
    def stream(self) -> StreamInfo:
        """Parameters for the sinks, as in the packets."""
        stream = self._encoder.stream
        return replace(stream, extradata=without_reordering(stream.extradata))

    def encode(self, frame: Frame) -> list[Packet]:
        """See `Encoder.encode`."""
        return [_declared(packet) for packet in self._encoder.encode(frame)]

    def drain(self) -> list[Packet]:
        """See `Encoder.drain`."""
        return [_declared(packet) for packet in self._encoder.drain()]

    def close(self) -> None:
        """See `Encoder.close`."""
        self._encoder.close()


def _declared(packet: Packet) -> Packet:
    """Return the packet as it should be; parameter sets are in those of keyframes only."""
    return replace(packet, data=without_reordering(packet.data)) if packet.keyframe else packet


def without_reordering(access_unit: bytes) -> bytes:
    """Return an Annex B access unit whose sequence parameter sets declare max_num_reorder_frames = 0.

    Raises:
        EncodeError: a set is cut short.

    """
    return _SPS.sub(lambda found: _START_CODE + _rewritten(found[1]), access_unit)


def _rewritten(nal: bytes) -> bytes:
    """Return a sequence parameter set that ends with the declaration; unchanged if it has it."""
    bits = _Bits(nal[1:].replace(b"\0\0\3", b"\0\0"))
    max_num_ref_frames = _skip_to_vui(bits)
    kept = bits.before
    if bits.u(1):  # vui_parameters_present_flag
        _skip_to_restriction(bits)
        kept = bits.before
        if bits.u(1) and _max_num_reorder_frames(bits) == 0:
            return nal
    else:
        kept += "1" + "0" * 8  # a VUI without any of what comes before bitstream_restriction_flag
    return nal[:1] + _payload(kept + "1" + _restriction(max_num_ref_frames))


def _skip_to_vui(bits: _Bits) -> int:
    """Read up to vui_parameters_present_flag and return max_num_ref_frames."""
    profile_idc = bits.u(8)
    bits.u(16)  # constraint flags and level_idc
    bits.ue()
    if profile_idc in _WITH_CHROMA_FORMAT:
        _skip_chroma_format(bits)
    bits.ue()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    max_num_ref_frames = bits.ue()
    bits.u(1)
    bits.ue(2)  # size in macroblocks
    if not bits.u(1):  # frame_mbs_only_flag
        bits.u(1)
    bits.u(1)
    if bits.u(1):  # frame_cropping_flag
        bits.ue(4)
    return max_num_ref_frames


def _skip_chroma_format(bits: _Bits) -> None:
    full = bits.ue() == _FULL_CHROMA  # chroma_format_idc
    if full:
        bits.u(1)
    bits.ue(2)  # bit depths
    bits.u(1)
    if bits.u(1):  # seq_scaling_matrix_present_flag
        for number in range(12 if full else 8):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)  # noqa: PLR2004 - lists of 4x4, then of 8x8


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    scale = 8
    for _ in range(size):
        scale = (scale + bits.se()) % 256
        if scale == 0:
            return


def _skip_picture_order(bits: _Bits) -> None:
    pic_order_cnt_type = bits.ue()
    if pic_order_cnt_type == 0:
        bits.ue()
    elif pic_order_cnt_type == 1:
        bits.u(1)
        bits.ue(2)
        bits.ue(bits.ue())


def _skip_to_restriction(bits: _Bits) -> None:
    """Read from the beginning of the VUI up to bitstream_restriction_flag."""
    if bits.u(1) and bits.u(8) == _EXTENDED_SAR:
        bits.u(32)
    if bits.u(1):  # overscan_info_present_flag
        bits.u(1)
    if bits.u(1):  # video_signal_type_present_flag
        bits.u(4)
        if bits.u(1):
            bits.u(24)
    if bits.u(1):  # chroma_loc_info_present_flag
        bits.ue(2)
    if bits.u(1):  # timing_info_present_flag
        bits.u(65)
    buffered = [_skip_buffering(bits), _skip_buffering(bits)]
    if any(buffered):
        bits.u(1)
    bits.u(1)  # pic_struct_present_flag


def _skip_buffering(bits: _Bits) -> bool:
    """Read the parameters of the hypothetical reference decoder, if they are there."""
    if not bits.u(1):
        return False
    count = bits.ue() + 1
    bits.u(8)
    for _ in range(count):
        bits.ue(2)
        bits.u(1)
    bits.u(20)
    return True


def _max_num_reorder_frames(bits: _Bits) -> int:
    bits.u(1)
    bits.ue(4)
    return bits.ue()


def _restriction(max_num_ref_frames: int) -> str:
    """Return what follows bitstream_restriction_flag: nothing restricted but the order and the number of pictures kept."""
    lengths = (0, 0, _LONGEST_VECTOR, _LONGEST_VECTOR, 0, max_num_ref_frames)
    return "1" + "".join(map(_exp_golomb, lengths))


def _exp_golomb(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _payload(bits: str) -> bytes:
    """Return bits with the stop bit after them, and with what keeps them from looking like a start code."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\0\0\3", int(bits, 2).to_bytes(len(bits) // 8, "big"))


class _Bits:
    """Reads a bit string from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._digits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
        self._at = 0

    @property
    def before(self) -> str:
        """What has been read."""
        return self._digits[: self._at]

    def u(self, count: int) -> int:
        """Return the next bits as a number."""
        digits = self._digits[self._at : self._at + count]
        if len(digits) < count:
            raise EncodeError("a sequence parameter set of the encoder's is cut short")
        self._at += count
        return int(digits, 2)

    def ue(self, count: int = 1) -> int:
        """Return the last of so many numbers of exponential Golomb code."""
        value = 0
        for _ in range(count):
            zeros = 0
            while not self.u(1):
                zeros += 1
            value = (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)
        return value

    def se(self) -> int:
        """Return the next signed number."""
        code = self.ue()
        return -(code // 2) if code % 2 == 0 else (code + 1) // 2
