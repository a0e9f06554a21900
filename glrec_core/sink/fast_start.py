"""Turns the fragmented MP4 that a recording leaves into a plain one with its index in front, as players like it best.

The new file is written beside the old one and takes its place in one step: there is a playable file at every moment. A
process that is killed meanwhile leaves the unfinished one behind, named `.glrec-…`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import av

from glrec_core.sink.containers import Container
from glrec_core.sink.muxer import sink_errors

_AS_STORED = {"fflags": "+nofillin+noparse"}  # FFmpeg's parser for VP9 would forget how long packets last


def make_fast_start(path: Path, container: Container) -> None:
    """Rewrite a finished file in place, its packets and timestamps unchanged.

    Raises:
        SinkError: it could not be rewritten; the file is as it was, and playable.

    """
    target = path.resolve()  # a link stays a link
    with sink_errors(path, "the recording is complete and plays, but could not be rewritten for fast start"):
        descriptor, name = tempfile.mkstemp(prefix=".glrec-", suffix=path.suffix, dir=target.parent)
        temporary = Path(name)
        try:
            _remux(target, temporary, container)
            shutil.copymode(target, temporary)
            os.fsync(descriptor)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _remux(source: Path, target: Path, container: Container) -> None:
    options = {"movflags": "faststart"}
    with (
        av.open(source, options=_AS_STORED) as fragmented,
        av.open(target, "w", format=container.format, options=options) as plain,
    ):
        video = fragmented.streams.video[0]
        codec = video.codec_context.codec.canonical_name
        copy = plain.add_stream_from_template(video, opaque=True)
        if codec in container.codec_tags:
            copy.codec_context.codec_tag = container.codec_tags[codec]
        for packet in fragmented.demux(video):
            if packet.size:  # the last one is empty and means the end
                packet.stream = copy
                plain.mux(packet)
