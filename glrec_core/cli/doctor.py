"""`glrec doctor`: what this machine can record with and why not otherwise; with `--selftest`, the proof of it."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn

from glrec_core.cli.command import Exit
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import print_json, print_table, print_title
from glrec_core.gl.platform import OFFSCREEN_API
from glrec_core.system.interrupts import ENDING
from glrec_core.system.libraries import how_to_install
from glrec_core.values.progress import progress_bar

if TYPE_CHECKING:
    from glrec_core.probe.diagnosis import Diagnosis
    from glrec_core.probe.nvidia import Nvidia
    from glrec_core.probe.opengl import OpenGL, Route
    from glrec_core.probe.selftest import Trial
    from glrec_core.probe.software import Ffmpeg


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec doctor [options]"
    parser.epilog = (
        "The report names no file or folder of yours, no user and no machine: it can be passed on as it is."
    )
    parser.examples = (
        ("glrec doctor", "Say what this machine can record with, and why not otherwise."),
        ("glrec doctor --selftest", "Prove it: record a clip by each usable route."),
        ("glrec doctor --json > report.json", "Make a report for a bug tracker."),
    )
    parser.exit_codes = (
        ("0", "a recording can be made, and every self-test is right"),
        ("1", "otherwise"),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--selftest", action="store_true", help="record a clip by each usable route, and verify it"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the report."""
    from glrec_core.probe.anonymous import anonymous
    from glrec_core.probe.diagnosis import diagnose

    with progress_bar("looking") as progress:
        found = diagnose(progress)
    if not arguments.json:
        for title, rows in _sections(found):
            print_title(anonymous(title))
            print_table(anonymous([*rows]), indent="  ")
    trials = _selftest(found) if arguments.selftest else []
    if arguments.json:
        tests = {"selftest": [asdict(trial) for trial in trials]} if arguments.selftest else {}
        print_json(anonymous({**found.as_json(), **tests}))
    elif arguments.selftest:
        print_title("self-test")
        print_table(anonymous([*map(_trial, trials)]), indent="  ")
    right = found.chosen is not None and all(trial.passed for trial in trials)
    return Exit.OK if right else Exit.FAILED


def _selftest(found: Diagnosis) -> list[Trial]:
    from glrec_core.probe.selftest import selftest

    if (best := found.best) is None:
        return []
    for number in ENDING:
        signal.signal(number, _end)
    window, trials = best is found.window, []
    for route in best.routes:
        if route.usable:
            with progress_bar(f"testing {route.name}") as progress:
                trials.append(selftest(route.name, codec=route.codec, window=window, progress=progress))
    return trials


def _end(number: int, _: object) -> NoReturn:
    """End as asked, but not before the scratch folder is removed."""
    raise SystemExit(128 + number)  # as shells have it


def _sections(found: Diagnosis) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    installed = f"glrec {found.glrec}, Python {found.python}, {found.system}"
    yield installed, [("packages", _versions(found.packages)), ("frameworks", _versions(found.frameworks))]
    yield (
        "OpenGL",
        [("without a window", _context(found.headless)), ("on the display", _context(found.window))],
    )
    yield "NVIDIA", list(_nvidia(found.nvidia))
    yield "FFmpeg", list(_ffmpeg(found.ffmpeg))
    adapters = [(each.name, each.problem or f"loads, from {each.package}") for each in found.adapters]
    yield "adapters", adapters or [("none", "pip install glrec, which registers its own")]
    routes = found.best.routes if found.best else ()
    yield (
        "routes, best first",
        [line for route in routes for line in _route(route, found.chosen)]
        or [
            (
                "none",
                "no OpenGL context can be made" + how_to_install("libegl1 libgl1-mesa-dri"),
            )
        ],
    )


def _context(found: OpenGL | str) -> str:
    if isinstance(found, str):
        return found
    kind = "on the CPU" if found.software else "on the GPU"
    return (
        f"{found.renderer}, {found.vendor}, OpenGL {found.version}, {kind}; {OFFSCREEN_API}, {found.display}"
    )


def _nvidia(found: Nvidia) -> Iterator[tuple[str, str]]:
    yield "driver", ", ".join([found.driver or "none", *found.gpus])
    yield "CUDA", f"up to {found.cuda}" if found.cuda else found.cuda_problem or "unknown"
    yield (
        "NVENC",
        found.nvenc_problem or "driver and packages are there; the route says whether the GPU has it",
    )


def _ffmpeg(found: Ffmpeg) -> Iterator[tuple[str, str]]:
    yield "in PyAV", f"{found.pyav}; {_versions(found.libraries)}"
    yield (
        "encoders",
        ", ".join(name if there else f"{name} (missing)" for name, there in found.encoders.items()),
    )
    yield "program", found.program_version or "none; pip install 'glrec[imageio]' brings one"


def _route(route: Route, chosen: Route | None) -> Iterator[tuple[str, str]]:
    here = "usable" if route.codec is None else f"usable, by codec={route.codec!r}"
    state = "taken" if route is chosen else here if route.usable else "not here"
    yield f"{route.name} ({state})", route.reason
    if route.expectation:
        yield "", f"measured elsewhere: {route.expectation}"


def _trial(trial: Trial) -> tuple[str, str]:
    if not trial.frames:
        return trial.route, f"WRONG: {trial.text}"
    rate = trial.frames / trial.seconds
    return trial.route, (
        f"{'right' if trial.passed else 'WRONG'}: {trial.text}; {trial.seconds:.2f} s ({rate:.0f} frames per second with "
        f"drawing), {trial.render_cost_ms:.2f} ms a frame on the render thread, {trial.file_bytes / 1e3:.0f} kB"
    )


def _versions(packages: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items()) or "none"
