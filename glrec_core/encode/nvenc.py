"""Encoding on the GPU by NVENC, through PyNvVideoCodec: a frame goes from the kernel to the encoder on one CUDA stream.

`docs/pynvvideocodec.md` says how PyNvVideoCodec behaves and which of its ways are worked around here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import PyNvVideoCodec

from glrec_core.config import Config
from glrec_core.cuda.context import kept
from glrec_core.cuda.handles import CudaHandles
from glrec_core.encode.nvenc_options import check_capabilities, check_options, pixel_format, session_options
from glrec_core.encode.nvenc_probe import capabilities
from glrec_core.encode.nvenc_status import OUT_OF_MEMORY, SESSION_LIMIT, first_line, status_of
from glrec_core.encode.tagging import DEMUXERS, ColorTagger
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg.terms import parameter_sets
from glrec_core.values.frame import Frame, FrameSpec, Memory, Packet, PixelFormat, StreamInfo
from glrec_core.values.timeline import Entrance, Timeline

_FORMAT_NAMES = {PixelFormat.NV12: "NV12", PixelFormat.YUV444P: "YUV444"}
_FORCE_IDR = int(PyNvVideoCodec.NV_ENC_PIC_FLAGS.FORCEIDR)
_IDR = 3  # NV_ENC_PIC_TYPE_IDR of nvEncodeAPI.h
_NO_SYNCHRONISATION = -1  # as `stream` of __dlpack__ (Python array API standard, 2021.12)


class NvencEncoder:
    """One NVENC session, open for one picture size. Belongs to one thread.

    A frame's `owner` is an array of all its rows, (rows, width) uint8 in CUDA memory, which was written on the stream of
    `handles`. `encode` queues a copy of it there, so whoever writes to it next on that stream writes after the copy.

    Raises:
        ConfigError: this GPU cannot do what the options ask.
        BackendUnavailable: it has no NVENC, not for this codec, or none free.
        EncodeError: the session cannot be opened.

    """

    latency = 0

    def __init__(
        self,
        stream: StreamInfo,
        config: Config,
        *,
        handles: CudaHandles,
        gpu: str,
    ) -> None:
        """`gpu` is the name of the handles' device."""
        codec = check_options(config).name
        check_capabilities(config, gpu, capabilities(handles.device, gpu, codec), stream.size)
        self.accepts: FrameSpec = FrameSpec(stream.size, pixel_format(config), Memory.CUDA)
        time = self._timeline = Timeline(stream.time_base, stream.frame_rate, config.gop)
        self._entrance = Entrance(self.accepts, time, in_one_array=True)
        self._stream = stream
        self._ticks: dict[int, int] = {}
        self._count = 0
        self._b_frames = config.b_frames
        self._decode_ticks: deque[int] = deque()
        self._tagger: ColorTagger | None = None
        options = session_options(config, time.frame_rate, time.gop_frames)
        self._session: Any = _called(lambda: _open(self.accepts, handles, options))

    @property
    def stream(self) -> StreamInfo:
        """Parameters for the sinks; complete once the first packet is out."""
        return self._stream

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame, later than all before it, and return the packets that are ready.

        Raises:
            EncodeError: the frame is of another kind, or not later, or NVENC refused it.

        """
        self._number(self._entrance.admit(frame))
        flags = _FORCE_IDR if self._timeline.wants_keyframe(frame) else 0
        units = _called(lambda: self._session.Encode(_DeviceArray(frame.owner), flags))
        return self._packets(units)

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held; none the second time."""
        if self._session is None:
            return []
        units = _called(self._session.EndEncode)
        self.close()
        return self._packets(units)

    def close(self) -> None:
        """End the session: it lives as long as PyNvVideoCodec's object."""
        self._entrance.end()
        with kept():
            self._session = None

    def _number(self, tick: int) -> None:
        """Note a frame's tick under the number that NVENC will give its packet, and as a time to decode one at.

        B-frames come out that many packets late, so decoding begins that many ticks before the first frame is shown.
        """
        if self._count == 0:
            self._decode_ticks.extend(range(tick - self._b_frames, tick))
        self._ticks[self._count] = tick
        self._decode_ticks.append(tick)
        self._count += 1

    def _packets(self, units: list[dict[str, Any]]) -> list[Packet]:
        try:
            return [self._packet(unit) for unit in units]
        except BaseException:
            self.close()  # without these packets, what it still gives out cannot be decoded
            raise

    def _packet(self, unit: dict[str, Any]) -> Packet:
        data = self._tagged(bytes(unit["data"]))
        pts, dts = self._ticks.pop(unit["timestamp"]), self._decode_ticks.popleft()
        return Packet(data, pts, dts, unit["picture_type"] == _IDR, self._timeline.duration)

    def _tagged(self, access_unit: bytes) -> bytes:
        codec = self._stream.codec
        if self._tagger is not None:
            return self._tagger.tag(access_unit)
        subsampled = self.accepts.format is PixelFormat.NV12
        self._tagger = ColorTagger(codec, self._stream.color, access_unit, subsampled=subsampled)
        tagged = self._tagger.tag(access_unit)
        self._stream = replace(self._stream, extradata=parameter_sets(tagged, DEMUXERS[codec]))
        return tagged


class _DeviceArray:
    """An array in the form in which PyNvVideoCodec takes CUDA memory.

    It asks for `cuda()` and then calls `__dlpack__` with the stream as a positional argument, which CuPy does not take.
    The array was written on the encoder's own stream, so there is nothing to wait for.
    """

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    def cuda(self) -> _DeviceArray:
        return self

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._array.__dlpack_device__()
        return device

    def __dlpack__(self, _stream: int | None = None) -> Any:
        return self._array.__dlpack__(stream=_NO_SYNCHRONISATION)


def _open(spec: FrameSpec, handles: CudaHandles, options: dict[str, object]) -> Any:
    return PyNvVideoCodec.CreateEncoder(
        *spec.size,
        _FORMAT_NAMES[spec.format],
        False,  # the input is not in host memory
        cudacontext=handles.context,
        cudastream=handles.stream,  # without one, each encoder leaks one
        gpu_id=handles.device,
        **options,
    )


def _called(call: Callable[[], Any]) -> Any:
    """Return what a call of PyNvVideoCodec gives; its errors become EncodeError, and the same CUDA context stays current."""
    try:
        with kept():
            return call()
    except Exception as error:
        reason = SESSION_LIMIT if status_of(error) == OUT_OF_MEMORY else first_line(error)
        raise EncodeError(f"NVENC failed: {reason}") from error
