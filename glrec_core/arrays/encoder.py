"""One encoder for a program's own arrays: a picture in, its access unit out, in the caller's thread."""

from __future__ import annotations

import threading
from datetime import timedelta
from fractions import Fraction
from typing import Self

from glrec_core.arrays.backends import agree, choose
from glrec_core.arrays.given import device_of
from glrec_core.arrays.intake import Intake
from glrec_core.arrays.request import DEFAULT_GOP, Request, array_config, make_request, usual_gop
from glrec_core.arrays.stages import ArrayBackend
from glrec_core.backends.agreement import Agreement
from glrec_core.errors import ArrayError, ClosedError, WrongThreadError
from glrec_core.values.clock import NANOSECONDS
from glrec_core.values.frame import Packet, StreamInfo
from glrec_core.values.measures import Rate

_NS_PER_MICROSECOND = 1000


class ArrayEncoder:
    """Encodes pictures of one size that lie in arrays, in order. Belongs to the thread that made it.

        with ArrayEncoder(1280, 720, fps=60, low_latency=True) as encoder:
            data = encoder.encode(np.zeros((720, 1280, 3), np.uint8))

    A picture is any array that speaks DLPack or `__cuda_array_interface__` (CuPy, PyTorch, Numba, JAX) or NumPy's, in host or
    CUDA memory, row 0 the top: NV12 (height * 3/2, width) uint8, RGB or RGBA (height, width, 3 or 4), or planar RGB (3,
    height, width); RGB is uint8, or float from 0 to 1, which is rounded to 8 bits (what lies outside is cut off, NaN is 0).
    Alpha is not encoded. Views with gaps or in another order are fine.

    Work that is under way on an array is finished first, in the order of its CUDA stream; when a call returns, the
    array has been read and may be reused.

    Args:
        width, height: of the pictures, in pixels; even but for codecs that keep all colour resolution.
        codec: "h264" or "hevc", whose bytes are Annex B with parameter sets in band, or another codec of `Config`, whose
            packets need `stream.extradata`.
        preset: the encoder's own name for its speed; None takes the codec's default.
        tuning: "hq", "ll" or "ull": the best picture, low or very low latency. On the host the last two let libx264 hold
            nothing back.
        fps: frames per second; None where each frame is given with its time.
        gop: largest distance between two keyframes, in frames; None is two seconds. Only the default is taken for
            codecs whose pictures are all keyframes, and 1.
        bitrate: mean bits per second instead of constant quality.
        backend: "nvenc", "nvenc-ffmpeg" or "host"; None or "auto" takes the first that can serve.
        low_latency: hold no frame back: each call returns its own frame's access unit.
        depth: how many frames may be held back, for throughput; libx264 encodes that many in parallel.
        quality: the encoder's constant-quality value; None takes the codec's default.
        color: "bt709", "bt709-full", "bt601" or "bt601-full"; None is "bt709". NV12 must be of it already.
        device: number of the GPU to encode on, in CUDA's order.

    Raises:
        ConfigError: an option cannot be honoured.
        BackendUnavailable: no backend can serve here; the text says why.
        EncodeError, ConvertError: the encoder cannot be opened, or the GPU has no memory for it.

    """

    def __init__(  # noqa: PLR0917 - the order in which encoders are asked for
        self,
        width: int,
        height: int,
        codec: str = "h264",
        preset: str | None = None,
        tuning: str | None = "ll",
        fps: Rate | None = 30,
        gop: int | None = DEFAULT_GOP,
        bitrate: int | None = None,
        backend: str | None = None,
        *,
        low_latency: bool = False,
        depth: int | None = None,
        quality: int | None = None,
        color: str | None = None,
        device: int = 0,
    ) -> None:
        config = array_config(
            fps,
            timing="wall",
            codec=codec,
            preset=preset,
            tuning=tuning,
            gop=usual_gop(codec, gop),
            quality=quality,
            bitrate=bitrate,
            color=color,
            backend=backend,
        )
        agreed = agree(config)
        request = make_request(
            (width, height), fps, agreed.config, low_latency=low_latency, depth=depth, device=device
        )
        self._work = ArrayWork(request, agreed)
        self._thread = threading.current_thread()
        self._closed = False

    @property
    def backend(self) -> str:
        """Name of the backend in use."""
        return self._work.backend

    @property
    def reason(self) -> str:
        """Why that one, with what the others lack, in a sentence."""
        return self._work.reason

    @property
    def held(self) -> int:
        """How many frames are held back at most: so many calls give nothing before the first packet."""
        return self._work.held

    @property
    def stream(self) -> StreamInfo:
        """What a decoder or a sink must know; complete once the first packet is out."""
        return self._work.stream

    def encode(self, array: object, force_idr: bool = False) -> bytes:  # noqa: FBT001, FBT002 - the name under which NVENC knows it
        """Encode a picture and return the access units that are ready, or empty bytes; see `packets`.

        For example:

            for picture in pictures:
                send(encoder.encode(picture))
        """
        return _joined(self.packets(array, force_idr=force_idr))

    def packets(self, array: object, *, force_idr: bool = False, at: timedelta | None = None) -> list[Packet]:
        """Encode a picture and return the packets that are ready, with their times and keyframe flags.

            for packet in encoder.packets(picture, force_idr=True):
                sink.write(packet)

        Args:
            array: the picture.
            force_idr: make it a keyframe.
            at: when it is shown, later than the frame before; required with `fps=None`, and only then.

        Raises:
            ArrayError: the array is not a picture that this encoder takes; it has not been encoded.
            ConvertError: it could not be converted.
            EncodeError: the encoder refused it or died, or `at` is not later than the frame before.
            ClosedError: the encoder has been closed or flushed.
            WrongThreadError: this is not the encoder's thread.

        """
        self._check_use()
        return self._work.encode(array, at, keyframe=force_idr)

    def flush(self) -> bytes:
        """End the stream and return the access units that are still held; see `drain`.

        For example:

            send(encoder.flush())
            encoder.close()
        """
        return _joined(self.drain())

    def drain(self) -> list[Packet]:
        """End the stream and return the packets that are still held; only `close` may follow.

            for packet in encoder.drain():
                sink.write(packet)

        Raises:
            EncodeError: the encoder died.
            ClosedError: the encoder has been closed or flushed.
            WrongThreadError: this is not the encoder's thread.

        """
        self._check_use()
        packets = self._work.drain()
        self.close()
        return packets

    def close(self) -> None:
        """Release everything and discard what is still held; safe to call twice, and from any thread.

        For example:

            rest = encoder.flush()
            encoder.close()
        """
        self._closed = True
        self._work.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_use(self) -> None:
        if self._closed:
            raise ClosedError("this ArrayEncoder has been closed or flushed; make another one")
        if threading.current_thread() is not self._thread:
            raise WrongThreadError(
                f"this ArrayEncoder belongs to the thread {self._thread.name!r} that made it, not to "
                f"{threading.current_thread().name!r}; make it in the thread that encodes"
            )


