"""Records a pulsing picture to a file, and sends it over UDP at the same time, through a wire that loses 5 %.

    python loopback.py film.mp4

`WireTrial` is both ends of the wire, and compares them. With a wire of your own, pass
`WireSink(UdpChannel((host, port)))` instead, and run a `UdpReceiver` over there: see docs/how-to/streaming.md.
"""

import sys
from math import sin

import moderngl

from glrec_core import record
from glrec_core.drawing import OffscreenFramebuffer
from glrec_core.wire import Impairment, WireTrial


def main(path: str) -> None:
    moderngl.create_context(standalone=True, backend="egl")
    picture = OffscreenFramebuffer((640, 360))
    with WireTrial(Impairment(loss=0.05, seed=1), udp=True) as trial:
        with record(None, path, trial, timing="step", fps=30) as recorder:
            for frame in range(90):
                with picture, recorder.record():
                    picture.clear(0.5 + sin(frame / 10) / 2, 0.3, 0.6)
        report = trial.finish()
    verdict = report.verdict
    print(f"{report.encoded} access units in {report.packets} packets, {report.lost} of them lost")
    print(f"{verdict.intact} intact, {verdict.repaired} by parity; p95 {verdict.latency.p95_ms:.2f} ms")
    sys.exit(not report.passed)


if __name__ == "__main__":
    main(sys.argv[1])
