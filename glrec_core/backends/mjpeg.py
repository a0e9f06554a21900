"""The backend for NVIDIA GPUs without NVENC: OpenGL's texture, a CUDA kernel, nvJPEG. `table.py` lists it.

Nothing of CUDA is imported unless the packages and the driver are there.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from glrec_core.config import Config
from glrec_core.cuda.library import load
from glrec_core.cuda.probing import answering
from glrec_core.encode.door import stream_for
from glrec_core.encode.motion_jpeg import CODEC, DEFAULT_QUALITY, MotionJpegEncoder, check_options
from glrec_core.errors import BackendUnavailable, CaptureError
from glrec_core.gl.functions import GL
from glrec_core.stages import EncodeStages, Pipeline
from glrec_core.system.waiting import finish_imports
from glrec_core.values.clock import Clock
from glrec_core.values.frame import FrameSpec, PixelFormat, Size

if TYPE_CHECKING:
    from glrec_core.cuda.device import CudaStream

_BATCH = 4
"""Pictures that are converted together, and that are encoded at a time, where nobody waits for a frame; measured on an H200:
of twice as many, each encoding waits longer for its batch than it gains."""

_PACKAGES = ("cupy", "cuda.bindings", "cuda.pathfinder")


def check(config: Config) -> None:
    """See `Backend.check`."""
    check_options(config)


@answering("nvJPEG")
def unavailable(gl: GL, config: Config, size: Size | None) -> str | None:  # noqa: ARG001 - any size that OpenGL draws
    """See `Backend.unavailable`."""
    if gl.es or not gl.vendor.startswith("NVIDIA"):
        return f"the OpenGL context is {gl.version_text} on {gl.renderer}; it must be desktop OpenGL on an NVIDIA GPU"
    if (problem := _missing_package() or _missing_driver()) is not None:
        return problem
    _import_all()
    from glrec_core.cuda.device import CudaDevice
    from glrec_core.cuda.nvjpeg import library

    try:
        CudaDevice.of_current_gl_context()
        library()
    except (BackendUnavailable, CaptureError) as error:
        return str(error)
    return None


def preload(_: Config) -> None:
    """See `Backend.preload`; nothing where packages or driver are missing."""
    if (_missing_package() or _missing_driver()) is None:
        _import_all()


def _import_all() -> None:
    """Import what frames on the GPU are made with; what a broken package lacks shows as well there."""
    finish_imports()
    for module in ("cuda.device", "cuda.nvjpeg", "capture.cuda", "convert.cuda"):
        import_module(f"glrec_core.{module}")


def _missing_package() -> str | None:
    for name in _PACKAGES:
        # The parent is looked for first: to find a submodule imports what is above it.
        if find_spec(name.partition(".")[0]) is None or find_spec(name) is None:
            return (
                f"the package {name} is not installed; pip install 'glrec[mjpeg]' (or mjpeg-cuda13) brings it"
            )
    return None


def _missing_driver() -> str | None:
    try:
        load("cuda")
    except OSError as error:
        return f"there is no NVIDIA driver, or this container was started without it ({error})"
    return None


def describe(gl: GL, config: Config) -> str:
    """See `Backend.describe`."""
    worked_on = " process= works on them and" if config.process else ""
    return (
        f"frames stay on {gl.renderer.partition('/')[0]}, where{worked_on} nvJPEG encodes them as JPEG of "
        f"4:{config.chroma[1]}:{config.chroma[2]}"
    )


def open_pipeline(gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
    """See `Backend.open`."""
    from glrec_core.capture.cuda import CudaRing
    from glrec_core.capture.ring import Direct
    from glrec_core.capture.ring_capture import RingCapture
    from glrec_core.convert.cuda import encode_stages
    from glrec_core.convert.download import downloaded
    from glrec_core.cuda.device import CudaDevice, CudaStream

    stream = CudaStream(CudaDevice.of_current_gl_context())
    batch = _BATCH if config.blocks else 1

    def open_encode_stages(spec: FrameSpec) -> EncodeStages:
        encoder = _open_encoder(spec, config, clock, stream, batch)
        return encode_stages(spec, encoder, config, stream)

    captured = PixelFormat.RGBA if config.process else PixelFormat.YUV444P
    open_ring = partial(CudaRing, stream=stream, pixel_format=captured, color=config.color_space, batch=batch)
    alignment = 2 if config.chroma == "420" else 1
    capture = RingCapture(gl, config, source, alignment, open_ring, direct=Direct.NOTHING, textures=batch)
    to_host = partial(downloaded, on_stream=stream.current)
    return Pipeline(capture, open_encode_stages, (open_encode_stages,), to_host)


def _open_encoder(
    spec: FrameSpec, config: Config, clock: Clock, stream: CudaStream, batch: int
) -> MotionJpegEncoder:
    from glrec_core.cuda.nvjpeg import JpegCompressor, JpegSettings

    quality = DEFAULT_QUALITY if config.quality is None else config.quality
    settings = JpegSettings(stream, spec.size, quality, config.chroma)
    return MotionJpegEncoder(
        stream_for(CODEC, spec.format, spec.size, config, clock),
        config,
        compressors=[JpegCompressor(settings) for _ in range(batch)],
        release=settings.close,
    )
