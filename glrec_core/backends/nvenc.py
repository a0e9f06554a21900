"""The backend that keeps pictures on the GPU: OpenGL's texture, a CUDA kernel, NVENC. `table.py` lists it.

Nothing of CUDA is imported unless the packages and a driver that has all that is needed are there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from glrec_core.backends.host import open_on_cpu
from glrec_core.config import Config
from glrec_core.cuda.library import missing_package
from glrec_core.cuda.probing import answering
from glrec_core.encode.door import stream_for
from glrec_core.encode.nvenc_options import check_capabilities, check_options, pixel_format
from glrec_core.encode.nvenc_probe import capabilities, driver_problem
from glrec_core.errors import BackendUnavailable, CaptureError, ConfigError
from glrec_core.gl.functions import GL
from glrec_core.stages import EncodeStages, OpenEncodeStages, Pipeline
from glrec_core.system.waiting import finish_imports
from glrec_core.values.clock import Clock
from glrec_core.values.frame import FrameSpec, PixelFormat, Size

if TYPE_CHECKING:
    from glrec_core.cuda.device import CudaDevice, CudaStream

_THROUGHPUT_BATCH, _BATCH_BYTES = 16, 512 << 20
"""Pictures that are converted together where nobody waits for a frame, and how much memory their textures may take.

On an H200 recording adds 0.37 ms to a 4K frame that goes to CUDA alone, 0.097 in eights and 0.080 in sixteens (2026-11)."""


def check(config: Config) -> None:
    """See `Backend.check`."""
    check_options(config)


def unavailable(gl: GL, config: Config, size: Size | None) -> str | None:
    """See `Backend.unavailable`."""
    if gl.es or not gl.vendor.startswith("NVIDIA"):
        return f"the OpenGL context is {gl.version_text} on {gl.renderer}; it must be desktop OpenGL on an NVIDIA GPU"
    return device_problem(_drawing_device, config, size if config.size is None else Size(*config.size))


def preload(_: Config) -> None:
    """See `Backend.preload`; nothing where packages or driver are missing."""
    if (missing_package() or driver_problem()) is None:
        broken_package()


def _drawing_device() -> CudaDevice:
    from glrec_core.cuda.device import CudaDevice

    return CudaDevice.of_current_gl_context()


@answering("NVENC")
def device_problem(find_device: Callable[[], CudaDevice], config: Config, size: Size | None) -> str | None:
    """Say in a sentence why the NVENC of a device cannot encode; it is looked for once the driver is known to be there.

    Raises:
        ConfigError: this device cannot do what the options ask, or not at the size, if that is known.

    """
    if (problem := missing_package() or driver_problem() or broken_package()) is not None:
        return problem
    try:
        device = find_device()
        can = capabilities(device.ordinal, device.name, check_options(config).name)
    except (BackendUnavailable, CaptureError) as error:
        return str(error)
    check_capabilities(config, device.name, can, size)
    return None


@answering("an installed package")
def broken_package() -> str | None:
    """Say what cannot be loaded of the installed packages, or lacks what is needed of it.

    They load the driver's libraries, which must be there. What they lack shows as well when they are loaded: by the modules
    that an encoder on the GPU is made of.
    """
    finish_imports()
    for package in ("cupy", "cuda.bindings.driver", "PyNvVideoCodec"):
        import_module(package)
    for module in ("capture.cuda", "convert.cuda", "encode.nvenc"):
        import_module(f"glrec_core.{module}")
    return None


def describe(gl: GL, config: Config) -> str:
    """See `Backend.describe`."""
    worked_on = " process= works on them there;" if config.process else ""
    return (
        f"frames stay on {gl.renderer.partition('/')[0]}:{worked_on} a CUDA kernel makes {pixel_format(config).value} of "
        "them and NVENC encodes that"
    )


def open_pipeline(gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
    """See `Backend.open`."""
    from glrec_core.capture.cuda import CudaRing
    from glrec_core.capture.ring import Direct
    from glrec_core.capture.ring_capture import RingCapture
    from glrec_core.convert.cuda import encode_stages
    from glrec_core.convert.download import downloaded
    from glrec_core.cuda.device import CudaDevice, CudaStream
    from glrec_core.encode.nvenc import NvencEncoder

    stream = CudaStream(CudaDevice.of_current_gl_context())
    form = pixel_format(config)
    batch = _batch(source if config.size is None else Size(*config.size)) if config.blocks else 1

    def open_encode_stages(spec: FrameSpec) -> EncodeStages:
        asked = stream_for(check_options(config).name, PixelFormat.YUV420P, spec.size, config, clock)
        encoder = NvencEncoder(asked, config, handles=stream.handles, gpu=stream.device.name)
        return encode_stages(spec, encoder, config, stream)

    captured = PixelFormat.RGBA if config.process else form
    open_ring = partial(CudaRing, stream=stream, pixel_format=captured, color=config.color_space, batch=batch)
    capture = RingCapture(
        gl, config, source, form.alignment, open_ring, direct=Direct.NOTHING, textures=batch
    )
    successors = (open_encode_stages, *_on_the_host(config, clock, stream))
    to_host = partial(downloaded, on_stream=stream.current)
    return Pipeline(capture, open_encode_stages, successors, to_host)


def _batch(size: Size) -> int:
    return max(1, min(_THROUGHPUT_BATCH, _BATCH_BYTES // (4 * size.width * size.height)))


def _on_the_host(config: Config, clock: Clock, stream: CudaStream) -> tuple[OpenEncodeStages, ...]:
    """Return how a software encoder goes on if NVENC is lost for good; empty where none honours the options.

    Operations go on as well, on what is downloaded.
    """
    from glrec_core.encode.codecs import choose_codec

    try:
        codec, open_host_stages = choose_codec(config), open_on_cpu(config, clock)
    except ConfigError:
        return ()
    if pixel_format(config) is not PixelFormat.NV12 or codec.pixel_format is not PixelFormat.YUV420P:
        return ()

    def open_encode_stages(spec: FrameSpec) -> EncodeStages:
        from glrec_core.convert.download import Download

        converter, encoder = open_host_stages(FrameSpec(spec.size, spec.format))
        return EncodeStages(Download(stream.current, converter), encoder)

    return (open_encode_stages,)
