"""`glrec loopback`: records, sends what is encoded through a bad network and back, and says whether it is the same."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from glrec_core.cli.command import Exit
from glrec_core.cli.printing import print_json, print_table
from glrec_core.cli.values import bit_rate, count, path, rate, seconds, share, size
from glrec_core.progress import progress_bar

if TYPE_CHECKING:
    from glrec_core.loopback import LoopbackReport

_USUAL_SHARE = 0.05


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = (
        "Exit code: 0 if every access unit came back byte for byte, or had lost more than the code can replace; "
        "1 otherwise."
    )
    parser.add_argument(
        "--source",
        default="synthetic",
        metavar="SOURCE",
        help="synthetic (the default): a clip of glrec's own; a program (*.py), whose time then passes by 1/fps a frame; "
        "or a video file, whose access units are sent as they are",
    )
    parser.add_argument("--out", type=path, required=True, metavar="FILE", help="file to record to")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.add_argument("--size", type=size, metavar="WxH", help="size of the pictures (clip: 1280x720)")
    parser.add_argument("--fps", type=rate, metavar="RATE", help="frames per second (clip: 30)")
    parser.add_argument("--seconds", type=seconds, metavar="S", help="how much to send (clip: 5)")
    parser.add_argument("--codec", help="h264, hevc, av1, vp9, ffv1 or mjpeg (default: the container's)")
    parser.add_argument("--bitrate", type=bit_rate, metavar="RATE", help="bits per second, such as 8M")
    parser.add_argument("--headless", action="store_true", help="show no window of the program")
    _configure_wire(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _configure_wire(parser: argparse.ArgumentParser) -> None:
    from glrec_core.wire.packetizer import DEFAULT_DATAGRAM_BYTES, DEFAULT_REDUNDANCY

    parser.add_argument("--udp", action="store_true", help="go through UDP on the loopback interface")
    parser.add_argument(
        "--loss", type=share, default=0.0, metavar="SHARE", help="packets to lose, such as 5%%"
    )
    for name, what in (("--reorder", "late"), ("--duplicate", "twice")):
        parser.add_argument(
            name,
            type=share,
            nargs="?",
            default=0.0,
            const=_USUAL_SHARE,
            metavar="SHARE",
            help=f"packets to send {what} (5%% where no share is given)",
        )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which ones, by chance (0)")
    parser.add_argument(
        "--redundancy",
        type=float,
        default=DEFAULT_REDUNDANCY,
        metavar="R",
        help=f"parity packets for each data packet; 0 for none ({DEFAULT_REDUNDANCY})",
    )
    parser.add_argument(
        "--datagram-bytes",
        type=count,
        default=DEFAULT_DATAGRAM_BYTES,
        metavar="N",
        help=f"the most that a packet may have ({DEFAULT_DATAGRAM_BYTES})",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Record, send and report."""
    from glrec_core.loopback import Source, loopback
    from glrec_core.wire.channel import Impairment
    from glrec_core.wire.trial import WireTrial

    encoding = {"codec": arguments.codec, "bitrate": arguments.bitrate}
    source = Source(
        name=arguments.source,
        out=arguments.out,
        size=arguments.size,
        fps=arguments.fps,
        seconds=arguments.seconds,
        headless=arguments.headless,
        overwrite=arguments.overwrite,
        encoding={name: value for name, value in encoding.items() if value is not None},
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
        print_json({"file": str(arguments.out), **report.as_json()})
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
    print("right" if report.passed else "WRONG")
