"""The backend of macOS's own encoders: frames are read to host memory, and VideoToolbox encodes them, on whatever chip it likes.

It is taken only where it is asked for by name: nobody has seen it at work.
"""

from __future__ import annotations

from importlib import import_module

from glrec_core.backends.backend import Backend
from glrec_core.backends.host import host_stages, preload_for_cpu, readback
from glrec_core.config import Config
from glrec_core.encode.door import stream_for
from glrec_core.gl.functions import GL
from glrec_core.stages import EncodeStages, Pipeline
from glrec_core.values.clock import Clock
from glrec_core.values.frame import FrameSpec, Size


def _check(config: Config) -> None:
    from glrec_core.encode.videotoolbox import choose_videotoolbox_codec

    choose_videotoolbox_codec(config)


def _unavailable(_: GL, config: Config, __: Size | None) -> str | None:
    from glrec_core.encode.videotoolbox import choose_videotoolbox_codec, problem

    return problem(choose_videotoolbox_codec(config))


def _describe(gl: GL, config: Config) -> str:
    from glrec_core.encode.videotoolbox import choose_videotoolbox_codec

    encoder = choose_videotoolbox_codec(config).encoder
    return f"frames of {gl.renderer} are read as RGBA, converted and encoded by {encoder}"


def _open(gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
    from glrec_core.encode.videotoolbox import choose_videotoolbox_codec

    codec = choose_videotoolbox_codec(config)
    codec.check_size(source if config.size is None else Size(*config.size))

    def open_encode_stages(spec: FrameSpec) -> EncodeStages:
        from glrec_core.encode.videotoolbox import open_videotoolbox

        stream = stream_for(codec.name, codec.pixel_format, spec.size, config, clock)
        return host_stages(spec, stream, config, open_videotoolbox, codec.chroma_location)

    capture = readback(gl, config, source, codec.alignment)
    return Pipeline(capture, open_encode_stages, successors=(open_encode_stages,))


def _preload(config: Config) -> None:
    preload_for_cpu(config)
    import_module("glrec_core.encode.videotoolbox")


VIDEOTOOLBOX: Backend = Backend(
    "videotoolbox", _check, _unavailable, _describe, _open, _preload, by_name_only=True
)
