"""Random sequences of what a program does with a recorder, against a simple model of its account and its files."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glrec_core import CaptureError, ClosedError, GlrecError, record
from glrec_core.gl.switching import current_binding
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.recording import BarcodeLoop

SIZES = ((64, 48), (80, 48))
ACTIONS = ["draw"] * 8 + ["pause", "resume", "resize", "resize", "lose the context", "close"]


@dataclass
class Model:
    """What the recorder must say of itself, in its simplest form."""

    limit: int | None
    drawn: int = 0
    paused: int = 0
    failed: int = 0
    after_end: int = 0
    parts: list[list[int]] = field(default_factory=list)
    size: tuple[int, int] = SIZES[0]
    part_size: tuple[int, int] | None = None
    is_paused: bool = False
    is_failed: bool = False
    has_context: bool = True

    @property
    def recorded(self) -> int:
        return sum(map(len, self.parts))

    def draw(self) -> None:
        number = self.drawn
        self.drawn += 1
        if self.is_failed:
            self.failed += 1
        elif self.recorded == self.limit:
            self.after_end += 1
        elif self.is_paused:
            self.paused += 1
        elif not self.has_context:
            self.is_failed = True
            self.failed += 1
        else:
            if self.size != self.part_size:
                self.parts.append([])
                self.part_size = self.size
            self.parts[-1].append(number)


class Program:
    """A program with a context of its own that does what it is told, and the model beside it."""

    def __init__(self, folder: Path, limit: int | None) -> None:
        self.context = standalone_context()
        self.loops = {size: BarcodeLoop(self.context, size) for size in SIZES}
        path = folder / "a.mp4"
        self.recorder = record(None, path, timing="step", on_resize="segment", frames=limit, slots=2)
        self.model = Model(limit)
        self.is_closed = False

    def do(self, action: str) -> None:
        getattr(self, action.replace(" ", "_"))()
        stats, model = self.recorder.stats, self.model
        assert (stats.drawn, stats.paused, stats.failed) == (model.drawn, model.paused, model.failed)
        assert (stats.recorded, stats.after_end) == (model.recorded, model.after_end)
        assert (stats.lost, stats.dropped) == (0, 0)
        assert_account_adds_up(self.recorder)

    def draw(self) -> None:
        loop, number = self.loops[self.model.size], self.model.drawn
        if self.model.has_context:
            loop.draw(number)
        is_misuse = not self.model.has_context and self.model.recorded == 0 and not self.model.is_failed
        if self.is_closed:
            assert raised(lambda: self.recorder.frame_drawn(loop.framebuffer)) is ClosedError
            return
        self.model.draw()
        error = raised(lambda: self.recorder.frame_drawn(loop.framebuffer))
        assert error is (CaptureError if is_misuse and self.model.is_failed else None)

    def pause(self) -> None:
        self.recorder.pause()
        self.model.is_paused = True

    def resume(self) -> None:
        self.recorder.resume()
        self.model.is_paused = False

    def resize(self) -> None:
        self.model.size = SIZES[1 - SIZES.index(self.model.size)]

    def lose_the_context(self) -> None:
        if self.model.has_context:
            binding = current_binding()
            assert binding is not None
            self.context.release()
            binding.release()  # a context that is current lives on until then
            self.model.has_context = False

    def close(self) -> None:
        tells = self.model.is_failed and not self.is_closed
        error = raised(self.recorder.close)
        assert error is (CaptureError if tells else None)
        self.is_closed = True

    def end(self) -> None:
        """Close everything and check the files."""
        self.close()
        paths = self.recorder.recording.paths
        assert [video.read_barcodes(path) for path in paths] == self.model.parts
        for path in paths:
            video.assert_timestamps(path, video.frame_count(path), 60)
        if self.model.has_context:
            assert self.context.error == "GL_NO_ERROR"
            self.context.release()


def raised(call: object) -> type[Exception] | None:
    assert callable(call)
    try:
        call()
    except GlrecError as error:
        return type(error)
    return None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(ACTIONS), max_size=40), st.sampled_from([None, 1, 5]))
@example(["lose the context", "draw", "draw", "close", "draw"], None)
@example(["draw", "resize", "draw", "lose the context", "draw", "close", "close"], None)
@example(["draw", "draw", "pause", "draw", "close", "resume", "draw"], 1)
def test_whatever_a_program_does_the_account_and_the_files_are_right(
    actions: list[str], limit: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder), limit)
        for action in actions:
            program.do(action)
        program.end()
