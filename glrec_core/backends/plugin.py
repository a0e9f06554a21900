"""The backend around an encoder that another package brings: frames are read to host memory and converted for it.

What the package raises is translated here, so that the rest of the house meets its own errors only.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial

from glrec_core.backends.host import host_stages, readback
from glrec_core.config import Config
from glrec_core.encode.door import stream_for
from glrec_core.encoder import EncoderOffer
from glrec_core.errors import EncodeError
from glrec_core.gl.functions import GL
from glrec_core.stages import Encoder, EncodeStages, Pipeline
from glrec_core.values.clock import Clock
from glrec_core.values.foreign import named, translated
from glrec_core.values.frame import Frame, FrameSpec, Packet, Size, StreamInfo


class PluginBackend:
    """The functions of a row in the table of backends, for one offer."""

    def __init__(self, offer: EncoderOffer) -> None:
        self._offer = offer

    def check(self, config: Config) -> None:
        """See `Backend.check`."""
        with _translated(self._offer.name, "could not check the options"):
            self._offer.check_options(config)

    def describe(self, gl: GL, config: Config) -> str:  # noqa: ARG002 - the same whatever the options
        """See `Backend.describe`."""
        return f"frames of {gl.renderer} are read as RGBA, converted to {self._offer.accepts.value} and encoded by a plugin"

    def open(self, gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
        """See `Backend.open`."""
        offer = self._offer

        def open_encode_stages(spec: FrameSpec) -> EncodeStages:
            stream = stream_for(offer.codec, offer.accepts, spec.size, config, clock)
            encoder = partial(PluginEncoder, offer)
            return host_stages(spec, stream, config, encoder, offer.chroma_location)

        capture = readback(gl, config, source, offer.accepts.alignment)
        return Pipeline(capture, open_encode_stages, successors=(open_encode_stages,))


class PluginEncoder:
    """Calls an encoder of another package. Implements `Encoder`."""

    def __init__(self, offer: EncoderOffer, stream: StreamInfo, config: Config) -> None:
        self._name = offer.name
        with _translated(offer.name, "could not be opened"):
            self._encoder: Encoder = offer.open(stream, config)
            self.accepts: FrameSpec = FrameSpec(stream.size, self._encoder.accepts.format)
            self.latency: int = self._encoder.latency

    @property
    def stream(self) -> StreamInfo:
        with _translated(self._name, "did not describe its stream"):
            return self._encoder.stream

    def encode(self, frame: Frame) -> list[Packet]:
        with _translated(self._name, f"failed at {frame}"):
            return self._encoder.encode(frame)

    def drain(self) -> list[Packet]:
        with _translated(self._name, "failed at the end of the stream"):
            return self._encoder.drain()

    def close(self) -> None:
        with _translated(self._name, "could not be closed"):
            self._encoder.close()


def _translated(name: str, what: str) -> AbstractContextManager[None]:
    return translated(EncodeError, f"the encoder {name!r} {what}", Exception, words=named)
