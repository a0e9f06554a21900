"""`glrec info FILE`: what a video file is, read from its container and packets; nothing is decoded but one picture."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from glrec_core.cli.arguments import seconds
from glrec_core.cli.command import Exit
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from glrec_core.media.film import Film


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec info [options] FILE"
    parser.examples = (
        ("glrec info film.mp4", "Show codec, size, frames, times and colours."),
        ("glrec info film.mp4 --json", "The same for a program."),
    )
    parser.exit_codes = (("0", "it is a video"), ("1", "it is not a video"), ("2", "it cannot be read"))
    parser.add_argument("file", metavar="FILE", help="the video file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--timeout", type=seconds, metavar="SECONDS", help="give up after this many seconds")


def execute(arguments: argparse.Namespace) -> int:
    """Print what the file is."""
    from glrec_core.verify.report import info

    film = info(arguments.file, timeout_seconds=arguments.timeout)
    if arguments.json:
        print_json(as_json(film))
    else:
        print_table(_rows(film))
    return Exit.OK


def as_json(film: Film) -> dict[str, Any]:
    """Return what `--json` prints; times are seconds."""
    shortest, mean, longest = _intervals(film)
    container = film.structure.color
    return {
        "file": film.name,
        "file_bytes": film.file_bytes,
        "container": film.container.split(","),
        "codec": film.codec,
        "profile": film.profile,
        "codec_tag": film.codec_tag,
        "pixel_format": film.pixel_format,
        "size": list(film.size),
        "frames": film.frames,
        "start_seconds": float(film.start_seconds),
        "duration_seconds": float(film.duration_seconds),
        "interval_seconds": {"min": shortest, "mean": mean, "max": longest},
        "time_base": str(film.time_base),
        "keyframes": len(film.keyframes),
        "longest_gop": film.longest_gop,
        "color": {
            "stream": film.stream_color.as_json() if film.stream_color else None,
            "container": container.as_json() if container else None,
        },
        "fast_start": film.structure.fast_start,
        "faults": list(film.structure.faults),
    }


def _intervals(film: Film) -> tuple[float | None, float | None, float | None]:
    """Return the shortest, the mean and the longest interval in seconds; None where there is none."""
    if not (intervals := film.intervals):
        return None, None, None
    mean = Fraction(sum(intervals), len(intervals))
    shortest, middle, longest = (float(t * film.time_base) for t in (min(intervals), mean, max(intervals)))
    return shortest, middle, longest


def _rows(film: Film) -> list[tuple[str, str]]:
    structure, fast = film.structure, {True: "yes", False: "no", None: "not applicable"}
    tag = f" ({film.codec_tag})" if film.codec_tag.isprintable() and film.codec_tag.strip() else ""
    stream = film.stream_color or "unknown"
    rows = [
        ("file", f"{film.name}, {film.file_bytes / 1000:,.0f} kB, {film.container.partition(',')[0]}"),
        ("codec", f"{film.codec}{tag}, {film.profile or 'no profile'}, {film.pixel_format}"),
        ("size", str(film.size)),
        ("frames", str(film.frames)),
        ("keyframes", f"{len(film.keyframes)}, at most {film.longest_gop} frames apart"),
        ("duration", f"{float(film.duration_seconds):.3f} s, from {float(film.start_seconds):.3f} s on"),
        ("interval", _interval_text(film)),
        ("colour", f"stream: {stream}; container: {structure.color or 'not tagged'}"),
        ("fast start", fast[structure.fast_start]),
    ]
    return [*rows, *(("fault", fault) for fault in structure.faults)]


def _interval_text(film: Film) -> str:
    shortest, mean, longest = _intervals(film)
    if shortest is None or mean is None or longest is None:
        return "none"
    rate = f" ({1 / mean:.3f} frames per second)" if mean else ""
    return f"mean {1000 * mean:.3f} ms{rate}, min {1000 * shortest:.3f} ms, max {1000 * longest:.3f} ms"
