"""The backends that encode by FFmpeg's executable: frames are read to host memory and piped to it. `table.py` lists them.

None is taken unless it is asked for by name: a copy through a pipe only pays where the encoder is on a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module

from glrec_core.backends.host import host_stages, preload_for_cpu, readback
from glrec_core.config import Config
from glrec_core.encode.door import stream_for
from glrec_core.errors import BackendUnavailable
from glrec_core.ffmpeg.executable import any_ffmpeg
from glrec_core.gl.functions import GL
from glrec_core.stages import EncodeStages, Pipeline
from glrec_core.values.clock import Clock
from glrec_core.values.frame import FrameSpec, Size


@dataclass(frozen=True, slots=True)
class FFmpegBackend:
    """The functions of a row in the table of backends; `kind` is "vaapi", "vulkan" or "ffmpeg" (on the CPU)."""

    kind: str

    def check(self, config: Config) -> None:
        """See `Backend.check`."""
        from glrec_core.encode.ffmpeg_options import choose_process_codec

        choose_process_codec(self.kind, config)

    def unavailable(self, gl: GL, config: Config, size: Size | None) -> str | None:  # noqa: ARG002 - of any context
        """See `Backend.unavailable`."""
        return self._problem(config)

    def preload(self, config: Config) -> None:
        """See `Backend.preload`; the executable is tried, whose answer is kept."""
        preload_for_cpu(config)
        import_module("glrec_core.encode.ffmpeg_encoder")
        self._problem(config)

    def _problem(self, config: Config) -> str | None:
        from glrec_core.encode.ffmpeg_options import choose_process_codec, problem

        executable = any_ffmpeg()
        if executable is None:
            return "there is no FFmpeg executable; pip install 'glrec[imageio]' brings one"
        how = choose_process_codec(self.kind, config)
        return problem(executable, how.codec.encoder, how.device, how.upload)

    def describe(self, gl: GL, config: Config) -> str:
        """See `Backend.describe`."""
        from glrec_core.encode.ffmpeg_options import choose_process_codec

        encoder = choose_process_codec(self.kind, config).codec.encoder
        return f"frames of {gl.renderer} are read as RGBA, converted and piped to {encoder} of {any_ffmpeg()}"

    def open(self, gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
        """See `Backend.open`."""
        from glrec_core.encode.ffmpeg_options import choose_process_codec

        executable = any_ffmpeg()
        if executable is None:
            raise BackendUnavailable("the FFmpeg executable has gone")
        how = choose_process_codec(self.kind, config)
        codec = how.codec
        codec.check_size(source if config.size is None else Size(*config.size))

        def open_encode_stages(spec: FrameSpec) -> EncodeStages:
            from glrec_core.encode.ffmpeg_encoder import FFmpegEncoder

            stream = stream_for(codec.name, codec.pixel_format, spec.size, config, clock)
            encoder = partial(FFmpegEncoder, how=how, executable=executable)
            return host_stages(spec, stream, config, encoder, codec.chroma_location)

        capture = readback(gl, config, source, codec.alignment)
        return Pipeline(capture, open_encode_stages, successors=(open_encode_stages,))
