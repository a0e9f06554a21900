"""The table of backends for arrays, best first: which encoder takes them, how it gets them, and why one cannot serve here.

The rows mirror those of `glrec_core.backends.table`, without OpenGL.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from glrec_core.arrays.given import check_cuda_packages
from glrec_core.arrays.intake import HostIntake, Intake
from glrec_core.arrays.nvenc import FFMPEG_NVENC, NVENC
from glrec_core.arrays.request import Request
from glrec_core.arrays.stages import ArrayBackend, ArrayStages
from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.codecs import choose_codec
from glrec_core.errors import BackendUnavailable, ConfigError
from glrec_core.stages import Encoder
from glrec_core.values.checks import text

AUTO = "auto"


def _host_config(request: Request) -> Config:
    """Return the options without the tuning, which is the encoder's on a GPU; here it says how much may be held."""
    return replace(request.config, tuning=None)


def _check_host(request: Request) -> None:
    from glrec_core.encode.stills import check_installed

    codec = choose_codec(_host_config(request))
    check_installed(codec)
    codec.check_size(request.size)
    if codec.padded(request.size) != request.size:
        raise ConfigError(
            f"{codec.encoder} needs an even width and height, not {request.size}; crop or pad the arrays"
        )


def _held_by_host(request: Request) -> int:
    if request.held is not None:
        return request.held
    return 0 if request.hurries or request.codec != "h264" else 1


def _open_host(request: Request) -> ArrayStages:
    config = _host_config(request)
    codec = choose_codec(config)
    encoder = _open_software(request, config, codec)

    def open_intake(device: int | None) -> Intake:
        host = HostIntake(encoder.accepts, config, codec.chroma_location)
        if device is None:
            return host
        check_cuda_packages()
        from glrec_core.arrays.cuda_intake import open_download

        return open_download(device, request.size, config.color_space, host)

    return ArrayStages(encoder, open_intake)


def _open_software(request: Request, config: Config, codec: Codec) -> Encoder:
    from glrec_core.encode.pyav import PyAVEncoder, software_context
    from glrec_core.encode.software import open_encoder

    asked = request.size, config, codec, request.clock.time_base, request.rate
    if codec.name != "h264":
        return open_encoder(*asked)
    return PyAVEncoder(*asked, open_context=partial(software_context, held=_held_by_host(request)))


HOST = ArrayBackend("host", _check_host, lambda _: None, _held_by_host, _open_host)

BACKENDS: tuple[ArrayBackend, ...] = (NVENC, FFMPEG_NVENC, HOST)


def choose(request: Request, name: str | None) -> tuple[ArrayBackend, str]:
    """Return the backend of that name, or the first that can serve, and why it is that one.

    Raises:
        BackendUnavailable: none can; the text holds every backend's reason.
        ConfigError: there is no such backend, or it cannot honour the options.

    """
    if name is not None:
        text("backend", name, AUTO)
    named = [backend for backend in BACKENDS if name in {None, AUTO, backend.name}]
    if not named:
        known = ", ".join(backend.name for backend in BACKENDS)
        raise ConfigError(f"backend={name!r} is not known; choose one of: {AUTO}, {known}")
    reasons: list[str] = []
    refusals: list[ConfigError] = []
    for backend in named:
        try:
            backend.check(request)
        except ConfigError as error:
            refusals.append(error)
            reason: str | None = str(error)
        else:
            reason = _unavailable(backend, request, asked=len(named) == 1)
        if reason is None:
            return backend, "; ".join([*reasons, f"{backend.name} serves"])
        reasons.append(f"{backend.name}: {reason}")
    if len(refusals) == len(named):
        raise refusals[-1]
    raise BackendUnavailable("no backend can encode these arrays. " + "; ".join(reasons))


def _unavailable(backend: ArrayBackend, request: Request, *, asked: bool) -> str | None:
    """Return why a backend cannot serve here; if it was `asked` for, options that its hardware refuses are an error."""
    try:
        return backend.unavailable(request)
    except ConfigError as error:
        if asked:
            raise
        return str(error)
