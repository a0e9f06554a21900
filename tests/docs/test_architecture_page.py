"""The picture of the house names what is there. Its table of rooms is held by tests/test_architecture.py."""

import re

from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.recorder import Recorder
from glrec_core.stages import Capture, Converter, Encoder, Sink
from glrec_core.values.clock import StepClock
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_what_is_to_be_touched_exists() -> None:
    section = PAGE[PAGE.index("## What to touch") : PAGE.index("## Decisions")]
    paths = {name for name in re.findall(r"`([^`]+)`", section) if "/" in name}
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_what_the_picture_names_exists() -> None:
    classes: tuple[type, ...] = (Capture, Converter, Encoder, Sink, FrameQueue)
    named: dict[str, type] = {each.__name__: each for each in classes} | {"Clock": StepClock, "Tap": Recorder}
    calls = re.findall(r"(\w+)\.(\w+)\(", PAGE[: PAGE.index("## Rooms")])
    assert {owner for owner, _ in calls} == {*named}
    assert [f"{owner}.{name}" for owner, name in calls if not hasattr(named[owner], name)] == []
