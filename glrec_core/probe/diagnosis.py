"""The whole report on a machine, as one object that prints and becomes JSON."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from glrec_core.probe.nvidia import Nvidia, probe_nvidia
from glrec_core.probe.opengl import OpenGL, Route, probe_opengl
from glrec_core.probe.software import (
    Adapter,
    Ffmpeg,
    installed_version,
    probe_adapters,
    probe_ffmpeg,
    probe_frameworks,
    probe_packages,
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a machine can record with; `headless` and `window` are a sentence where no context can be made."""

    glrec: str
    python: str
    system: str
    headless: OpenGL | str
    window: OpenGL | str
    nvidia: Nvidia
    ffmpeg: Ffmpeg
    packages: dict[str, str]
    frameworks: dict[str, str]
    adapters: tuple[Adapter, ...]

    @property
    def best(self) -> OpenGL | None:
        """The context that recordings were judged by: the headless one, else the window's; None if there is none."""
        return next((each for each in (self.headless, self.window) if isinstance(each, OpenGL)), None)

    @property
    def chosen(self) -> Route | None:
        """The route that a recording would take."""
        return self.best.chosen if self.best else None

    def as_json(self) -> dict[str, Any]:
        """Return the report as `glrec doctor --json` prints it; a context that cannot be made is `{"problem": why}`."""
        contexts = {
            name: asdict(found) if isinstance(found, OpenGL) else {"problem": found}
            for name, found in (("headless", self.headless), ("window", self.window))
        }
        return {
            "glrec": self.glrec,
            "python": self.python,
            "system": self.system,
            "opengl": contexts,
            "routes": [asdict(route) for route in self.best.routes] if self.best else [],
            "chosen": self.chosen.name if self.chosen else None,
            "nvidia": asdict(self.nvidia),
            "ffmpeg": asdict(self.ffmpeg),
            "packages": self.packages,
            "frameworks": self.frameworks,
            "adapters": [asdict(adapter) for adapter in self.adapters],
        }


def diagnose(progress: Callable[[int, int], None]) -> Diagnosis:
    """Ask everything there is to ask; takes a second or two. `progress` is told which question of how many."""
    questions: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("glrec", lambda: installed_version("glrec") or "not installed"),
        ("python", platform.python_version),
        ("system", platform.platform),
        ("headless", lambda: probe_opengl(window=False)),
        ("window", lambda: probe_opengl(window=True)),
        ("nvidia", probe_nvidia),
        ("ffmpeg", probe_ffmpeg),
        ("packages", probe_packages),
        ("frameworks", probe_frameworks),
        ("adapters", probe_adapters),
    )
    answers = {}
    for done, (name, ask) in enumerate(questions, 1):
        answers[name] = ask()
        progress(done, len(questions))
    return Diagnosis(**answers)
