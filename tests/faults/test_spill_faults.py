"""A recorder whose encoder is too slow, whose disk fills up or whose encoder dies: nothing is lost, nothing is left over."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest

from glrec_core import ConfigError, EncodeError, Recorder, SpillError, record
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.recover import recover
from glrec_core.spill import journal, segments
from glrec_core.system import files
from glrec_core.testing import barcode
from tests.contract.test_recorder import assert_account_adds_up
from tests.faults.test_faults import Gate
from tests.support import video
from tests.support.recording import BarcodeLoop
from tests.support.spill import disk

FRAMES = 90


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return disk(tmp_path)


def start(folder: Path, name: str = "a.mp4", **options: Any) -> Recorder:
    """Record with a spill that memory does not put off."""
    options = {"overflow": "spill", "spill_memory_bytes": 0, **options}
    return record(None, folder / name, timing="step", spill_dir=folder / "spill", **options)


def paced(recorder: Recorder, least_used: int = 6) -> Callable[[int], None]:
    """Return what waits after each frame until the disk has taken what it has to, as a paced loop's pause does."""

    def wait(_: int) -> None:
        while recorder.stats.queued >= least_used:
            time.sleep(0.0005)

    return wait


def spilled(folder: Path) -> list[Path]:
    """Return the spill directories that are left."""
    return list((folder / "spill").iterdir()) if (folder / "spill").exists() else []


