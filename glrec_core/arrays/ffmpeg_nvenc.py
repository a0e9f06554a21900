"""NVENC through FFmpeg, fed from CUDA memory: the one way to it that can give each frame's access unit at once.

FFmpeg opens the encoder at the first frame, whose CUDA context it then works in.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import av
from av.video.frame import CudaContext, VideoFrame

from glrec_core.arrays.request import Request
from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.nvenc_options import session_options
from glrec_core.encode.pyav import PyAVEncoder, new_context
from glrec_core.errors import ConvertError
from glrec_core.values.foreign import DLPACK, FFMPEG, translated
from glrec_core.values.frame import Frame, Memory, PixelFormat, StreamInfo

if TYPE_CHECKING:
    from glrec_core.arrays.cuda_intake import CudaIntake
    from glrec_core.cuda.device import CudaStream

_TUNINGS = {"high_quality": "hq", "low_latency": "ll", "ultra_low_latency": "ull"}
_COMMON = ("preset", "rc", "cq")
"""Options that FFmpeg and PyNvVideoCodec both have."""


def open_encoder(request: Request, held: int) -> PyAVEncoder:
    """Return the encoder, which takes frames of `FFmpegIntake` and holds so many of them."""
    codec = Codec(request.codec, f"{request.codec}_nvenc", PixelFormat.NV12, annex_b=True, takes_bitrate=True)
    return PyAVEncoder(
        request.stream(codec.pixel_format),
        request.config,
        codec,
        memory=Memory.CUDA,
        open_context=partial(_context, held=held),
    )


def _context(
    codec: Codec, config: Config, stream: StreamInfo, gop_frames: int, *, held: int
) -> av.VideoCodecContext:
    context = new_context(codec, config, stream, gop_frames)
    context.pix_fmt = "cuda"
    context.options = ffmpeg_options(config, stream, gop_frames, held)
    return context


def ffmpeg_options(config: Config, stream: StreamInfo, gop_frames: int, held: int) -> dict[str, str]:
    """Return FFmpeg's options for what PyNvVideoCodec would be asked for, and for holding so many frames.

    The names are those of libavcodec/nvenc_h264.c and nvenc_hevc.c of FFmpeg 8.1.
    """
    asked = session_options(config, stream.frame_rate, gop_frames)
    common = {name: str(asked[name]).lower() for name in _COMMON if name in asked}
    return {
        **common,
        "tune": _TUNINGS[str(asked["tuning_info"])],
        "delay": str(held),
        "zerolatency": "1",  # no reordering
        "forced-idr": "1",
    }


class FFmpegIntake:
    """Arrays as FFmpeg's frames in CUDA memory. Implements `Intake`."""

    def __init__(self, gpu: CudaIntake, stream: CudaStream) -> None:
        self._gpu = gpu
        self._stream = stream
        # The device's primary context, as CuPy uses it: FFmpeg takes the one that is current when it is first needed.
        self._context = CudaContext(stream.device.ordinal, primary_ctx=False, current_ctx=True)

    def take(self, array: object, pts_ns: int) -> Frame:
        """See `Intake.take`."""
        frame = self._gpu.take(array, pts_ns)
        size = frame.spec.size
        luma, chroma = frame.planes
        with (
            translated(ConvertError, "FFmpeg does not take CUDA memory", FFMPEG, DLPACK),
            self._stream.current(),
        ):
            frame.owner = VideoFrame.from_dlpack(
                (luma, chroma), PixelFormat.NV12.value, *size, cuda_context=self._context
            )
        return frame

    def close(self) -> None:
        """See `Intake.close`."""
        self._gpu.close()
