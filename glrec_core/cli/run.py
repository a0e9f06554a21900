"""`glrec run SCRIPT`: records a program as it is. What happens then is `glrec_core.running`'s."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from glrec_core.cli.values import count, path, rate, seconds, size
from glrec_core.errors import ConfigError

if TYPE_CHECKING:
    from glrec_core.running import Launch

_RECORDING = ("size", "codec", "preset", "quality", "backend", "overflow", "overwrite")
"""Options that are the recorder's, by their names in `Config`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "glrec run [options] (SCRIPT | -m MODULE) [arguments of the program ...]"
    parser.epilog = (
        "Exit code: the program's own; 1 if it ended well but was not recorded, 2 if it could not be started."
    )
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="file to write (default: a dated one)"
    )
    parser.add_argument("--fps", type=rate, metavar="RATE", help="frame rate: a limit, and exact with --step")
    parser.add_argument(
        "--size", type=size, metavar="WxH", help="size of the recording (default: the window's)"
    )
    parser.add_argument("--frames", type=count, metavar="N", help="end the program after N frames")
    parser.add_argument("--seconds", type=seconds, metavar="S", help="end the program after S seconds")
    parser.add_argument(
        "--headless", action="store_true", help="show no window: use EGL, or else a private X server"
    )
    parser.add_argument(
        "--step",
        action="store_true",
        help="let the program's time pass by 1/fps a frame: smooth and repeatable on any machine",
    )
    _configure_recording(parser)
    parser.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, help="run a module, as `python -m` does"
    )
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to the program")


def _configure_recording(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--codec", help="h264, hevc, av1, vp9, ffv1 or mjpeg (default: the container's)")
    parser.add_argument("--preset", help="the encoder's own name for its speed")
    parser.add_argument("--quality", type=int, metavar="Q", help="constant quality; lower is better")
    parser.add_argument("--backend", help="which backend to use (default: the best; see `glrec doctor`)")
    parser.add_argument("--overflow", help="when the encoder is too slow: block, spill or drop")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")


def execute(arguments: argparse.Namespace) -> int:
    """Run the program and return its exit code."""
    from glrec_core.running import RunOptions, run_program

    load, words = _program(arguments)
    if arguments.output is not None and arguments.output.is_file() and not arguments.overwrite:
        raise ConfigError(
            f"{arguments.output} exists; choose another name, or pass --overwrite to replace it"
        )
    options = RunOptions(
        output=arguments.output,
        frames=arguments.frames,
        seconds=arguments.seconds,
        headless=arguments.headless,
        step=arguments.step,
        fps=arguments.fps,
        recording=_recording_options(arguments),
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


def _recording_options(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(arguments, name) for name in _RECORDING}
    return {name: value for name, value in given.items() if value is not None}
