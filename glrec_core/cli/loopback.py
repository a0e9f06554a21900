"""`glrec loopback`: records, sends what is encoded through a bad network and back, and says whether it is the same."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from glrec_core.cli.arguments import count, seconds, share
from glrec_core.cli.command import Exit
from glrec_core.cli.options import add_options, add_output, given
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import print_json, print_table, print_verdict
from glrec_core.errors import ConfigError
from glrec_core.values.progress import progress_bar

if TYPE_CHECKING:
    from glrec_core.running.loopback import LoopbackReport

_USUAL_SHARE = 0.05
_ENCODING = ("codec", "bitrate")


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec loopback [options] -o FILE"
    parser.examples = (
        ("glrec loopback -o film.mp4 --loss 5% --reorder", "Lose 5% of the packets, and send some late."),
        ("glrec loopback --source game.py --seconds 10 -o game.mp4", "Send what a program draws."),
        ("glrec loopback --source film.mp4 --udp -o copy.mkv", "Send a video file, through UDP."),
    )
    parser.exit_codes = (
        ("0", "every access unit came back byte for byte, or had lost more than the code can replace"),
        ("1", "otherwise"),
        ("2", "it cannot be done as asked"),
    )
    parser.add_argument(
        "--source",
        default="synthetic",
        metavar="SOURCE",
        help="synthetic: glrec's own clip (the default); a program (*.py), run as by `glrec run --step`; or a video file, "
        "sent as it is",
    )
    add_output(parser, "FILE", "file to record to")
    add_options(parser, "overwrite")
    parser.add_argument("--seconds", type=seconds, metavar="S", help="how much to send (clip: 5)")
    add_options(
        parser,
        "size",
        "fps",
        *_ENCODING,
        size="size of the pictures (clip: 1280x720)",
        fps="frames per second (clip: 30)",
    )
    parser.add_argument("--headless", action="store_true", help="show no window of the program")
    _configure_wire(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _configure_wire(parser: Parser) -> None:
    from glrec_core.wire.packetizer import DEFAULT_DATAGRAM_BYTES, DEFAULT_REDUNDANCY

    parser.add_argument("--udp", action="store_true", help="go through UDP on the loopback interface")
    parser.add_argument(
        "--loss", type=share, default=0.0, metavar="SHARE", help="share of the packets to lose, such as 5%%"
    )
    for name, what in (("--reorder", "late"), ("--duplicate", "twice")):
        parser.add_argument(
            name,
            type=share,
            nargs="?",
            default=0.0,
            const=_USUAL_SHARE,
            metavar="SHARE",
            help=f"share of the packets to send {what} (5%% if none is given)",
        )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="another number hits other packets (default: 0)"
    )
    parser.add_argument(
        "--redundancy",
        type=float,
        default=DEFAULT_REDUNDANCY,
        metavar="R",
        help=f"parity packets for each data packet; 0 for none (default: {DEFAULT_REDUNDANCY})",
    )
    parser.add_argument(
        "--datagram-bytes",
        type=count,
        default=DEFAULT_DATAGRAM_BYTES,
        metavar="N",
        help=f"largest packet in bytes (default: {DEFAULT_DATAGRAM_BYTES})",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Record, send and report."""
    from glrec_core.running.loopback import Source, loopback
    from glrec_core.wire.channel import Impairment
    from glrec_core.wire.trial import WireTrial

    if arguments.output is None:
        raise ConfigError("-o FILE is missing: where is the film to be written?")
    source = Source(
        name=arguments.source,
        out=arguments.output,
        size=arguments.size,
        fps=arguments.fps,
        seconds=arguments.seconds,
        headless=arguments.headless,
        overwrite=bool(arguments.overwrite),
        encoding=given(arguments, _ENCODING),
    )
    impairment = Impairment(
        loss=arguments.loss, reorder=arguments.reorder, duplicate=arguments.duplicate, seed=arguments.seed
    )
    trial = WireTrial(
        impairment,
        udp=arguments.udp,
        redundancy=arguments.redundancy,
        datagram_bytes=arguments.datagram_bytes,
    )
    with progress_bar("sending") as progress:
        report = loopback(source, trial, progress)
    if arguments.json:
        print_json({"file": str(arguments.output), **report.as_json()})
    else:
        _print(report)
    return Exit.OK if report.passed else Exit.FAILED


def _print(report: LoopbackReport) -> None:
    wire, verdict = report.wire, report.wire.verdict
    rows = {
        "submitted": f"{report.submitted} frames",
        "encoded": f"{wire.encoded} access units, {wire.keyframes} keyframes, {wire.encoded_bytes} bytes",
        "rate": f"{report.frames_per_second:.1f} frames/s, with drawing",
        "packets": f"{wire.packets}, {wire.packet_bytes} bytes; {wire.lost} lost",
        "intact": f"{verdict.intact}, {verdict.repaired} of them recovered by parity",
        "beyond code": f"{verdict.beyond_code} had lost more than parity can replace",
        "missing": f"{verdict.missing}",
        "mismatches": " ".join([str(verdict.mismatches), verdict.first_mismatch]),
        "latency": f"p50 {verdict.latency.p50_ms:.2f} ms, p95 {verdict.latency.p95_ms:.2f} ms",
    }
    print_table(rows.items())
    print_verdict("right" if report.passed else "WRONG", good=report.passed)
