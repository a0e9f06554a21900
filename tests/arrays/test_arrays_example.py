"""`examples/encode_arrays.py` as a user runs it: its stream and its file."""

from pathlib import Path

import av
import numpy as np

from tests.support.displays import run_program
from tests.support.video import assert_timestamps, decode_rgb, probe

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "encode_arrays.py"


def test_the_program_makes_a_stream_and_a_file(tmp_path: Path) -> None:
    film = tmp_path / "waves.mp4"
    said = run_program(EXAMPLE, str(film)).stdout
    assert "90 access units by " in said
    assert f"{film}: 90 frames" in said
    assert_timestamps(film, 90, 30)
    assert probe(film).size == (640, 360)
    with av.open(film.with_suffix(".h264"), format="h264") as container:
        streamed = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(streamed) == 90
    for one, other in zip(decode_rgb(film), streamed, strict=True):
        assert np.abs(one.astype(np.int16) - other).mean() < 4
        assert int(other.max()) - int(other.min()) > 100
