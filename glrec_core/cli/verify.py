"""`glrec verify FILE`: decodes all of a file with two decoders and says whether it is right."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from glrec_core.cli.arguments import count, rate, seconds, size
from glrec_core.cli.command import Exit
from glrec_core.cli.info import as_json as film_as_json
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import Style, print_json, print_table, print_verdict
from glrec_core.values.progress import progress_bar

if TYPE_CHECKING:
    from glrec_core.verify.report import Report


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec verify [options] FILE"
    parser.examples = (
        ("glrec verify film.mp4", "Decode all of a file and check it."),
        ("glrec verify --frames 300 --fps 60 film.mp4", "Check also what you know of it."),
    )
    parser.exit_codes = (("0", "the file is right"), ("1", "it is not"), ("2", "it cannot be read"))
    parser.add_argument("file", metavar="FILE", help="the video file")
    parser.add_argument("--frames", type=count, metavar="N", help="fail unless there are exactly N frames")
    parser.add_argument(
        "--fps", type=rate, metavar="RATE", help="fail unless frame n is shown at exactly n/RATE"
    )
    parser.add_argument("--size", type=size, metavar="WxH", help="fail unless the video has this size")
    parser.add_argument(
        "--barcode",
        action="store_true",
        help="fail unless it is glrec's own test clip; such a clip is recognised without this option, too",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="give each decoder at most this many seconds"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the outcome of each check."""
    from glrec_core.verify.checks import Expected
    from glrec_core.verify.report import verify

    expected = Expected(
        frames=arguments.frames, fps=arguments.fps, size=arguments.size, barcode=arguments.barcode
    )
    with progress_bar("decoding") as progress:
        report = verify(arguments.file, expected, timeout_seconds=arguments.timeout, progress=progress)
    if arguments.json:
        print_json(_as_json(report))
    else:
        _print(report)
    return Exit.OK if report.passed else Exit.FAILED


def _as_json(report: Report) -> dict[str, Any]:
    checks = [
        {"name": check.name, "status": check.status.value, "text": check.text} for check in report.checks
    ]
    return {"passed": report.passed, "checks": checks, "film": film_as_json(report.film)}


def _print(report: Report) -> None:
    rows = ((f"{check.status.value.upper():<4}  {check.name}", check.text) for check in report.checks)
    print_table(rows, styles={"PASS": Style.GOOD, "FAIL": Style.BAD})
    print_verdict("right" if report.passed else "WRONG", good=report.passed, before=f"{report.film.name}: ")
