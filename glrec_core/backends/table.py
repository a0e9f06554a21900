"""The table of backends, best first: which capture, converter and encoder fit together, and why one cannot serve here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from glrec_core.backends import mjpeg, nvenc
from glrec_core.backends.executable import FFmpegBackend, preload_for_cpu
from glrec_core.backends.plugin import PluginBackend
from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.memory import MemoryRing
from glrec_core.capture.pixel_buffers import PixelBufferRing
from glrec_core.capture.ring import Direct, OpenRing
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import SPILL_BACKEND, Config
from glrec_core.convert.operations import perhaps_for_numpy_only
from glrec_core.encode.motion_jpeg import CODEC
from glrec_core.errors import BackendUnavailable, ConfigError
from glrec_core.gl.functions import GL
from glrec_core.plugins import encoder_offers
from glrec_core.stages import EncodeStages, OpenEncodeStages, Pipeline
from glrec_core.values.clock import Clock
from glrec_core.values.frame import FrameSpec, PixelFormat, Size

Unavailable = Callable[[GL, Config, Size | None], str | None]


@dataclass(frozen=True, slots=True)
class Backend:
    """One row: how frames get from a context of some kind to packets."""

    name: str
    check: Callable[[Config], None]
    """Raises ConfigError for options that this backend cannot honour; needs no context."""
    unavailable: Unavailable
    """Says in a sentence why it cannot serve this context, or None; raises ConfigError for options that its hardware does
    not honour. The size is that of the first source, if it is known."""
    describe: Callable[[GL, Config], str]
    """Says in a sentence what it does in this context."""
    open: Callable[[GL, Config, Clock, Size], Pipeline]
    """Opens it for a first source of the given size."""
    preload: Callable[[Config], None]
    """Does what takes long and needs no context, imports above all, so that it is done when the first frame comes. Whatever it
    raises is told by `unavailable`, `open` or the encode thread, which need the same. Any thread."""
    codec: str | None = None
    """The one codec that it makes; "auto" takes it for no other."""
    by_name_only: bool = False
    """Whether "auto" never takes it."""


def _check_host(config: Config) -> None:
    from glrec_core.encode.codecs import choose_codec
    from glrec_core.encode.stills import check_installed

    check_installed(choose_codec(config))


def _giving_cupy(name: str, unavailable: Unavailable) -> Unavailable:
    """Return the `unavailable` of a backend that gives operations CuPy's arrays: "auto" needs to know that they take them."""

    def asked(gl: GL, config: Config, size: Size | None) -> str | None:
        reason = unavailable(gl, config, size)
        function = perhaps_for_numpy_only(config.process)
        if reason is not None or function is None or config.backend == name:
            return reason
        return f"{function} of process= may know NumPy's arrays only; backend={name!r} gives it CuPy's"

    return asked


class _HostRoute(NamedTuple):
    """How frames get to host memory in a context, and why so."""

    open_ring: OpenRing
    direct: Direct
    reason: str


def _host_route(gl: GL, config: Config) -> _HostRoute:
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
        from glrec_core.convert.host import open_converter
        from glrec_core.encode.software import open_encoder

        chosen = codec.taking(spec.format)
        encoder = open_encoder(spec.size, config, chosen, clock.time_base, clock.frame_rate)
        converter = open_converter(spec, encoder.accepts.format, config, codec.chroma_location)
        return EncodeStages(converter, encoder)

    return open_encode_stages


def _describe_spill(gl: GL, config: Config) -> str:
    return f"every frame is stored before it is encoded; {_describe_host(gl, config)}"


NVENC = Backend(
    "nvenc",
    nvenc.check,
    _giving_cupy("nvenc", nvenc.unavailable),
    nvenc.describe,
    nvenc.open_pipeline,
    nvenc.preload,
)
MJPEG = Backend(
    "mjpeg",
    mjpeg.check,
    _giving_cupy("mjpeg", mjpeg.unavailable),
    mjpeg.describe,
    mjpeg.open_pipeline,
    mjpeg.preload,
    codec=CODEC,
)
HOST = Backend("host", _check_host, lambda *_: None, _describe_host, _open_host, preload_for_cpu)
SPILL = Backend(SPILL_BACKEND, _check_host, lambda *_: None, _describe_spill, _open_host, preload_for_cpu)


def _by_executable(kind: str) -> Backend:
    row = FFmpegBackend(kind)
    return Backend(kind, row.check, row.unavailable, row.describe, row.open, row.preload, by_name_only=True)


VAAPI, VULKAN, FFMPEG = map(_by_executable, ("vaapi", "vulkan", "ffmpeg"))

BACKENDS: tuple[Backend, ...] = (NVENC, MJPEG, HOST, SPILL, VAAPI, VULKAN, FFMPEG)
"""Those of glrec itself."""


def plugged_in() -> tuple[Backend, ...]:
    """Return the backends around the encoders of other packages; "auto" takes none of them.

    Raises:
        PluginError: a package cannot be loaded.

    """
    rows = ((offer, PluginBackend(offer)) for offer in encoder_offers())
    return tuple(
        Backend(
            offer.name,
            row.check,
            lambda *_: None,
            row.describe,
            row.open,
            preload_for_cpu,
            codec=offer.codec,
        )
        for offer, row in rows
    )


def default_codec(config: Config) -> str | None:
    """Return the one codec that the backend asked for makes; None where the choice is free."""
    return next((backend.codec for backend in _named(config)), None) if config.backend != "auto" else None


def candidates(config: Config) -> tuple[Backend, ...]:
    """Return the backends that can honour the options, best first.

    Raises:
        ConfigError: none can, or the one asked for does not exist.

    """
    able, refusals = [], []
    for backend in _named(config):
        try:
            backend.check(config)
            able.append(backend)
        except ConfigError as error:
            refusals.append(error)
    if not able:
        raise refusals[-1]
    return tuple(able)


def choose(config: Config, gl: GL, size: Size | None = None) -> tuple[Backend, str]:
    """Return the first backend that can serve the current context, and why it is that one.

    `size` is that of the first source, if it is known already.

    Raises:
        BackendUnavailable: none can; the text holds every backend's reason.
        ConfigError: the backend that was asked for by name cannot honour the options.

    """
    reasons: list[str] = []
    for backend in _named(config):
        try:
            backend.check(config)
            reason = backend.unavailable(gl, config, size)
        except ConfigError as error:
            if config.backend == backend.name:
                raise
            reason = str(error)
        if reason is None:
            return backend, "; ".join([*reasons, backend.describe(gl, config)])
        reasons.append(f"{backend.name}: {reason}")
    raise BackendUnavailable("no backend can record this context. " + "; ".join(reasons))


def _named(config: Config) -> list[Backend]:
    """Return the backends among which the options leave the choice."""
    if config.backend == "auto":
        able = (backend for backend in BACKENDS if backend.codec in {None, config.codec})
        return [backend for backend in able if not backend.by_name_only]
    known = BACKENDS
    if config.backend not in {backend.name for backend in known}:
        known = (*BACKENDS, *plugged_in())
    named = [backend for backend in known if backend.name == config.backend]
    if not named:
        names = ", ".join(backend.name for backend in known)
        raise ConfigError(f"backend={config.backend!r} is not known; choose one of: auto, {names}")
    return named
