"""The declaration that nothing is reordered, written into H.264 streams of many kinds, and read by FFmpeg."""

from fractions import Fraction

import av
import numpy as np
import pytest

from glrec_core.encode import reordering
from glrec_core.encode.reordering import without_reordering
from glrec_core.errors import EncodeError
from tests.support.headers import header_fields, header_values

RESTRICTION = {
    "bitstream_restriction_flag",
    "motion_vectors_over_pic_boundaries_flag",
    "max_bytes_per_pic_denom",
    "max_bits_per_mb_denom",
    "log2_max_mv_length_horizontal",
    "log2_max_mv_length_vertical",
    "max_num_reorder_frames",
    "max_dec_frame_buffering",
    "rbsp_stop_one_bit",
    "rbsp_alignment_zero_bit",
}

STREAMS = {
    "plain": {},
    "baseline": {"profile": "baseline"},
    "no transform of 8x8": {"profile": "main"},
    "references": {"x264-params": "ref=4"},
    "scaling lists": {"x264-params": "cqm=jvt"},
    "buffer model": {"x264-params": "nal-hrd=cbr:bitrate=300:vbv-maxrate=300:vbv-bufsize=300"},
    "interlaced": {"x264-params": "interlaced=1"},
    "picture structure": {"x264-params": "pic-struct=1"},
    "aspect ratio": {"x264-params": "sar=7/5"},
    "overscan": {"x264-params": "overscan=show"},
    "colours": {"x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=pc:chromaloc=1"},
}


def units(options: dict[str, str], *, b_frames: int = 0, pixel_format: str = "yuv420p") -> list[bytes]:
    """Return the access units of a few pictures by x264."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 178, 100, pixel_format
    context.time_base, context.framerate, context.max_b_frames = Fraction(1, 30), Fraction(30), b_frames
    context.options = {"preset": "ultrafast", **options}
    packets = []
    for number in range(6):
        grey = av.VideoFrame.from_ndarray(np.full((100, 178), 20 * number, np.uint8), format="gray")
        frame = grey.reformat(format=pixel_format)
        frame.pts = number
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


def without_declaration(unit: bytes, *, vui: bool = True) -> bytes:
    """Return the access unit as an encoder writes it that declares nothing, without the whole VUI on demand."""

    def stripped(nal: bytes) -> bytes:
        bits = reordering._Bits(nal[1:].replace(b"\0\0\3", b"\0\0"))
        reordering._skip_to_vui(bits)
        if vui:
            assert bits.u(1)
            reordering._skip_to_restriction(bits)
        return nal[:1] + reordering._payload(bits.before + "0")

    return reordering._SPS.sub(lambda found: b"\0\0\1" + stripped(found[1]), unit)


def others(stream: list[bytes]) -> list[tuple[str, int]]:
    return [field for field in header_fields(stream) if field[0] not in RESTRICTION]


@pytest.mark.parametrize("name", STREAMS)
def test_only_the_declaration_is_added(name: str) -> None:
    stream = units(STREAMS[name])
    silent = [without_declaration(unit) for unit in stream]
    assert header_values(silent, "bitstream_restriction_flag") == {0}
    declared = [without_reordering(unit) for unit in silent]
    assert header_values(declared, "bitstream_restriction_flag") == {1}
    assert header_values(declared, "max_num_reorder_frames") == {0}
    kept = header_values(declared, "max_num_ref_frames")
    assert header_values(declared, "max_dec_frame_buffering") == kept
    assert others(declared) == others(silent) == others(stream)


@pytest.mark.parametrize("pixel_format", ["gray", "yuv422p", "yuv444p", "yuv420p10le"])
def test_every_sampling_is_understood(pixel_format: str) -> None:
    stream = units({}, pixel_format=pixel_format)
    declared = [without_reordering(without_declaration(unit)) for unit in stream]
    assert header_values(declared, "max_num_reorder_frames") == {0}
    assert others(declared) == others(stream)


def test_a_stream_without_any_vui_gets_one() -> None:
    stream = units({})
    silent = [without_declaration(unit, vui=False) for unit in stream]
    assert header_values(silent, "vui_parameters_present_flag") == {0}
    declared = [without_reordering(unit) for unit in silent]
    assert header_values(declared, "vui_parameters_present_flag") == {1}
    assert header_values(declared, "timing_info_present_flag") == {0}
    assert header_values(declared, "max_num_reorder_frames") == {0}


def test_another_number_is_replaced() -> None:
    stream = units({"x264-params": "bframes=2:b-adapt=0"}, b_frames=2)
    assert header_values(stream, "max_num_reorder_frames") - {0}
    assert header_values(map(without_reordering, stream), "max_num_reorder_frames") == {0}


def test_what_says_so_already_stays_as_it_is() -> None:
    stream = units({})
    assert [without_reordering(unit) for unit in stream] == stream
    assert without_reordering(b"") == b""


def test_zeros_in_the_set_are_kept_apart() -> None:
    """The time scale of a low rate holds long runs of zeros, which must not become a start code."""
    declared = without_reordering(without_declaration(units({})[0]))
    assert b"\0\0\3" in declared
    assert header_values([declared], "num_units_in_tick") == {1}


def test_a_set_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(EncodeError, match="cut short"):
        without_reordering(b"\0\0\0\1\x67\x64\x00\x1e")
