"""`glrec run SCRIPT`: records a program as it is. What happens then is `glrec_core.running`'s."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from glrec_core.cli.arguments import count, path, seconds
from glrec_core.cli.options import RECORDING, add_options, given
from glrec_core.cli.parser import Parser
from glrec_core.errors import ConfigError

if TYPE_CHECKING:
    from glrec_core.running import Launch

_RECORDING = tuple(name for name in RECORDING if name != "fps")
"""Options that are the recorder's; `fps` and `frames` mean more here."""


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec run [options] (SCRIPT | -m MODULE) [ARG ...]"
    parser.examples = (
        ("glrec run -o film.mp4 program.py", "Record a program until it ends."),
        ("glrec run --fps 60 --frames 300 -o film.mp4 program.py", "Record 300 frames, at most 60 a second."),
        ("glrec run --headless --step --seconds 10 program.py", "Record 10 smooth seconds on any machine."),
        ("glrec run --codec ffv1 -o film.mkv -m game --level 2", "Record a module, without any loss."),
    )
    parser.exit_codes = (
        ("0", "the program ended well and was recorded"),
        ("1", "the program ended well, but was not recorded"),
        ("2", "it could not be started as asked"),
        ("other", "the program's own"),
    )
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="file to write (default: a dated one)"
    )
    add_options(
        parser, "fps", fps="frames per second: a limit; exact with --step or --timing step (default then: 60)"
    )
    parser.add_argument("--frames", type=count, metavar="N", help="end the program after N frames")
    parser.add_argument("--seconds", type=seconds, metavar="S", help="end the program after S seconds")
    parser.add_argument(
        "--headless", action="store_true", help="show no window: use EGL, or else a private X server"
    )
    parser.add_argument(
        "--display",
        choices=("egl", "x11"),
        help="with --headless: draw by EGL only, or on a private X server whatever the toolkit can (default: EGL where it can)",
    )
    parser.add_argument(
        "--step",
        action="store_true",
        help="let the program's time pass by 1/RATE a frame: smooth and repeatable on any machine",
    )
    add_options(parser, *_RECORDING)
    parser.add_argument(
        "-m",
        dest="module",
        metavar="MODULE",
        nargs=argparse.REMAINDER,
        help="run a module, as `python -m` does",
    )
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the program")
    parser.add_argument("arguments", metavar="ARG", nargs=argparse.REMAINDER, help="the program's own")


def execute(arguments: argparse.Namespace) -> int:
    """Run the program and return its exit code."""
    from glrec_core.running import RunOptions, run_program

    load, words = _program(arguments)
    if arguments.output is not None and arguments.output.is_file() and not arguments.overwrite:
        raise ConfigError(
            f"{arguments.output} exists; choose another name, or pass --overwrite to replace it"
        )
    if arguments.step and arguments.timing == "wall":
        raise ConfigError("--step gives each frame its exact time; leave --timing wall out, or --step")
    if arguments.display is not None and not arguments.headless:
        raise ConfigError(
            f"--display {arguments.display} goes with --headless; without it the program has your own display"
        )
    options = RunOptions(
        output=arguments.output,
        frames=arguments.frames,
        seconds=arguments.seconds,
        headless=arguments.headless,
        display=arguments.display,
        step=arguments.step,
        fps=arguments.fps,
        recording=given(arguments, _RECORDING),
    )
    return run_program(load, words, options)


def _program(arguments: argparse.Namespace) -> tuple[Callable[[], Launch], list[str]]:
    """Return what loads the program, and the program's own arguments."""
    from glrec_core.running import load_module, load_script

    if arguments.module is not None:
        if not arguments.module:
            raise ConfigError("-m needs the name of a module")
        name, *words = arguments.module
        return partial(load_module, name), words
    if arguments.script is None:
        raise ConfigError("which program? Give a script, or -m and a module; see `glrec run --help`")
    return partial(load_script, arguments.script), arguments.arguments