class ArrayWork:
    """The stages behind `ArrayEncoder` and `write_video`: intakes by memory, and the encoder."""

    def __init__(self, request: Request, agreed: Agreement[ArrayBackend]) -> None:
        self.reason: str
        chosen, self.reason = choose(agreed, request)
        self.backend: str = chosen.name
        self.held: int = chosen.held(request)
        self._request = request
        self._encoder, self._open_intake = chosen.open(request)
        self._intakes: dict[int | None, Intake] = {}
        self._count = 0
        self.last_ns: int = 0
        """When the last picture is shown."""

    @property
    def stream(self) -> StreamInfo:
        """Parameters for the sinks."""
        return self._encoder.stream

    def encode(self, array: object, at: timedelta | None, *, keyframe: bool = False) -> list[Packet]:
        """Encode a picture; see `ArrayEncoder.packets`."""
        pts_ns = self._pts_ns(at)
        frame = self._intake(device_of(array)).take(array, pts_ns)
        frame.keyframe = keyframe
        with frame:
            packets = self._encoder.encode(frame)
        self._count += 1
        self.last_ns = pts_ns
        return packets

    def drain(self) -> list[Packet]:
        """End the stream and return the packets that are still held."""
        return self._encoder.drain()

    def close(self) -> None:
        """Release everything."""
        intakes, self._intakes = self._intakes, {}
        try:
            self._encoder.close()  # it may still read what the intakes made
        finally:
            for intake in intakes.values():
                intake.close()

    def _intake(self, device: int | None) -> Intake:
        if device not in self._intakes:
            self._intakes[device] = self._open_intake(device)
        return self._intakes[device]

    def _pts_ns(self, at: timedelta | None) -> int:
        rate = self._request.rate
        if rate is None:
            if at is None:
                raise ArrayError(f"frame {self._count} has no time, and without fps= each needs one")
            return (at // timedelta(microseconds=1)) * _NS_PER_MICROSECOND
        if at is not None:
            raise ArrayError(
                f"frame {self._count} has a time, {at}, and fps={rate} says it already; leave one out"
            )
        return round(Fraction(self._count * NANOSECONDS) / rate)


def _joined(packets: list[Packet]) -> bytes:
    return b"".join(packet.data for packet in packets)