def test_a_slow_encoder_costs_neither_frames_nor_the_loops_time(
    context: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = start(folder)
    BarcodeLoop(context).record(recorder, range(FRAMES), paced(recorder))
    stats = recorder.stats
    assert (stats.recorded, stats.encoded, stats.waits, stats.dropped) == (FRAMES, 0, 0, 0)
    assert stats.spilled >= FRAMES - 8
    assert stats.max_queued <= 8
    assert len(spilled(folder)) == 1
    gate.opened.set()
    recording = recorder.close()
    assert recording.path is not None
    video.assert_recording(recording.path, FRAMES, (320, 240), fps=60)
    assert spilled(folder) == []
    assert any("waited on disk" in note for note in recording.notes)
    assert (recorder.stats.recorded, recorder.stats.lost) == (FRAMES, 0)
    assert_account_adds_up(recorder)


def test_a_loop_that_keeps_up_writes_no_spill(context: moderngl.Context, folder: Path) -> None:
    recorder = start(folder)
    BarcodeLoop(context).record(recorder, range(FRAMES), paced(recorder, 2))
    assert recorder.stats.spilled == 0
    assert not (folder / "spill").exists()
    recorder.close()


def test_spilling_is_what_recordings_of_a_window_do_unless_told(
    context: moderngl.Context, folder: Path
) -> None:
    recorder = record(None, folder / "a.mp4", timing="wall", spill_dir=folder / "spill")
    BarcodeLoop(context).record(recorder, range(FRAMES))
    assert recorder.close().frames == FRAMES
    assert recorder.stats.dropped == 0


def test_a_new_size_is_a_new_part_on_disk_too(
    context: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = start(folder, on_resize="segment")
    BarcodeLoop(context, (320, 240)).record(recorder, range(30), paced(recorder))
    BarcodeLoop(context, (400, 200)).record(recorder, range(30, 60), paced(recorder))
    assert recorder.stats.waits == 0
    gate.opened.set()
    paths = recorder.close().paths
    assert [video.read_barcodes(path) for path in paths] == [list(range(30)), list(range(30, 60))]


@pytest.mark.parametrize("options", [{}, {"backend": "spill", "overflow": None}])
@pytest.mark.parametrize("writes", [0, 1, 2, 3, 6, 20, 41])
def test_a_disk_that_fills_up_costs_no_frame(
    context: moderngl.Context,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    writes: int,
    options: dict[str, Any],
) -> None:
    """Every write of a spill fails once: the journal's header, a frame's pixels, its record."""
    gate, count, write_all = Gate(monkeypatch), [0], journal.write_all

    def fill(descriptor: int, data: bytes, offset: int) -> None:
        count[0] += 1
        if count[0] > writes:
            os.pwrite(descriptor, bytes(data[: len(data) // 2]), offset)
            gate.opened.set()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_all(descriptor, data, offset)

    monkeypatch.setattr(journal, "write_all", fill)
    monkeypatch.setattr(segments, "write_all", fill)
    recorder = start(folder, **options)
    BarcodeLoop(context).record(recorder, range(FRAMES))
    recording = recorder.close()
    assert recording.path is not None
    video.assert_recording(recording.path, FRAMES, (320, 240), fps=60)
    assert any("No space left" in note for note in recording.notes)
    assert recorder.stats.spilled == max(0, writes - 1) // 2
    assert recorder.stats.max_queued <= 8
    assert spilled(folder) == []
    assert_account_adds_up(recorder)


def test_a_disk_without_room_for_a_segment_costs_no_frame(
    context: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(segments, "_preallocate", full)
    recorder = start(folder)
    gate.opens_when_the_loop_waits()
    BarcodeLoop(context).record(recorder, range(FRAMES))
    assert recorder.close().frames == FRAMES
    assert recorder.stats.waits > 0
    assert spilled(folder) == []


def test_a_default_place_in_ram_is_not_used(
    context: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = start(folder)
    monkeypatch.setattr(files, "file_system", lambda _: "tmpfs")
    gate.opens_when_the_loop_waits()
    BarcodeLoop(context).record(recorder, range(FRAMES))
    recording = recorder.close()
    assert recording.frames == FRAMES
    assert any("in RAM" in note for note in recording.notes)
    assert spilled(folder) == []


def test_a_place_that_cannot_be_used_is_refused_before_anything_is_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_bytes(b"precious")
    for place in (folder / "file", folder / "file" / "spill"):
        with pytest.raises(ConfigError, match="spill_dir="):
            record(None, folder / "a.mp4", spill_dir=place)
    monkeypatch.setattr(files, "file_system", lambda _: "tmpfs")
    with pytest.raises(ConfigError, match="in RAM"):
        record(None, folder / "a.mp4", spill_dir=folder / "spill")
    assert [path.name for path in folder.iterdir()] == ["file"]


@pytest.mark.parametrize("encoded", [0, 20])
@pytest.mark.parametrize("options", [{}, {"backend": "spill", "overflow": None}])
def test_what_a_dead_encoder_leaves_can_be_finished(
    context: moderngl.Context,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    encoded: int,
    options: dict[str, Any],
) -> None:
    gate, held = Gate(monkeypatch), PyAVEncoder.encode
    count = [0]

    def dying(encoder: PyAVEncoder, frame: Any) -> Any:
        packets = held(encoder, frame)
        count[0] += 1
        if count[0] > encoded:
            raise EncodeError("the encoder is on strike")
        return packets

    monkeypatch.setattr(PyAVEncoder, "encode", dying)
    recorder = start(folder, **options)
    BarcodeLoop(context).record(recorder, range(FRAMES), paced(recorder))
    gate.opened.set()
    with pytest.raises(EncodeError, match="on strike"):
        recorder.close()
    kept = recorder.recording.spill
    assert kept is not None
    assert any(str(kept) in note for note in recorder.recording.notes)
    assert_account_adds_up(recorder)
    monkeypatch.setattr(PyAVEncoder, "encode", held)
    found = recover(kept, folder / "rest.mp4")
    numbers = video.read_barcodes(folder / "rest.mp4")
    assert found.frames == len(numbers)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == FRAMES - 1
    assert len(numbers) == FRAMES if options else len(numbers) >= FRAMES - encoded - 8
    assert spilled(folder) == []


def test_spilled_frames_that_are_damaged_are_told_of(
    context: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = start(folder)
    BarcodeLoop(context).record(recorder, range(FRAMES), paced(recorder))
    segment = next((folder / "spill").glob("*/*.segment"))
    with segment.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x55\xaa" * 8)
    gate.opened.set()
    with pytest.raises(SpillError, match="1 spilled frames could not be read back"):
        recorder.close()
    path = recorder.recording.path
    assert path is not None
    assert len(video.read_barcodes(path)) == FRAMES - 1
    assert (recorder.stats.lost, recorder.stats.unreadable) == (1, 1)
    assert spilled(folder) == []
    assert_account_adds_up(recorder)


def drawn(loop: BarcodeLoop, number: int) -> Any:
    """Return the pixels of a picture as OpenGL has them, (height, width, 4), row 0 the top."""
    loop.draw(number)
    pixels = np.frombuffer(loop._fbo.read(components=4), np.uint8)
    return pixels.reshape(loop.size.height, loop.size.width, 4)[::-1]


def test_every_frame_can_be_stored_first_and_given_back(
    context: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = start(folder, backend="spill", overflow=None, keep_spill=True)
    loop = BarcodeLoop(context)
    loop.record(recorder, range(40), paced(recorder, 1))
    assert (recorder.stats.spilled, recorder.stats.encoded) == (40, 0)
    gate.opened.set()
    recording = recorder.close()
    assert recording.path is not None
    assert recording.route == "spill"
    video.assert_recording(recording.path, 40, (320, 240), fps=60)
    pictures = list(recording.frames_as_arrays())
    assert len(pictures) == 40
    assert all(np.array_equal(picture, drawn(loop, number)) for number, picture in enumerate(pictures))
    assert recording.spill is not None
    assert spilled(folder) == [recording.spill]
    recover(recording.spill, folder / "again.mp4")
    video.assert_recording(folder / "again.mp4", 40, (320, 240), fps=60)
    assert spilled(folder) == []


@pytest.mark.parametrize(
    ("name", "options"), [("a.mkv", {"codec": "ffv1"}), ("a.mp4", {"lossless": True, "on_resize": "segment"})]
)
def test_a_lossless_file_gives_every_frame_back(
    context: moderngl.Context, folder: Path, name: str, options: dict[str, Any]
) -> None:
    recorder = start(folder, name, **options)
    loop = BarcodeLoop(context)
    loop.record(recorder, range(20))
    if "on_resize" in options:
        BarcodeLoop(context, (400, 200)).record(recorder, range(20, 25))
    pictures = list(recorder.close().frames_as_arrays())
    for number, picture in enumerate(pictures[:20]):
        assert np.array_equal(picture[..., :3], drawn(loop, number)[..., :3])
        assert (picture[..., 3] == 255).all()
    assert [barcode.read(picture[..., :3]) for picture in pictures[20:]] == list(range(20, len(pictures)))
    assert len(pictures) == (25 if "on_resize" in options else 20)


def test_a_lossy_recording_gives_no_frames_back(context: moderngl.Context, folder: Path) -> None:
    recorder = start(folder)
    BarcodeLoop(context).record(recorder, range(5))
    with pytest.raises(ConfigError, match="lossless=True"):
        recorder.close().frames_as_arrays()
