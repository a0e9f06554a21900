"""glrec records what an OpenGL program draws, from Python, to video.

`record(target, *sinks, **options)` starts a recording; `Recorder` and `Recording` are what it gives. Each framework
has a package in `glrec_integrations`. PyAV and CUDA are loaded when a recording begins; this package loads no framework.
"""

from __future__ import annotations

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
]
