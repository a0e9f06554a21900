"""Files as a source: their access units as they are, in order, with their times and tags."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from glrec_core.config import Config
from glrec_core.errors import ConfigError, VideoError
from glrec_core.testing.streams import encoded, regular
from glrec_core.values.frame import Size
from glrec_core.wire.stored import stored_stream
from tests.host_pipeline import film


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"codec": "h264", "b_frames": 2}),
        ("a.mov", {"codec": "hevc"}),
        ("a.mkv", {"codec": "ffv1"}),
        ("a.webm", {"codec": "vp9"}),
        ("a.mp4", {"codec": "av1", "color": "bt601-full"}),
    ],
)
def test_all_packets_come_as_the_demuxer_gives_them(
    name: str, options: dict[str, object], tmp_path: Path
) -> None:
    path = film(tmp_path / name, Config(**options, timing="step", fps=30), regular(20, 30))  # type: ignore[arg-type]
    with av.open(path) as container:
        raw = [packet for packet in container.demux(video=0) if packet.size]
        expected = [(bytes(each), each.pts, each.dts, each.is_keyframe) for each in raw]
        time_base: Any = raw[0].time_base  # a class of its own in PyAV 19
    with stored_stream(path) as (stream, packets):
        found = [(each.data, each.pts, each.dts, each.keyframe) for each in packets]
    assert found == expected
    assert len(found) == 20
    assert (stream.codec, stream.size) == (options["codec"], Size(160, 120))
    assert (stream.time_base, stream.frame_rate) == (time_base, Fraction(30))
    assert stream.color.full_range == (options.get("color") == "bt601-full" or options["codec"] == "ffv1")


def test_a_file_without_times_is_refused(tmp_path: Path) -> None:
    _, packets = encoded(Config(codec="h264"), regular(5, 30))
    path = tmp_path / "raw.h264"
    path.write_bytes(b"".join(packet.data for packet in packets))
    with pytest.raises(VideoError, match=r"raw.h264 holds no times"), stored_stream(path) as (_, stored):
        list(stored)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(ConfigError, match="cannot be read"), stored_stream(path):
        pass
    path.write_bytes(b"no video at all")
    with pytest.raises(VideoError, match="is not a video"), stored_stream(path):
        pass
