"""NVIDIA's hardware decoder, by PyNvVideoCodec, and frames as CuPy arrays.

PyAV demuxes, so that times, seeking and refusals are the same as in host memory; only the decoder differs, and H.264, HEVC,
AV1 and VP9 define its output to the last bit. All of it runs on one stream, which waits for the caller's current one before it
writes a frame, and that one for it afterwards: no call waits for the GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import cupy
import numpy as np
import PyNvVideoCodec
from av.bitstream import BitStreamFilterContext

from glrec_core.cuda.context import done_elsewhere, kept
from glrec_core.cuda.device import CudaDevice, CudaStream
from glrec_core.errors import VideoError
from glrec_core.read import exact, kernel
from glrec_core.read.decoding import DecodedPicture
from glrec_core.read.facts import NVDEC_CODECS, Facts
from glrec_core.read.geometry import Geometry
from glrec_core.read.output import Output
from glrec_core.values.foreign import NVRTC, PYNVVIDEOCODEC, translated

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

    VideoPacket = Packet[Any]

_ANNEX_B = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
"""NVDEC's parser looks for start codes, which MP4 and Matroska leave out."""

_SEMIPLANAR = {"NV12", "P016", "NV16", "P216"}
_GROUP = (32, 8)
_PER_THREAD = 2  # cudaStreamPerThread of driver_types.h


class Surface(NamedTuple):
    """A decoded picture in the GPU's memory: addresses of its planes, distances of rows in bytes, of Cb's samples in samples.

    `owner` keeps the memory, where it is not the decoder's own, which is overwritten by the next call of it.
    """

    planes: tuple[int, int, int]
    luma_pitch: int
    chroma_pitch: int
    chroma_step: int
    size_bytes: int
    owner: Any = None


class NvdecRoute:
    """Decodes and converts on one GPU, by its number in CUDA's order."""

    def __init__(self, facts: Facts, plan: Geometry, ordinal: int) -> None:
        self._facts, self._plan, self._ordinal = facts, plan, ordinal
        self.device: str = f"cuda:{ordinal}"
        self._stream = CudaStream(CudaDevice.numbered(ordinal))

    def open_decoder(self, stream: VideoStream) -> NvdecDecoder:
        return NvdecDecoder(self._facts, stream, self._stream)

    def open_converter(self, output: Output) -> NvdecConverter:
        return NvdecConverter(self._facts, self._plan, output, self._stream)


