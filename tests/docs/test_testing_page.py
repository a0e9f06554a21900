"""The page on `glrec_core.testing` describes all of it, and its examples, as those of the docstrings, do what they show."""

import doctest
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import moderngl
import pytest

import glrec_core
from glrec_core import Config, EncodeError, Recorder, Size, testing
from glrec_core.arrays import write_video
from glrec_core.testing import MemorySink, barcode, encoder_promises, encoders, sink_promises, sinks, streams
from glrec_core.values.frame import FrameSpec, PixelFormat
from tests.docs.pages import ROOT, blocks
from tests.plugins.installed import example_module

PAGE = ROOT / "docs" / "plugins" / "testing.md"
TEXT = PAGE.read_text(encoding="utf-8")
MODULES = [barcode, encoder_promises, encoders, sink_promises, sinks, streams]
KNOWN: dict[str, Any] = {
    **{name: getattr(testing, name) for name in testing.__all__},
    "Config": Config,
    "EncodeError": EncodeError,
    "FrameSpec": FrameSpec,
    "PixelFormat": PixelFormat,
    "Size": Size,
    "open_encoder": streams.open_encoder,
    "write_video": write_video,
}


def examples() -> Iterator[doctest.DocTest]:
    for module in MODULES:
        known = {**KNOWN, **vars(module)}
        finder = doctest.DocTestFinder(exclude_empty=True)
        yield from finder.find(module, globs=known, extraglobs=known)


@pytest.mark.parametrize(
    "example", [each for each in examples() if each.examples], ids=lambda each: each.name
)
def test_an_example_does_what_it_shows(
    example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert runner.run(example, out=said.append).failed == 0, "".join(said)


def test_every_public_name_has_an_example() -> None:
    exported = [getattr(testing, name) for name in testing.__all__]
    own = [each for each in exported if callable(each) and each.__module__.startswith(testing.__name__)]
    assert len(own) > 10
    assert [each.__name__ for each in own if ">>> " not in (inspect.getdoc(each) or "")] == []


def test_every_public_name_is_described() -> None:
    described = set(re.findall(r"^::: glrec_core\.testing\.(\w+)$", TEXT, re.MULTILINE))
    assert described == set(testing.__all__)


def test_the_table_names_what_there_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert rows
    assert set(rows) <= set(testing.__all__)


def example_of(name: str) -> Any:
    """Return a test of the page, with what its author would have."""
    [block] = [each for each in blocks("python", page=PAGE) if f"def {name}(" in each.code]
    space = dict(KNOWN)
    exec(compile(block.code, block.place, "exec"), space)
    return space


def test_the_pages_sinks_are_checked(tmp_path: Path) -> None:
    space = example_of("test_my_sink")
    space["MySink"] = MemorySink
    space["test_my_sink"]()
    space["MySink"] = lambda: testing.FailingSink(OSError("gone"))
    with pytest.raises(AssertionError, match="everything comes out in order"):
        space["test_my_sink"]()
    files = example_of("test_my_files_hold_every_frame")
    numbers = iter(range(100))
    files["MyFiles"] = lambda folder: glrec_core.FileSink(folder / f"{next(numbers)}.mov")
    files["test_my_files_hold_every_frame"](tmp_path)


def test_the_pages_encoder_is_checked() -> None:
    space = example_of("test_my_encoder")
    space["glrec_encoders"] = example_module("jpeg").glrec_encoders
    space["test_my_encoder"]()
    one_by_one = example_of("test_my_encoder_keeps")
    one_by_one["open_my_encoder"] = lambda: testing.LosingEncoder(streams.open_encoder(Config()), frames=1)
    for promise in testing.ENCODER_PROMISES[1:3]:
        one_by_one["test_my_encoder_keeps"](promise)
    with pytest.raises(AssertionError, match="the ticks of the packets"):
        one_by_one["test_my_encoder_keeps"](testing.ENCODER_PROMISES[0])


def test_the_pages_programs_record(context: moderngl.Context, tmp_path: Path) -> None:
    framebuffer = context.simple_framebuffer((320, 240))
    framebuffer.use()
    recorders: list[Recorder] = []

    class Canvas:
        def __init__(self, width: int, height: int) -> None:
            assert (width, height) == framebuffer.size

        def fill_rectangle(self, x: int, y: int, width: int, height: int, colour: barcode.Rgb) -> None:
            framebuffer.clear(*colour, viewport=(x, y, width, height))

        def show(self) -> None:
            recorders[-1].frame_drawn(glrec_core.bound_framebuffer())

    class Core:
        @staticmethod
        def record(_: Canvas, *sinks: Any, **options: Any) -> Recorder:
            recorders.append(glrec_core.record(None, *sinks, **options))
            return recorders[-1]

    adapter = example_of("test_my_toolkit_is_recorded")
    adapter.update(Canvas=Canvas, glrec_core=Core)
    adapter["test_my_toolkit_is_recorded"](tmp_path)

    def play(canvas: Canvas) -> None:
        for _ in range(20):
            canvas.show()

    def message_shown_when_closed(recorder: Recorder) -> str:
        with pytest.raises(OSError, match="full") as caught:
            recorder.close()
        return str(caught.value)

    disk = example_of("test_my_program_tells_of_a_full_disk")
    disk.update(glrec_core=Core, play=play, message_shown_when_closed=message_shown_when_closed)
    (tmp_path / "second").mkdir()
    disk["test_my_program_tells_of_a_full_disk"](Canvas(320, 240), tmp_path / "second")
