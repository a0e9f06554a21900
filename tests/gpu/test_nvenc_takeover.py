"""An encoder on the GPU that dies mid-way: the one on the CPU goes on with the frames that lie in CUDA memory."""

from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import moderngl
import pytest

from glrec_core import EncodeError, FileSink
from glrec_core.backends.nvenc import _on_the_host
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.gl.functions import current_gl
from glrec_core.pipeline.chain import EncodeChain
from glrec_core.pipeline.outputs import Outputs
from glrec_core.report.stats import Stats
from glrec_core.stages import EncodeStages
from glrec_core.testing import barcode
from glrec_core.values.color import BT709
from glrec_core.values.frame import FrameSpec, PixelFormat, Size
from tests.gpu_support.nvidia import open_stream, skip_without_nvidia_gpu
from tests.support.recording import BarcodeLoop

pytestmark = pytest.mark.gpu


def _no_session(_: FrameSpec) -> EncodeStages:
    raise EncodeError("no session is free")


def test_frames_in_cuda_memory_go_on_to_a_software_encoder(context: moderngl.Context, tmp_path: Path) -> None:
    skip_without_nvidia_gpu()
    from glrec_core.capture.cuda import CudaRing

    config, stream, notes = Config(timing="step", fps=60), open_stream(), list[str]()
    ring = partial(CudaRing, stream=stream, pixel_format=PixelFormat.NV12, color=BT709, batch=4)
    loop = BarcodeLoop(context, (322, 242))
    capture = RingCapture(current_gl(), config, Size(322, 242), 2, ring, direct=Direct.NOTHING, textures=4)
    successors = _on_the_host(config, config.make_clock(), stream)
    chain = EncodeChain((_no_session, *successors), Stats(), notes.append)
    outputs = Outputs([FileSink(tmp_path / "a.mp4")], lambda error: pytest.fail(str(error)), notes.append)
    for number in range(30):
        loop.draw(number)
        frames = capture.grab(loop.framebuffer, round(number * 10**9 / 60))
        for frame in frames if number < 29 else [*frames, *capture.drain()]:
            with frame:
                for batch in chain.encode(frame):
                    outputs.write(batch)
    for batch in chain.drain():
        outputs.write(batch)
    outputs.close_part()
    capture.close()
    with av.open(tmp_path / "a.mp4") as container:  # PyAV alone: it is what a machine with a GPU may have
        decoded = [(frame.to_ndarray(format="rgb24"), frame.pts) for frame in container.decode(video=0)]
        tick = container.streams.video[0].time_base
    assert [barcode.read(picture) for picture, _ in decoded] == list(range(30))
    assert [pts * tick for _, pts in decoded if pts is not None and tick is not None] == [
        Fraction(number, 60) for number in range(30)
    ]
    for picture, _ in decoded:
        barcode.check_orientation(picture)
        assert abs(barcode.quadrant_colours(picture) - barcode.QUADRANTS).max() <= 6
    assert len(notes) == 1
