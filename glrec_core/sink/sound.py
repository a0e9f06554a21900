"""A sound track from a file, to go with the pictures of a recording: copied where the container takes it, else encoded.

Sound is added when a file is finished, from the beginning of the recording on and as long as the pictures last.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.filter
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from glrec_core.errors import ConfigError
from glrec_core.ffmpeg.terms import end_graph
from glrec_core.sink.containers import Container
from glrec_core.values.checks import absolute_path
from glrec_core.values.foreign import STORING, reason, translated

_ENCODERS = {"aac": "aac", "opus": "libopus"}
"""FFmpeg's names of the encoders for those that come first in `Container.sounds`; PyAV's wheels have both."""
_OPUS_RATE = 48_000  # the only one of those that Opus takes which needs no second thought (RFC 6716, 2.1.3)
_CHANNEL_BITRATE = 96_000
"""More than either encoder needs to sound like the original (192 kbit/s for stereo)."""


class Sound:
    """The first audio stream of a file.

    Args:
        path: a file that FFmpeg reads: WAV, FLAC, MP3, Ogg, MP4 and others, with or without pictures of its own.

    Raises:
        ConfigError: there is no such file, or no sound in it that can be decoded.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = absolute_path("audio", path)
        if self.path.exists() and not self.path.is_file():  # a pipe without a writer would be waited for
            raise ConfigError(f"audio={str(self.path)!r} is not a regular file; give a file with sound")
        unreadable = f"audio={str(self.path)!r} cannot be read"
        with (
            translated(ConfigError, unreadable, STORING, words=reason),
            av.open(self.path) as source,
        ):
            if not source.streams.audio:
                raise ConfigError(f"audio={str(self.path)!r} has no sound in it")
            stream = source.streams.audio[0]
            self.codec: str = stream.codec_context.codec.canonical_name
            decoded = next(source.decode(stream), None)
        if decoded is None:
            raise ConfigError(f"audio={str(self.path)!r} has no sound in it")

    def packets(
        self, output: av.container.OutputContainer, container: Container, begin: Fraction, duration: Fraction
    ) -> Iterator[av.Packet[Any]]:
        """Add a stream to a file that is being made, and return its packets, of the seconds from `begin` on."""
        source = av.open(self.path)
        stream = source.streams.audio[0]
        if self.codec not in container.sounds:
            return _encoded(source, _encoder(output, stream, container.sounds[0]), begin, duration)
        copy = output.add_stream_from_template(stream, opaque=True)
        packets = _copied(source, copy, begin, duration)
        if container.fast_start:
            return packets
        return (packet for packet in packets if packet.pts is not None and packet.pts >= 0)


def _copied(
    source: av.container.InputContainer, copy: AudioStream, begin: Fraction, duration: Fraction
) -> Iterator[av.Packet[Any]]:
    """Yield the packets that lie within the pictures, and what a decoder needs before them where the track begins.

    A codec's run-in has negative times. MP4 and MOV say in an edit list that it is not played; others cannot hold it.
    """
    stream = source.streams.audio[0]
    time_base = stream.time_base
    assert time_base is not None
    shift = round(begin / time_base) + (stream.start_time or 0)
    with source:
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None or (begin and packet.pts < shift):
                continue
            packet.pts -= shift
            packet.dts -= shift
            if (packet.pts + (packet.duration or 0)) * time_base > duration:
                return
            packet.stream = copy
            yield packet


def _encoder(output: av.container.OutputContainer, stream: AudioStream, codec: str) -> AudioStream:
    rate = _OPUS_RATE if codec == "opus" else stream.rate
    layout = "mono" if stream.channels == 1 else "stereo"
    made = output.add_stream(_ENCODERS[codec], rate=rate, layout=layout)
    assert isinstance(made, AudioStream)
    made.codec_context.bit_rate = _CHANNEL_BITRATE * made.channels
    return made


def _encoded(
    source: av.container.InputContainer, encoder: AudioStream, begin: Fraction, duration: Fraction
) -> Iterator[av.Packet[Any]]:
    rate = encoder.codec_context.sample_rate
    samples = range(round(begin * rate), round((begin + duration) * rate))
    with source:
        for frame in _filtered(source, encoder.codec_context, samples):
            yield from encoder.encode(frame)
        yield from encoder.encode(None)


def _filtered(
    source: av.container.InputContainer, context: AudioCodecContext, samples: range
) -> Iterator[AudioFrame]:
    """Yield what is decoded in the encoder's format, only the given samples of it, with times from 0 on."""
    stream = source.streams.audio[0]
    form = f"sample_fmts={context.format.name}:sample_rates={context.sample_rate}"
    graph = av.filter.Graph()
    nodes = (
        graph.add_abuffer(template=stream),
        graph.add("aformat", f"{form}:channel_layouts={context.layout.name}"),
        graph.add("atrim", f"start_sample={samples.start}:end_sample={samples.stop}"),
        graph.add("asetpts", "N"),
        graph.add("abuffersink"),
    )
    graph.link_nodes(*nodes).configure()
    try:
        yield from _pulled(graph, chain(source.decode(stream), (None,)))
    finally:
        end_graph(graph)


def _pulled(graph: av.filter.Graph, pushed: Iterable[AudioFrame | None]) -> Iterator[AudioFrame]:
    """Push one frame after the other, None last, and yield what the graph makes of them."""
    for decoded in pushed:
        graph.push(decoded)
        while True:
            try:
                frame = graph.pull()
            except av.BlockingIOError:  # it wants more
                break
            except av.EOFError:
                return
            assert isinstance(frame, AudioFrame)
            yield frame
