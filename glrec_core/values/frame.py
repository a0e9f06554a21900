"""The values that travel through glrec: framebuffers, frames, packets and the description of a stream.

A frame is lent, not given: its memory is a slot of a ring, and `with frame:` gives the slot back.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple, Self

from glrec_core.values.color import BT709, ColorSpace


class Size(NamedTuple):
    """Width and height in physical pixels.

    For example:

        size = Size(1280, 720)
        print(size, size.width)  # 1280x720 1280
    """

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Framebuffer:
    """A framebuffer object to read from: its GL name in the current context, and its size.

        source = Framebuffer(0, Size(1280, 720))
        recorder.frame_drawn(source)

    Name 0 is the context's default framebuffer; it is not always the window (Qt widgets, headless windows).
    """

    name: int
    size: Size


class PixelFormat(enum.Enum):
    """Pixel formats by their FFmpeg names; planes are (height, width, channels), row 0 is the top."""

    RGBA = "rgba"
    """One plane (height, width, 4), uint8."""
    BGRA = "bgra"
    """The same with red and blue exchanged: how windows lie in memory."""
    BGR0 = "bgr0"
    """One plane (height, width, 4), uint8, last byte unused: what FFV1 and lossless H.264 take for RGB."""
    RGB24 = "rgb24"
    """One plane (height, width, 3), uint8: pictures without alpha, as still images hold them."""
    NV12 = "nv12"
    """Luma (height, width) and interleaved chroma (height/2, width/2, 2), uint8."""
    P010 = "p010le"
    """As NV12, with 10 bits in the high bits of uint16."""
    YUV420P = "yuv420p"
    """Luma (height, width) and two chroma planes (height/2, width/2), uint8."""
    YUVA420P = "yuva420p"
    """As YUV420P, and the alpha plane (height, width)."""
    YUV444P = "yuv444p"
    """Three planes (height, width), uint8."""
    YUV422P10 = "yuv422p10le"
    """Luma (height, width) and two chroma planes (height, width/2), 10 bits in the low bits of uint16."""
    YUV444P10 = "yuv444p10le"
    """Three planes (height, width), likewise."""
    YUVA444P10 = "yuva444p10le"
    """As YUV444P10, and the alpha plane (height, width)."""

    @property
    def is_rgb(self) -> bool:
        """Whether the format holds R'G'B' rather than Y'CbCr."""
        return self in {PixelFormat.RGBA, PixelFormat.BGRA, PixelFormat.BGR0, PixelFormat.RGB24}

    @property
    def has_alpha(self) -> bool:
        """Whether the format holds an alpha channel."""
        return self.value.startswith("yuva") or self in {PixelFormat.RGBA, PixelFormat.BGRA}

    @property
    def alignment(self) -> int:
        """What width and height must be a multiple of: 2 where chroma is subsampled."""
        return 2 if self in _SUBSAMPLED else 1


_SUBSAMPLED = frozenset(
    {
        PixelFormat.NV12,
        PixelFormat.P010,
        PixelFormat.YUV420P,
        PixelFormat.YUVA420P,
        PixelFormat.YUV422P10,
    }
)


class Memory(enum.Enum):
    """Where a frame's planes lie."""

    HOST = "host"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """What a stage gives or takes: size in pixels, pixel format and kind of memory."""

    size: Size
    format: PixelFormat
    memory: Memory = Memory.HOST

    def __str__(self) -> str:
        return f"{self.size} {self.format.value} in {self.memory.value} memory"


def _nothing() -> None:
    """Release of a frame whose memory nobody waits for."""


@dataclass(slots=True)
class Frame:
    """One picture on its way to the encoder.

    `planes` are arrays as `PixelFormat` describes them (NumPy in host memory, CuPy in CUDA memory); they may be strided.
    `owner` is the object whose memory the planes are views of, where a stage made one that the next stage can use
    without a copy. `release` gives the memory back to the ring that lent it; it may be called from any thread. `keyframe`
    asks the encoder to make it one.
    """

    spec: FrameSpec
    planes: tuple[Any, ...]
    pts_ns: int
    release: Callable[[], None] = _nothing
    owner: object = None
    keyframe: bool = False

    def shared(self) -> Frame:
        """Return a frame of the same pixels. Their memory is given back when both have been released, by any threads.

        For example:

            with frame.shared() as lent:
                write_picture(lent.planes[0])
        """
        release, first = self.release, [True]

        def release_last() -> None:
            try:
                first.pop()
            except IndexError:
                release()

        self.release = release_last
        return replace(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        release, self.release = self.release, _nothing
        self.planes, self.owner = (), None
        release()

    def __repr__(self) -> str:
        return f"Frame({self.spec}, pts_ns={self.pts_ns})"


@dataclass(frozen=True, slots=True)
class Packet:
    """One access unit as the encoder made it; H.264 and HEVC are Annex B with parameter sets in band.

    `pts`, `dts` and `duration` count ticks of the stream's `time_base`; a duration of 0 means that it is not known.
    `alpha` is the access unit of the alpha channel where the codec makes one of its own (VP9).
    """

    data: bytes = field(repr=False)
    pts: int
    dts: int
    keyframe: bool
    duration: int = 0
    alpha: bytes = field(default=b"", repr=False)

    @property
    def size_bytes(self) -> int:
        """Length of the access unit, alpha included."""
        return len(self.data) + len(self.alpha)

    def earlier(self, ticks: int) -> Packet:
        """Return the packet with its times moved back by `ticks`, for a part that begins there.

        For example:

            moved = packet.earlier(90_000)
            print(packet.pts - moved.pts)  # 90000
        """
        return replace(self, pts=self.pts - ticks, dts=self.dts - ticks) if ticks else self


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a sink must know of a stream before its first packet.

    `codec` is FFmpeg's name of the codec, as in `Config`. `extradata` holds the codec's out-of-band parameters in FFmpeg's
    form. `frame_rate` is nominal: the timestamps alone say when a frame is shown. `pixel_format` is what a decoder makes
    of the stream. `codec_tag` is the four-character code that alone tells a codec's variants apart (ProRes), or empty.
    """

    codec: str
    size: Size
    time_base: Fraction
    frame_rate: Fraction
    color: ColorSpace = BT709
    extradata: bytes = field(default=b"", repr=False)
    pixel_format: PixelFormat = PixelFormat.YUV420P
    codec_tag: str = ""

    @property
    def rgb(self) -> bool:
        """Whether the stream holds R'G'B' rather than Y'CbCr."""
        return self.pixel_format.is_rgb

    @property
    def alpha(self) -> bool:
        """Whether the stream holds an alpha channel, straight."""
        return self.pixel_format.has_alpha
