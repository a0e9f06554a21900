"""Colour tags and timestamps from PyNvVideoCodec's packets to the file: PyNvVideoCodec 2.2.4 writes no colour into
the VUI, so a bitstream filter of FFmpeg does; VUI, avcC and `colr` must then agree.
"""

import json
from pathlib import Path

import pytest

from tests.gpu_support.call_log import CallLog
from tests.gpu_support.standin import Switches, environment
from tests.support.decode import BT709_LIMITED, bitstream_colour, pyav_timestamps
from tests.support.displays import run_program
from tests.support.mp4 import container_colour

PTS_MS = [7 * index * index for index in range(20)]  # irregular, as a recorder's are

RECORD = """
import io, json, sys
from fractions import Fraction
import av
from av.bitstream import BitStreamFilterContext
from tests.gpu_support.client import encode, flatten, noise, open_encoder

path, b_frames, pts_ms = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
units = flatten(encode(open_encoder(bf=b_frames), noise(len(pts_ms))))
tags = "video_full_range_flag=0:colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1"
with av.open(io.BytesIO(units[0].data), format="h264") as untagged:
    tagger = BitStreamFilterContext(f"h264_metadata={tags}:chroma_sample_loc_type=0", untagged.streams.video[0])
    tagged = [bytes(packet) for unit in units for packet in tagger.filter(av.Packet(unit.data))]
with av.open(io.BytesIO(tagged[0]), format="h264") as template, av.open(path, "w") as output:
    stream = output.add_stream_from_template(template.streams.video[0])
    for number, (unit, data) in enumerate(zip(units, tagged, strict=True)):
        packet = av.Packet(data)
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = pts_ms[unit.input_index]
        packet.dts = pts_ms[number - b_frames] if number >= b_frames else number - b_frames
        packet.is_keyframe = unit.picture_type == 3
        output.mux(packet)
"""


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
def test_filtered_packets_carry_the_same_colour_everywhere_and_exact_pts(
    pynvvideocodec_libraries: Path, tmp_path: Path, b_frames: int
) -> None:
    path = tmp_path / "clip.mp4"
    arguments = (str(path), str(b_frames), json.dumps(PTS_MS))
    run_program(RECORD, *arguments, env=environment(pynvvideocodec_libraries))
    assert bitstream_colour(path) == container_colour(path) == BT709_LIMITED
    assert [stamp * 1000 for stamp in pyav_timestamps(path)] == PTS_MS


def test_pynvvideocodec_marks_full_range_and_no_colour(
    pynvvideocodec_libraries: Path, tmp_path: Path
) -> None:
    """The reason for the filter: when this fails, PyNvVideoCodec has changed."""
    log = tmp_path / "calls.log"
    program = """
from tests.gpu_support.client import open_encoder
open_encoder(colorspace="bt709")
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(log=log)))
    vui = CallLog.read(log).calls("init")[0]["vui"]
    assert (vui["fullRange"], vui["signalPresent"], vui["colourPresent"]) == (1, 0, 0)
