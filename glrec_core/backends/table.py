"""The table of backends, best first, and which of them serves a context and options; why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence

from glrec_core.backends import agreement, mjpeg, nvenc
from glrec_core.backends.agreement import Agreement
from glrec_core.backends.backend import Backend, Unavailable
from glrec_core.backends.executable import FFmpegBackend
from glrec_core.backends.host import HOST, SPILL, preload_for_cpu
from glrec_core.backends.plugin import PluginBackend
from glrec_core.backends.videotoolbox import VIDEOTOOLBOX
from glrec_core.config import AUTO, Config
from glrec_core.convert.operations import perhaps_for_numpy_only
from glrec_core.encode.motion_jpeg import CODEC
from glrec_core.gl.functions import GL
from glrec_core.plugins import encoder_offers
from glrec_core.stages import Sink
from glrec_core.values.frame import Size


def _giving_cupy(name: str, unavailable: Unavailable) -> Unavailable:
    """Return the `unavailable` of a backend that gives operations CuPy's arrays: "auto" needs to know that they take them."""

    def asked(gl: GL, config: Config, size: Size | None) -> str | None:
        reason = unavailable(gl, config, size)
        function = perhaps_for_numpy_only(config.process)
        if reason is not None or function is None or config.backend == name:
            return reason
        return f"{function} of process= may know NumPy's arrays only; backend={name!r} gives it CuPy's"

    return asked


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


def _by_executable(kind: str) -> Backend:
    row = FFmpegBackend(kind)
    return Backend(kind, row.check, row.unavailable, row.describe, row.open, row.preload, by_name_only=True)


VAAPI, VULKAN, FFMPEG = map(_by_executable, ("vaapi", "vulkan", "ffmpeg"))

BACKENDS: tuple[Backend, ...] = (NVENC, MJPEG, HOST, SPILL, VAAPI, VULKAN, VIDEOTOOLBOX, FFMPEG)
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


def agree(config: Config, sinks: Sequence[Sink]) -> Agreement[Backend]:
    """Return what the options, the sinks and the backends for contexts agree on; see `agreement.agree`.

    Raises:
        ConfigError: they do not.
        PluginError: a backend is asked for that may be a plugin's, and a package cannot be loaded.

    """
    known = BACKENDS
    if config.backend not in {AUTO, *(backend.name for backend in known)}:
        known = (*BACKENDS, *plugged_in())
    return agreement.agree(config, sinks, known)


def choose(agreed: Agreement[Backend], gl: GL, size: Size | None = None) -> tuple[Backend, str]:
    """Return the first backend that can serve the current context, and why it is that one.

    `size` is that of the first source, if it is known already.

    Raises:
        BackendUnavailable: none can; the text holds every backend's reason.
        ConfigError: the hardware of the backend that was asked for by name cannot honour the options.

    """
    config = agreed.config
    backend, reasons = agreed.choose(lambda row: row.unavailable(gl, config, size), "record this context")
    return backend, "; ".join([*reasons, backend.describe(gl, config)])
