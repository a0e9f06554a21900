"""The two ways to NVENC for arrays: PyNvVideoCodec, which holds three frames, and FFmpeg's encoders, which need hold none.

Arrays become NV12 in CUDA memory either way. Nothing of CUDA is imported before the driver is known to be there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from glrec_core.arrays.request import Request
from glrec_core.arrays.stages import ArrayBackend, ArrayStages
from glrec_core.backends import table
from glrec_core.backends.nvenc import device_problem
from glrec_core.config import Config
from glrec_core.cuda.library import Version
from glrec_core.cuda.probing import answering
from glrec_core.encode.nvenc_options import pixel_format
from glrec_core.encode.nvenc_probe import driver_problem
from glrec_core.encode.reordering import Unreordered
from glrec_core.errors import ConfigError, GlrecError
from glrec_core.stages import Encoder
from glrec_core.values.frame import PixelFormat

if TYPE_CHECKING:
    from glrec_core.cuda.device import CudaDevice

_PYNVVIDEOCODEC_HOLDS = 3
"""Without B-frames; nothing that it can be asked changes it (docs/pynvvideocodec.md)."""

_FFMPEG_HOLDS = 3
"""What FFmpeg's encoder is given where nobody hurries, as PyNvVideoCodec takes."""

_FFMPEG_NVENC, _FFMPEG_DRIVER = Version(13, 0), "570"
"""The API that the FFmpeg of PyAV 18 and 19 is made for, and the first Linux driver with it (its nvenc.c, nvenc_print_driver_requirement)."""

_FFMPEG_CODECS = ("h264", "hevc")
"""Those whose parameter sets are in band; AV1's come only with an open encoder, and this one opens at its first frame."""


def _check_size(request: Request) -> None:
    step = pixel_format(request.config).alignment
    if any(side % step for side in request.size):
        raise ConfigError(f"NVENC needs an even width and height, not {request.size}; crop or pad the arrays")


def _check_pictures(request: Request) -> None:
    _check_size(request)
    if request.held is not None and request.held < _PYNVVIDEOCODEC_HOLDS:
        raise ConfigError(
            f"PyNvVideoCodec always holds {_PYNVVIDEOCODEC_HOLDS} frames back, and {request.held} are allowed"
        )


def _check_ffmpeg(config: Config) -> None:
    table.NVENC.check(config)
    if config.codec not in _FFMPEG_CODECS:
        raise ConfigError(f"codec={config.codec!r}: FFmpeg's NVENC makes {' and '.join(_FFMPEG_CODECS)} here")


def _find_device(request: Request) -> CudaDevice:
    from glrec_core.cuda.device import CudaDevice

    return CudaDevice.numbered(request.device)


def _without_nvenc(request: Request) -> str | None:
    return device_problem(partial(_find_device, request), request.config, request.size)


@answering("FFmpeg's NVENC")
def _without_ffmpegs(request: Request) -> str | None:
    if (problem := driver_problem(_FFMPEG_NVENC, _FFMPEG_DRIVER) or _without_nvenc(request)) is not None:
        return problem
    try:
        _encode_one(request)
    except GlrecError as error:
        return str(error)
    return None


def _encode_one(request: Request) -> None:
    """Encode a picture and forget it: FFmpeg opens the encoder only then, and only that tells whether it can."""
    width, height = request.size
    encoder, open_intake = _open_ffmpeg(request)
    intake = open_intake(None)
    try:
        with intake.take(np.zeros((height * 3 // 2, width), np.uint8), 0) as frame:
            encoder.encode(frame)
    finally:
        encoder.close()
        intake.close()


def _open_pynvvideocodec(request: Request) -> ArrayStages:
    from glrec_core.arrays.cuda_intake import CudaIntake, open_stream
    from glrec_core.encode.nvenc import NvencEncoder

    stream = open_stream(request.device)
    encoder = NvencEncoder(
        request.stream(PixelFormat.YUV420P),
        request.config,
        handles=stream.handles,
        gpu=stream.device.name,
    )
    intake = CudaIntake(stream, request.size, request.config.color_space)
    return ArrayStages(_declared(encoder, request), lambda _: intake)


def _open_ffmpeg(request: Request) -> ArrayStages:
    from glrec_core.arrays.cuda_intake import CudaIntake, open_stream
    from glrec_core.arrays.ffmpeg_nvenc import FFmpegIntake, open_encoder

    stream, held = open_stream(request.device), _held_by_ffmpeg(request)
    gpu = CudaIntake(stream, request.size, request.config.color_space, slots=held + 2)
    intake = FFmpegIntake(gpu, stream)
    return ArrayStages(_declared(open_encoder(request, held), request), lambda _: intake)


def _declared(encoder: Encoder, request: Request) -> Encoder:
    return Unreordered(encoder) if request.codec == "h264" else encoder


def _held_by_ffmpeg(request: Request) -> int:
    if request.held is not None:
        return request.held
    return 0 if request.hurries else _FFMPEG_HOLDS


NVENC = ArrayBackend(
    table.NVENC.name,
    table.NVENC.check,
    _check_pictures,
    _without_nvenc,
    lambda _: _PYNVVIDEOCODEC_HOLDS,
    _open_pynvvideocodec,
)
FFMPEG_NVENC = ArrayBackend(
    "nvenc-ffmpeg", _check_ffmpeg, _check_size, _without_ffmpegs, _held_by_ffmpeg, _open_ffmpeg
)
