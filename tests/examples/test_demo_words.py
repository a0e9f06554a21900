"""What the demo says of its films: by which route they came and why, once, for people who know nothing of routes."""

import importlib.util
import io
import re
import sys
from pathlib import Path
from types import ModuleType

import moderngl
import pytest
from rich.console import Console

from glrec_core import record
from tests.support.recording import BarcodeLoop

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo"
PLAIN = "OpenGL has no GPU here"


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    sys.path.insert(0, str(DEMO))
    try:
        spec = importlib.util.spec_from_file_location("demo_run", DEMO / "run.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["demo_run"] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(DEMO))


@pytest.fixture
def films(demo: ModuleType, context: moderngl.Context, tmp_path: Path) -> list[object]:
    """Return three films whose reasons differ, as those of three frameworks do."""
    recorder = record(None, tmp_path / "a.mp4", fps=60)
    BarcodeLoop(context, (320, 180)).record(recorder, range(12))
    recording = recorder.close()
    films = []
    for profile in ("Core", "Compatibility", "Core"):
        reason = f"nvenc: the context is of the {profile} Profile; {recording.reason}"
        account = {"frames": 12, "size": [320, 180], "fps": 60.0, "route": recording.route, "reason": reason}
        account |= {"cost_ms": 1.0, "wait_ms": 0.0}
        films.append(demo.Film(demo.Decoded(tmp_path / "a.mp4", 12, (320, 180), []), account, 1.0))
    return films


def test_the_route_and_its_reason_are_told_once_and_in_plain_words(
    demo: ModuleType, films: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    monkeypatch.setattr(demo, "console", Console(file=output, width=110))
    demo.show(films, tmp_path / "contact.png")
    text = " ".join(output.getvalue().split())
    assert len(re.findall(r"\broute\b", text, re.IGNORECASE)) == 1
    assert text.count("host") == 1
    assert text.count(PLAIN) == 1
    for word in ("Profile", "nvenc", "llvmpipe", "RGBA"):
        assert word not in text


def test_a_route_without_words_of_its_own_gives_the_recorders(demo: ModuleType) -> None:
    assert (
        demo.route({"route": "vulkan", "reason": "because"})
        == "Route vulkan: because. `glrec doctor` tells more."
    )
    assert "NVENC" in demo.route({"route": "host", "reason": "a compute pass of the GPU"})
