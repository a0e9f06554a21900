"""Pictures that FFmpeg decoded in host memory, as NumPy arrays of R'G'B'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import VideoError
from glrec_core.ffmpeg.planes import planes_of
from glrec_core.read import exact, swscale
from glrec_core.read.decoding import Decoder, SoftwareDecoder
from glrec_core.read.facts import Facts
from glrec_core.read.geometry import Geometry
from glrec_core.read.output import Output

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


class HostRoute:
    """Decodes and converts in host memory."""

    device = "cpu"

    def __init__(self, facts: Facts, plan: Geometry) -> None:
        self._facts, self._plan = facts, plan

    def open_decoder(self, stream: VideoStream) -> Decoder:
        return SoftwareDecoder(stream)

    def open_converter(self, output: Output) -> HostConverter:
        return HostConverter(self._facts, self._plan, output)


class HostConverter:
    """Turns decoded pictures of one file into arrays of one kind: by swscale where that is right, else by definition."""

    def __init__(self, facts: Facts, plan: Geometry, output: Output) -> None:
        self._facts, self._plan, self._output = facts, plan, output
        self._fast = output.dtype == np.uint8 and swscale.fits(facts.coding, plan)
        self._swscale: swscale.SwscaleReader | None = None
        self._taps: exact.Resampling | None = None

    def hold(self, content: VideoFrame) -> VideoFrame:
        """Return what stays valid while the decoder goes on."""
        return content

    def convert(self, content: VideoFrame) -> NDArray[Any]:
        """Return a picture as an array of its own.

        Raises:
            VideoError: it is of another size or format than the first, or cannot be converted.

        """
        facts = self._facts
        if (content.width, content.height, content.format.name) != (*facts.coded, facts.pixel_format):
            raise VideoError(
                f"{facts.path.name} changes from {facts.coded} {facts.pixel_format} to "
                f"{content.width}x{content.height} {content.format.name} on the way; read the parts one by one"
            )
        if self._fast and (facts.coding.is_rgb or not swscale.overflows(planes_of(content), facts.coding)):
            return self._turned(self._by_swscale(content))
        return self._turned(self._by_definition(content))

    def close(self) -> None:
        """End the threads of swscale."""
        if self._swscale is not None:
            self._swscale.close()
            self._swscale = None

    def _by_swscale(self, content: VideoFrame) -> NDArray[np.uint8]:
        if self._swscale is None:
            planar = self._output.planar
            self._swscale = swscale.SwscaleReader(content, self._facts.coding, self._plan, planar=planar)
        return self._swscale.convert(content)

    def _by_definition(self, content: VideoFrame) -> NDArray[Any]:
        coding, plan = self._facts.coding, self._plan
        if self._taps is None:
            self._taps = exact.resampling(coding, plan.region, plan.scaled)
        codes = np.empty(self._output.shape(plan.scaled), self._output.code_dtype)
        exact.convert(planes_of(content), coding, self._taps, self._output.packed_view(codes))
        frame: NDArray[Any] = self._output.finished(codes)
        return frame

    def _turned(self, frame: NDArray[Any]) -> NDArray[Any]:
        if not self._plan.turns:
            return frame
        return np.ascontiguousarray(np.rot90(frame, self._plan.turns, self._output.axes))