class NvdecDecoder:
    """One session of the hardware decoder; `content` is a `Surface`, valid until the next call.

    Raises:
        VideoError: it cannot be opened.

    """

    def __init__(self, facts: Facts, stream: VideoStream, cuda_stream: CudaStream) -> None:
        self._facts = facts
        name = _ANNEX_B.get(facts.codec)
        self._filter = BitStreamFilterContext(name, stream) if name else None
        self._stream = cuda_stream  # it must outlive the session
        with translated(VideoError, f"{facts.path.name}: NVDEC cannot be opened", PYNVVIDEOCODEC), kept():
            self._session: Any = PyNvVideoCodec.CreateDecoder(
                gpuid=cuda_stream.handles.device,
                codec=PyNvVideoCodec.cudaVideoCodec.__members__[NVDEC_CODECS[facts.codec]],
                cudacontext=cuda_stream.handles.context,
                cudastream=cuda_stream.handles.stream,
                usedevicememory=True,
            )

    def decode(self, packet: VideoPacket) -> list[DecodedPicture]:
        if not packet.size:
            return self._decoded(None, None)
        pts = packet.pts  # the filter empties the packet
        if pts is None and self._facts.has_times:
            raise VideoError("it has no time")
        parts = self._filter.filter(packet) if self._filter else [packet]
        return [each for part in parts for each in self._decoded(part, pts)]

    def close(self) -> None:
        """PyNvVideoCodec ends a session with its last reference."""
        with kept():
            self._session = self._filter = None

    def _decoded(self, packet: VideoPacket | None, pts: int | None) -> list[DecodedPicture]:
        """Hand over a packet with its own time, which bitstream filters drop; without one, take what was held back."""
        data = PyNvVideoCodec.PacketData()
        buffer = np.frombuffer(cast("Any", packet), np.uint8) if packet is not None else np.empty(0, np.uint8)
        data.bsl, data.bsl_data, data.pts = len(buffer), buffer.ctypes.data if len(buffer) else 0, pts or 0
        with translated(VideoError, "", PYNVVIDEOCODEC), kept():
            frames = self._session.Decode(data)
        return [
            DecodedPicture(frame.getPTS() if self._facts.has_times else None, self._surface(frame))
            for frame in frames
        ]

    def _surface(self, frame: Any) -> Surface:
        height = self._facts.coded.height
        first, second = frame.GetPtrToPlane(0), frame.GetPtrToPlane(1)
        pitch = (second - first) // height
        sample_bytes = 1 if self._facts.coding.bits == 8 else 2  # noqa: PLR2004
        rows = -(-height // self._facts.coding.down)
        if frame.format.name in _SEMIPLANAR:
            planes = (first, second, second + sample_bytes)
            return Surface(planes, pitch, pitch, 2, pitch * (height + rows), frame)
        return Surface((first, second, second + pitch * rows), pitch, pitch, 1, pitch * 3 * height, frame)


class NvdecConverter:
    """Turns decoded pictures of one file into CuPy arrays of one kind."""

    def __init__(self, facts: Facts, plan: Geometry, output: Output, stream: CudaStream) -> None:
        self._plan, self._output, self._stream = plan, output, stream
        taps = exact.resampling(facts.coding, plan.region, plan.scaled)
        text = kernel.source(facts.coding, plan.scaled, taps, output.code_dtype, planar=output.planar)
        tables = kernel.tables(taps)
        with stream.current():
            with translated(VideoError, "NVRTC cannot compile the conversion to R'G'B'", NVRTC):
                self._kernel: Any = done_elsewhere(lambda: _compiled(text))
            self._indices, self._weights = cupy.asarray(tables.indices), cupy.asarray(tables.weights)

    def hold(self, content: Surface) -> Surface:
        """Return a copy of a picture, since the decoder writes over its own."""
        with self._stream.current():
            memory = cupy.empty(content.size_bytes, cupy.uint8)
            cupy.cuda.runtime.memcpyAsync(
                memory.data.ptr,
                content.planes[0],
                content.size_bytes,
                cupy.cuda.runtime.memcpyDeviceToDevice,
                self._stream.handles.stream,
            )
        moved = memory.data.ptr - content.planes[0]
        first, second, third = (plane + moved for plane in content.planes)
        return content._replace(planes=(first, second, third), owner=memory)

    def close(self) -> None:
        """Let the tables go."""
        del self._indices, self._weights

    def convert(self, content: Surface) -> Any:
        """Return a picture as an array of its own, in the order of the caller's current stream."""
        device = self._stream.device
        callers = cupy.cuda.get_current_stream(device.ordinal)
        events: list[Any] = []
        try:
            with device:
                events.append(callers.record())  # the memory may still be in use by what it was before
            return device.done(lambda: self._converted(content, callers, events[0]))
        finally:
            with device:
                events.clear()  # CuPy destroys an event in whichever context is current

    def _converted(self, content: Surface, callers: Any, before: Any) -> Any:
        scaled = self._plan.scaled
        with callers:
            codes = cupy.empty(self._output.shape(scaled), self._output.code_dtype)
            self._stream.cupy.wait_event(before)
            grid = tuple(-(-side // group) for side, group in zip(scaled, _GROUP, strict=True))
            arguments = (
                *(np.uint64(plane) for plane in content.planes),
                np.int64(content.luma_pitch),
                np.int64(content.chroma_pitch),
                np.int32(content.chroma_step),
                self._indices,
                self._weights,
                codes,
            )
            with self._stream.cupy:
                self._kernel(grid, _GROUP, arguments)
            callers.wait_event(self._stream.cupy.record())
            frame, turns = self._output.finished(codes), self._plan.turns
            if turns:
                frame = cupy.ascontiguousarray(cupy.rot90(frame, turns, self._output.axes))
            if callers.ptr == _PER_THREAD:  # of this thread, which may not be the caller's
                callers.synchronize()
            return frame


def _compiled(text: str) -> Any:
    function = cupy.RawKernel(text, kernel.NAME, options=kernel.OPTIONS)
    function.compile()
    return function
