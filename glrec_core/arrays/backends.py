"""How arrays get to the backends of `glrec_core.backends.table`, best first: which encoder takes them, and how many it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from glrec_core.arrays.given import check_cuda_packages
from glrec_core.arrays.intake import HostIntake, Intake
from glrec_core.arrays.nvenc import FFMPEG_NVENC, NVENC
from glrec_core.arrays.request import Request
from glrec_core.arrays.stages import ArrayBackend, ArrayStages
from glrec_core.backends import agreement
from glrec_core.backends.agreement import Agreement
from glrec_core.backends.host import HOST as HOST_ROW
from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.codecs import choose_codec
from glrec_core.errors import ConfigError
from glrec_core.stages import Encoder, Sink


def _host_config(config: Config) -> Config:
    """Return the options without the tuning, which is the encoder's on a GPU; here it says how much may be held."""
    return replace(config, tuning=None)


def _check_host(config: Config) -> None:
    HOST_ROW.check(_host_config(config))


def _check_size(request: Request) -> None:
    codec = choose_codec(_host_config(request.config))
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
    config = _host_config(request.config)
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

    stream = request.stream(codec.pixel_format)
    if codec.name != "h264":
        return open_encoder(stream, config)
    return PyAVEncoder(stream, config, open_context=partial(software_context, held=_held_by_host(request)))


HOST = ArrayBackend(HOST_ROW.name, _check_host, _check_size, lambda _: None, _held_by_host, _open_host)

BACKENDS: tuple[ArrayBackend, ...] = (NVENC, FFMPEG_NVENC, HOST)


def agree(config: Config, sinks: Sequence[Sink] = ()) -> Agreement[ArrayBackend]:
    """Return what the options, the sinks and the backends for arrays agree on; see `backends.agreement.agree`.

    Raises:
        ConfigError: they do not.

    """
    return agreement.agree(config, sinks, BACKENDS)


def choose(agreed: Agreement[ArrayBackend], request: Request) -> tuple[ArrayBackend, str]:
    """Return the first backend that can serve a request, and why it is that one.

    Raises:
        BackendUnavailable: none can; the text holds every backend's reason.
        ConfigError: the pictures are not as a backend takes them; or the hardware of the backend that was asked for by
            name cannot honour the options.

    """
    able = agreed.narrowed(lambda row: row.check_pictures(request))
    backend, reasons = able.choose(lambda row: row.unavailable(request), "encode these arrays")
    return backend, "; ".join([*reasons, f"{backend.name} serves"])
