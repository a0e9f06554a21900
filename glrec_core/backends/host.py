"""The backends that serve everywhere: frames are read to host memory, and the CPU encodes them, at once or from the disk.

Others that encode elsewhere what was read to host memory take `readback`, `host_stages` and `preload_for_cpu` from here.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from glrec_core.backends.backend import Backend
from glrec_core.config import SPILL_BACKEND, Config
from glrec_core.encode.door import OpenEncoder, stream_for
from glrec_core.gl.functions import GL
from glrec_core.stages import EncodeStages, OpenEncodeStages, Pipeline
from glrec_core.values.clock import Clock
from glrec_core.values.frame import FrameSpec, PixelFormat, Size, StreamInfo

if TYPE_CHECKING:
    from glrec_core.capture.ring import Direct, OpenRing
    from glrec_core.capture.ring_capture import RingCapture


_CAPTURE = ("capture.compute", "capture.memory", "capture.pixel_buffers", "capture.ring_capture")


def preload_for_cpu(_: Config) -> None:
    """See `Backend.preload`, of all that encode on the CPU."""
    for module in (*_CAPTURE, "convert.host", "encode.software", "encode.pyav", "sink.muxer"):
        import_module(f"glrec_core.{module}")


def readback(gl: GL, config: Config, source: Size, alignment: int) -> RingCapture:
    """Return a capture that reads frames as RGBA into host memory."""
    from glrec_core.capture.memory import MemoryRing
    from glrec_core.capture.pixel_buffers import PixelBufferRing
    from glrec_core.capture.ring import Direct
    from glrec_core.capture.ring_capture import RingCapture

    if gl.is_software:
        return RingCapture(gl, config, source, alignment, MemoryRing, direct=Direct.FRAMEBUFFER)
    return RingCapture(gl, config, source, alignment, PixelBufferRing, direct=Direct.NOTHING)


def _check_host(config: Config) -> None:
    from glrec_core.encode.codecs import choose_codec
    from glrec_core.encode.stills import check_installed

    check_installed(choose_codec(config))


class _HostRoute(NamedTuple):
    """How frames get to host memory in a context, and why so."""

    open_ring: OpenRing
    direct: Direct
    reason: str


def _host_route(gl: GL, config: Config) -> _HostRoute:
    from glrec_core.capture.compute import ComputeRing
    from glrec_core.capture.memory import MemoryRing
    from glrec_core.capture.pixel_buffers import PixelBufferRing
    from glrec_core.capture.ring import Direct
    from glrec_core.encode.codecs import choose_codec

    codec = choose_codec(config)
    read = "frames are read as RGBA and converted on the encode thread"
    if gl.is_software:
        return _HostRoute(MemoryRing, Direct.FRAMEBUFFER, reason=f"{gl.renderer} draws on the CPU: {read}")
    if config.backend == SPILL_BACKEND:
        return _HostRoute(PixelBufferRing, Direct.NOTHING, reason=f"frames of {gl.renderer} are read as RGBA")
    if config.process:
        reason = f"process= works on RGBA: frames of {gl.renderer} are read as such"
        return _HostRoute(PixelBufferRing, Direct.NOTHING, reason=reason)
    if codec.pixel_format is not PixelFormat.YUV420P or codec.chroma_location != "left":
        what = f"{codec.pixel_format.value} with chroma at the {codec.chroma_location}"
        reason = f"{codec.encoder} takes {what}: frames of {gl.renderer} are read as RGBA"
        return _HostRoute(PixelBufferRing, Direct.NOTHING, reason=reason)
    if not (gl.has_compute and gl.has_buffer_storage):
        reason = f"{gl.renderer} ({gl.version_text}) has no compute shaders or no buffer storage: {read}"
        return _HostRoute(PixelBufferRing, Direct.NOTHING, reason=reason)
    reason = f"a compute pass of {gl.renderer} writes frames as NV12 into host memory"
    return _HostRoute(partial(ComputeRing, color=config.color_space), Direct.TEXTURE, reason=reason)


def _describe_host(gl: GL, config: Config) -> str:
    return _host_route(gl, config).reason


def _open_host(gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
    from glrec_core.capture.ring_capture import RingCapture
    from glrec_core.encode.codecs import choose_codec

    codec = choose_codec(config)
    codec.check_size(source if config.size is None else Size(*config.size))
    open_encode_stages = open_on_cpu(config, clock)
    route = _host_route(gl, config)
    alignment = codec.alignment
    capture = RingCapture(gl, config, source, alignment, route.open_ring, direct=route.direct)
    return Pipeline(capture, open_encode_stages, successors=(open_encode_stages,))


def open_on_cpu(config: Config, clock: Clock) -> OpenEncodeStages:
    """Return how to encode frames in host memory on the CPU; PyAV is imported by the thread that opens that.

    Raises:
        ConfigError: the options are not ones that an encoder on the CPU can honour.

    """
    from glrec_core.encode.codecs import choose_codec

    codec = choose_codec(config)

    def open_encode_stages(spec: FrameSpec) -> EncodeStages:
        from glrec_core.encode.software import open_encoder

        stream = stream_for(codec.name, codec.pixel_format, spec.size, config, clock)
        encoder = partial(open_encoder, captured=spec.format)
        return host_stages(spec, stream, config, encoder, codec.chroma_location)

    return open_encode_stages


def host_stages(
    spec: FrameSpec, stream: StreamInfo, config: Config, open_encoder: OpenEncoder, chroma_location: str
) -> EncodeStages:
    """Open an encoder of frames in host memory, and what converts captured frames of `spec` for it.

    Raises:
        GlrecError: one of them cannot be opened; nothing is left open then.

    """
    from glrec_core.convert.host import open_converter

    encoder = open_encoder(stream, config)
    try:
        converter = open_converter(spec, encoder.accepts.format, config, chroma_location)
    except BaseException:
        encoder.close()
        raise
    return EncodeStages(converter, encoder)


def _describe_spill(gl: GL, config: Config) -> str:
    return f"every frame is stored before it is encoded; {_describe_host(gl, config)}"


HOST = Backend("host", _check_host, lambda *_: None, _describe_host, _open_host, preload_for_cpu)
SPILL = Backend(SPILL_BACKEND, _check_host, lambda *_: None, _describe_spill, _open_host, preload_for_cpu)
