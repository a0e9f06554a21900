"""The picture of the house is that of the code: each room is in the table of docs/architecture.md, on its floor."""

import re
from collections.abc import Iterator

from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.recorder import Recorder
from glrec_core.stages import Capture, Converter, Encoder, Sink
from glrec_core.values.clock import StepClock
from tests.docs.pages import ROOT
from tests.unit.test_architecture import FLOORS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def described() -> Iterator[tuple[str, int]]:
    """Yield the rooms that the table names, with their floors."""
    for floor, names in re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE, flags=re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", names):
            yield room(name), int(floor)


def room(name: str) -> str:
    """Return the module's dotted name: files and folders are those of glrec_core unless they say otherwise."""
    if name.endswith("/*"):
        return name.removesuffix("/*")
    if name == "glrec_core/__init__.py":
        return "glrec_core"
    return f"glrec_core.{name.removesuffix('.py').removesuffix('/')}"


def test_the_table_is_that_of_the_code() -> None:
    floors = {module: number for number, modules in enumerate(FLOORS, 1) for module in modules}
    rows = list(described())
    assert sorted(rows) == sorted(floors.items())


def test_the_table_is_in_order() -> None:
    numbers = [floor for _, floor in described()]
    assert numbers == sorted(numbers)


def test_what_the_picture_names_exists() -> None:
    classes: tuple[type, ...] = (Capture, Converter, Encoder, Sink, FrameQueue)
    named: dict[str, type] = {each.__name__: each for each in classes} | {"Clock": StepClock, "Tap": Recorder}
    calls = re.findall(r"(\w+)\.(\w+)\(", PAGE[: PAGE.index("## Rooms")])
    assert {owner for owner, _ in calls} == {*named}
    assert [f"{owner}.{name}" for owner, name in calls if not hasattr(named[owner], name)] == []
