"""`VideoWriter`: a file picture by picture, finished whoever ends it, and by whatever."""

import inspect
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from glrec_core.arrays import VideoOptions, VideoWriter, write_video
from glrec_core.errors import ArrayError, ClosedError, ConfigError, SinkError
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.testing import barcode
from tests.support.displays import run_program
from tests.support.video import assert_recording, assert_timestamps

SIZE = (160, 120)
COUNT = 7


def fill(film: VideoWriter, count: int = COUNT) -> None:
    for number in range(count):
        film.write(barcode.expected(SIZE, number))


def test_a_film_is_complete_when_it_is_closed(tmp_path: Path) -> None:
    film = VideoWriter(tmp_path / "film.mp4", 30)
    assert (film.frames, film.size) == (0, None)
    fill(film)
    assert (film.frames, film.size) == (COUNT, SIZE)
    recording = film.close()
    assert (recording.path, recording.frames) == (tmp_path / "film.mp4", COUNT)
    assert film.close() == recording
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)
    with pytest.raises(ClosedError, match="make another one"):
        fill(film)


def test_a_picture_may_be_changed_once_it_is_written(tmp_path: Path) -> None:
    picture = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
    with VideoWriter(tmp_path / "film.mp4", 30) as film:
        for number in range(COUNT):
            picture[:] = barcode.expected(SIZE, number)
            film.write(picture)
            picture[:] = 0
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


def test_pictures_may_bring_their_times(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "film.mp4") as film:
        for number in range(COUNT):
            film.write(barcode.expected(SIZE, number), at=timedelta(seconds=number / 4))
    assert_timestamps(tmp_path / "film.mp4", COUNT, 4)


def test_an_error_in_the_block_keeps_what_came_before(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        VideoWriter(tmp_path / "film.mp4", 30) as film,
    ):
        fill(film)
        raise ZeroDivisionError
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


def test_a_picture_of_another_size_is_refused_and_the_film_goes_on(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "film.mp4", 30) as film:
        fill(film, 3)
        with pytest.raises(ArrayError, match="for 160x120"):
            film.write(np.zeros((64, 64, 3), np.uint8))
        for number in range(3, COUNT):
            film.write(barcode.expected(SIZE, number))
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


def test_options_are_refused_before_the_first_picture(tmp_path: Path) -> None:
    for options in ({"quality": -1}, {"codec": "ffv1"}, {"codec": "nonsense"}, {"gop": 0}, {"device": -1}):
        with pytest.raises(ConfigError):
            VideoWriter(tmp_path / "film.mp4", 30, **options)
    with pytest.raises(ConfigError, match="fps"):
        VideoWriter(tmp_path / "film.mp4", 0)
    assert list(tmp_path.iterdir()) == []


def test_without_a_picture_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no picture"):
        VideoWriter(tmp_path / "film.mp4", 30).close()
    with VideoWriter(tmp_path / "film.mp4", 30):
        pass
    with (
        pytest.raises(ConfigError, match="even width and height"),
        VideoWriter(tmp_path / "a.mp4", 30) as film,
    ):
        film.write(np.zeros((121, 160, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_is_collected_finishes_its_film(tmp_path: Path) -> None:
    fill(VideoWriter(tmp_path / "film.mp4", 30))
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


@pytest.mark.parametrize("end", ["", "raise SystemExit(0)", "import os; os.kill(os.getpid(), 2)"])
def test_the_end_of_the_program_finishes_the_film(tmp_path: Path, end: str) -> None:
    program = f"""
from glrec_core.arrays import VideoWriter
from glrec_core.testing import barcode

film = VideoWriter({str(tmp_path / "film.mp4")!r}, 30)
for number in range({COUNT}):
    film.write(barcode.expected({SIZE}, number))
try:
    {end or "pass"}
except KeyboardInterrupt:
    pass
"""
    run_program(program)
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


def test_any_thread_may_write_and_close(tmp_path: Path) -> None:
    film = VideoWriter(tmp_path / "film.mp4", 30)
    for task in (lambda: fill(film), film.close):
        thread = threading.Thread(target=task)
        thread.start()
        thread.join()
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_no_part_in_the_film(tmp_path: Path) -> None:
    program = f"""
import os, sys
from glrec_core.arrays import VideoWriter
from glrec_core.testing import barcode

film = VideoWriter({str(tmp_path / "film.mp4")!r}, 30)
for number in range({COUNT}):
    film.write(barcode.expected({SIZE}, number))
    if number == 3 and os.fork() == 0:
        film.write(barcode.expected({SIZE}, 99))
        sys.exit(0)  # atexit functions run, as in a child of a library's
    if number == 3:
        assert os.wait()[1] == 0
film.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert_recording(tmp_path / "film.mp4", COUNT, SIZE, 30)


def test_a_disk_that_fails_is_told_whenever_the_film_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    film = VideoWriter(tmp_path / "film.mp4", 30)
    fill(film, 3)
    monkeypatch.setattr(GrowingFile, "write", full)
    for _ in range(2):
        with pytest.raises(SinkError, match="No space left on device"):
            film.close()


def test_the_typed_options_are_those_of_the_writer() -> None:
    taken = inspect.signature(VideoWriter).parameters
    assert list(VideoOptions.__annotations__) == [name for name in taken if name not in {"path", "fps"}]
    with pytest.raises(TypeError, match="sise"):
        write_video("a.mp4", [], 30, sise=1)  # type: ignore[call-arg]
