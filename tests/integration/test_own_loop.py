"""A loop of one's own, without any framework: the `record()` block, explicit framebuffers, the preview and `finalize`."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest

from glrec_core import CaptureError, ClosedError, ConfigError, Framebuffer, Recorder, Size, record
from glrec_core.drawing import OffscreenFramebuffer
from glrec_core.testing import barcode
from tests.contract.adapter_programs import native
from tests.support import video
from tests.support.contexts import standalone_context

SIZE = (320, 240)
NTSC = Fraction(30_000, 1001)


def open_recorder(path: Path, **options: Any) -> Recorder:
    return record(None, path, **{"timing": "step", "fps": "30000/1001"} | options)


def record_frames(recorder: Recorder, framebuffer: OffscreenFramebuffer, numbers: range) -> None:
    for number in numbers:
        with framebuffer, recorder.record():
            barcode.draw(native.fill, SIZE, number)


def told_of_the_framebuffer(recorder: Recorder, framebuffer: OffscreenFramebuffer, number: int) -> None:
    with framebuffer:
        barcode.draw(native.fill, SIZE, number)
    recorder.frame_drawn(framebuffer.framebuffer)


def told_of_the_resolved_framebuffer(
    recorder: Recorder, framebuffer: OffscreenFramebuffer, number: int
) -> None:
    with framebuffer:
        barcode.draw(native.fill, SIZE, number)
    recorder.frame_drawn(framebuffer.resolve())


def in_a_block(recorder: Recorder, framebuffer: OffscreenFramebuffer, number: int) -> None:
    record_frames(recorder, framebuffer, range(number, number + 1))


def bound_within_the_block(recorder: Recorder, framebuffer: OffscreenFramebuffer, number: int) -> None:
    with recorder.record():
        framebuffer.__enter__()
        barcode.draw(native.fill, SIZE, number)
    framebuffer.__exit__()


@pytest.mark.parametrize("samples", [0, 4])
@pytest.mark.parametrize(
    "frame", [told_of_the_framebuffer, told_of_the_resolved_framebuffer, in_a_block, bound_within_the_block]
)
def test_every_frame_is_recorded_at_its_time(
    context: moderngl.Context,
    tmp_path: Path,
    frame: Callable[[Recorder, OffscreenFramebuffer, int], None],
    samples: int,
) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = OffscreenFramebuffer(SIZE, samples=samples)
    for number in range(40):
        frame(recorder, framebuffer, number)
    recording = recorder.finalize()
    assert recording.path == tmp_path / "a.mp4"
    assert (recording.frames, recording.size) == (40, SIZE)
    assert recording.duration_seconds == 40 / NTSC
    video.assert_recording(recording.path, 40, SIZE, NTSC)


def test_a_block_that_fails_is_no_frame(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = OffscreenFramebuffer(SIZE)
    record_frames(recorder, framebuffer, range(3))
    with pytest.raises(ZeroDivisionError), recorder.record():
        raise ZeroDivisionError
    record_frames(recorder, framebuffer, range(3, 6))
    assert recorder.close().frames == 6
    video.assert_recording(tmp_path / "a.mp4", 6, SIZE, NTSC)


@pytest.mark.parametrize("samples", [0, 4])
def test_the_texture_shows_the_last_frame(context: moderngl.Context, tmp_path: Path, samples: int) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = OffscreenFramebuffer(SIZE, samples=samples)
    assert recorder.texture_id == 0
    record_frames(recorder, framebuffer, range(1))
    assert recorder.texture_id != 0  # the first look: from here on, frames are kept in the texture
    for number in range(1, 5):
        record_frames(recorder, framebuffer, range(number, number + 1))
        texture = context.external_texture(recorder.texture_id, SIZE, 4, 0, "f1")
        picture = np.frombuffer(texture.read(), np.uint8).reshape(SIZE[1], SIZE[0], 4)[::-1]
        assert np.array_equal(picture[..., :3], barcode.expected(SIZE, number))
    recorder.close()
    assert recorder.texture_id == 0
    video.assert_recording(tmp_path / "a.mp4", 5, SIZE, NTSC)


def test_finalize_moves_the_file(context: moderngl.Context, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    recorder = open_recorder(tmp_path / "a.mp4")
    record_frames(recorder, OffscreenFramebuffer(SIZE), range(5))
    recording = recorder.finalize(tmp_path / "films" / "b.mp4")
    assert recording.path == tmp_path / "films" / "b.mp4"
    assert not (tmp_path / "a.mp4").exists()
    video.assert_recording(recording.path, 5, SIZE, NTSC)


@pytest.mark.parametrize("name", ["there.mp4", "missing/b.mp4", "b.xyz"])
def test_finalize_refuses_a_bad_path_and_the_recording_goes_on(
    context: moderngl.Context, tmp_path: Path, name: str
) -> None:
    (tmp_path / "there.mp4").write_bytes(b"precious")
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = OffscreenFramebuffer(SIZE)
    record_frames(recorder, framebuffer, range(3))
    with pytest.raises(ConfigError, match=name.partition("/")[0]):
        recorder.finalize(tmp_path / name)
    record_frames(recorder, framebuffer, range(3, 5))
    recorder.finalize(tmp_path / "b.mp4")
    assert (tmp_path / "there.mp4").read_bytes() == b"precious"
    video.assert_recording(tmp_path / "b.mp4", 5, SIZE, NTSC)


def test_finalize_refuses_another_kind_of_file_and_keeps_the_recording(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    record_frames(recorder, OffscreenFramebuffer(SIZE), range(5))
    with pytest.raises(ConfigError, match=r"a\.mp4.*b\.mkv"):
        recorder.finalize(tmp_path / "b.mkv")
    assert not (tmp_path / "b.mkv").exists()
    recording = recorder.finalize(tmp_path / "b.mp4")
    assert recording.path == tmp_path / "b.mp4"
    video.assert_recording(recording.path, 5, SIZE, NTSC)


def test_finalize_replaces_a_file_when_asked(context: moderngl.Context, tmp_path: Path) -> None:
    (tmp_path / "b.mp4").write_bytes(b"old")
    recorder = open_recorder(tmp_path / "a.mp4", overwrite=True)
    record_frames(recorder, OffscreenFramebuffer(SIZE), range(5))
    recorder.finalize(tmp_path / "b.mp4")
    video.assert_recording(tmp_path / "b.mp4", 5, SIZE, NTSC)


def test_a_block_after_the_end_is_refused(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = OffscreenFramebuffer(SIZE)
    record_frames(recorder, framebuffer, range(3))
    recorder.finalize()
    with pytest.raises(ClosedError, match="make a new one"):
        record_frames(recorder, framebuffer, range(3, 4))
    video.assert_recording(tmp_path / "a.mp4", 3, SIZE, NTSC)


def test_a_block_without_a_context_is_refused(context: moderngl.Context, tmp_path: Path) -> None:
    native.release_current_context()
    recorder = open_recorder(tmp_path / "a.mp4")
    with pytest.raises(CaptureError, match="no OpenGL context"), recorder.record():
        pass
    assert recorder.close().frames == 0
    assert list(tmp_path.iterdir()) == []


def test_another_context_ends_the_recording_and_close_says_so(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = OffscreenFramebuffer(SIZE)
    record_frames(recorder, framebuffer, range(3))
    with standalone_context():
        recorder.frame_drawn(Framebuffer(framebuffer.name, Size(*SIZE)))
    assert recorder.finished
    with context, pytest.raises(CaptureError, match="another OpenGL context"):
        recorder.close()
    assert recorder.recording.frames == 3
    video.assert_recording(tmp_path / "a.mp4", 3, SIZE, NTSC)


def test_what_is_no_framebuffer_is_refused_with_what_would_be(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = open_recorder(tmp_path / "a.mp4")
    framebuffer = context.simple_framebuffer(SIZE)
    wrong: list[tuple[Any, str]] = [
        (framebuffer, r"Framebuffer\(framebuffer\.glo, Size\(\*framebuffer\.size\)\).*moderngl\.record"),
        (OffscreenFramebuffer(Size(*SIZE)), r"give its \.framebuffer, or \.resolve\(\)"),
        (None, r"give Framebuffer\(name, Size"),
        (0, r"give Framebuffer\(name, Size"),
        ("window", r"give Framebuffer\(name, Size"),
        (Framebuffer("1", Size(*SIZE)), "name='1' must be a whole number of at least 0"),  # type: ignore[arg-type]
        (Framebuffer(-1, Size(*SIZE)), "name=-1 must be"),
        (Framebuffer(0, 5), "size=5 of a framebuffer"),  # type: ignore[arg-type]
        (Framebuffer(0, Size(1.5, 2)), "width=1.5 must be"),  # type: ignore[arg-type]
        (Framebuffer(0, Size(1, -2)), "height=-2 must be"),
    ]
    for source, words in wrong:
        with pytest.raises(ConfigError, match=words):
            recorder.frame_drawn(source)
    assert recorder.stats.drawn == 0
    wrong[1][0].close()
    numpys: Any = Framebuffer(np.uint32(framebuffer.glo), tuple(np.array(SIZE)))  # type: ignore[arg-type]
    recorder.frame_drawn(numpys)
    assert recorder.close().frames == 1


def test_contexts_and_framebuffers_of_moderngl_point_to_the_loop(
    context: moderngl.Context, tmp_path: Path
) -> None:
    for target in (context, context.simple_framebuffer(SIZE)):
        with pytest.raises(
            ConfigError, match=r"with glrec_integrations\.moderngl\.record\('film\.mp4'\) as rec"
        ):
            record(target, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
