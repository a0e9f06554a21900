"""glrec records what an OpenGL program draws, from Python, to video.

`record(target, *sinks, **options)` starts a recording; `Recorder` and `Recording` are what it gives. Each framework
has a package in `glrec_integrations`. PyAV and CUDA are loaded when a recording begins; this package loads no framework.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from glrec_core.config import Config, Options
from glrec_core.drawing.mark_frame import mark_frame
from glrec_core.errors import (
    AdapterNotFound,
    ArrayError,
    BackendUnavailable,
    CaptureError,
    ClosedError,
    ConfigError,
    ConvertError,
    EncodeError,
    GlrecError,
    NotFinishedError,
    PluginError,
    ProcessError,
    SinkError,
    SpillError,
    WrongThreadError,
)
from glrec_core.gl.objects import bound_framebuffer
from glrec_core.recorder.record import record
from glrec_core.recorder.recorder import Recorder
from glrec_core.report.recording import Recording
from glrec_core.report.stats import Stats
from glrec_core.sink.file import FileSink
from glrec_core.sink.pictures import PictureSink
from glrec_core.sink.replay import ReplaySink
from glrec_core.sink.threaded import ThreadedSink
from glrec_core.stages import Sink
from glrec_core.values.frame import Framebuffer, Packet, Size, StreamInfo

if TYPE_CHECKING:
    from glrec_core.recorder.swaps import SwapRecording

__all__ = [
    "AdapterNotFound",
    "ArrayError",
    "BackendUnavailable",
    "CaptureError",
    "ClosedError",
    "Config",
    "ConfigError",
    "ConvertError",
    "EncodeError",
    "FileSink",
    "Framebuffer",
    "GlrecError",
    "NotFinishedError",
    "Options",
    "Packet",
    "PictureSink",
    "PluginError",
    "ProcessError",
    "Recorder",
    "Recording",
    "ReplaySink",
    "Sink",
    "SinkError",
    "Size",
    "SpillError",
    "Stats",
    "StreamInfo",
    "ThreadedSink",
    "WrongThreadError",
    "bound_framebuffer",
    "mark_frame",
    "record",
    "record_swaps",
]


def record_swaps(*sinks: str | Path | Sink, **options: Unpack[Options]) -> SwapRecording:
    """Record every window of this program that shows OpenGL, whatever its toolkit, from its next frame on.

    Call it before the toolkit makes its first window, best before it is imported: what it has looked up before is not heard.

        with glrec_core.record_swaps("film.mp4", fps=60):
            run_the_program()

    Each window gets a recorder of its own with its first frame: the first one's file is the one that is named here, further
    ones are numbered ("film-2.mp4"). Windows of toolkits that glrec knows are better recorded by `record`, which hears
    of keys and of their closing as well. It is for Linux, on x86-64 and arm64.

    Args:
        sinks: as in `record`; a `Sink` object gets the first window.
        options: see `Config`; no `hotkey`.

    Returns:
        What holds the recorders; its `close()` finishes them, as the end of the program does.

    Raises:
        ConfigError: an option or a path cannot be honoured; nothing has been touched.
        BackendUnavailable: nothing on this machine can encode what was asked for, or swaps cannot be heard on this system.

    """
    from glrec_core.recorder.swaps import SwapRecording

    return SwapRecording(sinks, {**options})
