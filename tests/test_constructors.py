"""Every public constructor and function that takes values: each value is taken, or refused at once by one clear error.

What is not tried here: the options of a recording (`test_options.py`), and functions of the time and of frames, which are the
caller's and run later.
"""

import gc
import inspect
import os
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glrec_core
import glrec_core.arrays
import glrec_core.drawing
import glrec_core.process
import glrec_core.read
import glrec_core.wire
import glrec_integrations.glfw
import glrec_integrations.moderngl
import glrec_integrations.pygame
import glrec_integrations.pyglet
import glrec_integrations.qt
import glrec_integrations.vispy
from glrec_core import (
    AdapterNotFound,
    ArrayError,
    ConfigError,
    FileSink,
    Framebuffer,
    GlrecError,
    PictureSink,
    Recorder,
    ReplaySink,
    SinkError,
    Size,
    process,
    record,
    wire,
)
from glrec_core.arrays import ArrayEncoder, VideoOptions, VideoWriter, write_video
from glrec_core.drawing import OffscreenFramebuffer
from glrec_core.read import Player, VideoError
from glrec_core.recover import recover
from glrec_core.verify.checks import Expected
from glrec_core.verify.report import info, verify
from glrec_core.wire.channel import MemoryChannel
from tests.support.film import write_film
from tests.support.leftovers import children
from tests.support.strange import ANYTHING, strange

Make = Callable[..., Any]


@dataclass(frozen=True)
class Call:
    """Something public: how it is called rightly, and which of its arguments are tried."""

    make: Make
    right: Callable[[], dict[str, Any]] = dict
    names: tuple[str, ...] = ()
    documented: tuple[type[GlrecError], ...] = ()
    """Errors beside ConfigError that its docstring names for what was given."""
    callables_run: bool = False
    """Whether a function that is given is called at once, and may raise what it likes."""
    costly: bool = False
    """Whether a value that is taken starts a process or decodes a film: fewer values by chance."""
    ends: Callable[[Any], object] = field(default=lambda _: None)

    @property
    def arguments(self) -> tuple[str, ...]:
        """All of them, unless some are chosen."""
        return self.names or tuple(inspect.signature(self.make).parameters)


PICTURE = np.zeros((48, 64, 3), np.uint8)
HERE = ("127.0.0.1", 0)


def discard(made: Any) -> None:
    getattr(made, "recorder", made).discard()


def close(made: Any) -> None:
    made.close()


def film() -> Path:
    """Return the film that the fixture has written beside the working folder."""
    return Path(os.environ["GLREC_TEST_FILM"])


def player(**values: Any) -> Player:
    return Player(**{"path": film(), "device": "cpu", **values})


def looped(sink: Any) -> Any:
    return glrec_integrations.moderngl.record(sink)


def decorated(target: Any) -> Any:
    return glrec_integrations.moderngl.recorded("a.mp4", frames=1)(target)


def of_recorder(name: str) -> Make:
    """Return a method of a recorder that has not begun, as a function."""

    def call(**values: Any) -> None:
        recorder = record(None, ReplaySink())
        try:
            getattr(recorder, name)(**values)
        finally:
            recorder.discard()

    return call


def attached(module: types.ModuleType) -> Call:
    (name, *_) = inspect.signature(module.attach).parameters
    return Call(module.attach, names=(name,), documented=(AdapterNotFound,))


def _receive(idle_seconds: Any) -> None:
    with wire.UdpReceiver(HERE) as receiver:
        receiver.receive(idle_seconds)


CALLS: dict[str, Call] = {
    "record": Call(record, names=("target",), documented=(AdapterNotFound,), ends=discard),
    "record_swaps": Call(lambda sink: glrec_core.record_swaps(sink), names=("sink",), ends=close),  # noqa: PLW0108 - by name
    "record to": Call(lambda sink: record(None, sink), names=("sink",), ends=discard),
    "frame_drawn": Call(of_recorder("frame_drawn"), names=("source",)),
    "frame_drawn, name": Call(
        lambda name: of_recorder("frame_drawn")(source=Framebuffer(name, Size(4, 4))),
        documented=(glrec_core.CaptureError,),
    ),
    "screenshot": Call(of_recorder("screenshot"), lambda: {"path": "a.png"}, ("path", "overwrite")),
    "mark": Call(of_recorder("mark"), names=("name",)),
    "FileSink": Call(FileSink, lambda: {"path": "a.mp4"}),
    "PictureSink": Call(PictureSink, lambda: {"path": "%d.png"}),
    "ReplaySink": Call(ReplaySink),
    "ThreadedSink": Call(glrec_core.ThreadedSink, lambda: {"sink": ReplaySink()}),
    "ReplaySink.save": Call(
        lambda **values: ReplaySink().save(**values),
        lambda: {"path": "a.mp4"},
        ("path", "overwrite"),
        documented=(SinkError,),
    ),
    "ArrayEncoder": Call(ArrayEncoder, lambda: {"width": 64, "height": 48}, costly=True, ends=close),
    "VideoWriter": Call(VideoWriter, lambda: {"path": "a.mp4", "fps": 30}),
    "write_video": Call(
        write_video,
        lambda: {"path": "a.mp4", "arrays": [], "fps": 30},
        ("path", "arrays", "fps", *VideoOptions.__annotations__),
        documented=(ArrayError,),
    ),
    "Player": Call(Player, lambda: {"path": film(), "device": "cpu"}, callables_run=True, costly=True),
    "Player.frames": Call(
        lambda **values: player().frames(**values), names=("start", "stop", "dtype", "layout"), costly=True
    ),
    "Player.screenshot": Call(
        lambda **values: player().screenshot(**values),
        lambda: {"at": 0},
        ("at", "accurate", "dtype", "layout"),
        costly=True,
    ),
    "Player.screenshots": Call(
        lambda **values: player().screenshots(**values),
        lambda: {"every": 1},
        ("every", "dtype", "layout"),
        costly=True,
    ),
    "info": Call(info, lambda: {"path": "none.mp4"}, documented=(VideoError,)),
    "verify": Call(verify, lambda: {"path": "none.mp4"}, documented=(VideoError,)),
    "Expected": Call(Expected),
    "recover": Call(
        recover,
        lambda: {"directory": "none", "path": "a.mp4"},
        documented=(glrec_core.SpillError, VideoError),
    ),
    "eased": Call(lambda key: process.eased(key, (99, 1))),
    "eased, easing": Call(lambda easing: process.eased((0, 1), (99, 1), easing=easing)),
    "Chain": Call(lambda operation: process.Chain([]).then(operation)),
    "frames_at": Call(lambda fps: process.frames_at([PICTURE], fps)),
    "read": Call(process.read, lambda: {"path": film(), "device": "cpu"}, ("path", "device"), costly=True),
    "backdrop": Call(process.backdrop),
    "blend": Call(process.blend, lambda: {"picture": PICTURE}),
    "captions": Call(process.captions),
    "chroma_key": Call(process.chroma_key),
    "crop": Call(process.crop, lambda: {"at": (0, 0), "width": 4, "height": 4}),
    "fade": Call(process.fade, lambda: {"opacity": 1}),
    "gaussian_blur": Call(process.gaussian_blur),
    "overlay": Call(process.overlay, lambda: {"picture": PICTURE}),
    "pad": Call(process.pad),
    "rotate": Call(process.rotate, lambda: {"angle": 1}),
    "round_corners": Call(process.round_corners),
    "scale": Call(process.scale, lambda: {"width": 4}),
    "shadow": Call(process.shadow),
    "text": Call(process.text, lambda: {"content": "x"}),
    "timestamp": Call(process.timestamp),
    "translate": Call(process.translate, lambda: {"by": (0, 0)}),
    "vignette": Call(process.vignette),
    "UdpChannel": Call(wire.UdpChannel, ends=close),
    "UdpChannel, port": Call(lambda port: wire.UdpChannel(("127.0.0.1", port)), ends=close),
    "UdpReceiver": Call(wire.UdpReceiver, lambda: {"address": HERE}, ("reassembler",), ends=close),
    "UdpReceiver, host": Call(wire.UdpReceiver, names=("address",), ends=close),
    "UdpReceiver.receive": Call(_receive),
    "Reassembler": Call(wire.Reassembler),
    "Packetizer": Call(wire.Packetizer),
    "Impairment": Call(wire.Impairment),
    "ImpairedChannel": Call(
        wire.ImpairedChannel, lambda: {"channel": MemoryChannel(len), "impairment": wire.Impairment()}
    ),
    "WireSink": Call(wire.WireSink, lambda: {"channel": MemoryChannel(len)}),
    "WireTrial": Call(wire.WireTrial),
    "moderngl.record": Call(looped, ends=discard),
    "moderngl.recorded": Call(
        lambda samples: glrec_integrations.moderngl.recorded("a.mp4", frames=1, samples=samples)(_draw)
    ),
    "moderngl.recorded, size": Call(
        lambda size: glrec_integrations.moderngl.recorded("a.mp4", frames=1, size=size)(_draw)
    ),
    "moderngl.recorded, target": Call(decorated),
    **{
        f"{name}.attach": attached(getattr(glrec_integrations, name))
        for name in ("glfw", "moderngl", "pygame", "pyglet", "qt", "vispy")
    },
}

NOT_TRIED = {
    # Types of what is given or got, and what takes no values of a user's.
    *(
        "AdapterNotFound",
        "Canvas",
        "SceneCanvas",
        "Channel",
        "Config",
        "Counts",
        "Framebuffer",
        "Encoding",
        "FrameOperation",
        "LoopRecorder",
    ),
    *(
        "OfflineFrame",
        "Operation",
        "Options",
        "Packet",
        "Quad",
        "Received",
        "Recorder",
        "Recording",
        "Sink",
        "Size",
    ),
    *(
        "Stats",
        "StreamInfo",
        "VideoOptions",
        "WireReport",
        "bound_framebuffer",
        "mark_frame",
        "ColorGuess",
        "VideoError",
    ),
    # Arithmetic, called for each frame.
    *("ease_in", "ease_in_out", "ease_out", "hold", "linear"),
    # Needs a context, or windows' own loops: tried elsewhere.
    *(
        "OffscreenFramebuffer",
        "StepTimer",
        "enable",
        "disable",
        "DEFAULT_DATAGRAM_BYTES",
        "DEFAULT_REDUNDANCY",
    ),
}


def _draw(ctx: object, frame: object) -> None: ...


@pytest.fixture(scope="module")
def film_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", range(3))


@pytest.fixture
def empty(tmp_path: Path, film_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a folder in which nothing is, and nothing must be afterwards."""
    monkeypatch.setenv("GLREC_TEST_FILM", str(film_path))
    monkeypatch.chdir(tmp_path)
    before = children()
    yield tmp_path
    assert list(tmp_path.iterdir()) == []
    assert children() <= before
    assert [each for each in gc.get_objects() if isinstance(each, Recorder) and not each.finished] == []


def try_value(call: Call, name: str, value: Any) -> None:
    """Call it with one value among right ones; what is neither taken nor refused fails the test."""
    try:
        made = call.make(**{**call.right(), name: value})
    except GlrecError as error:
        if not isinstance(error, (ConfigError, *call.documented)):
            raise
        if not str(error).strip():
            pytest.fail("an error without a word")
        return
    except Exception:
        if call.callables_run and callable(value):
            return
        raise
    call.ends(made)


@pytest.mark.parametrize("name", CALLS)
def test_strange_values_are_taken_or_refused(name: str, empty: Path) -> None:
    call = CALLS[name]
    for argument in call.arguments:
        for value in strange():
            try_value(call, argument, value)


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if not call.costly])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_values_by_chance_are_taken_or_refused(name: str, data: st.DataObject, empty: Path) -> None:
    call = CALLS[name]
    try_value(call, data.draw(st.sampled_from(call.arguments)), data.draw(ANYTHING))


def test_framebuffers_take_or_refuse(context: moderngl.Context) -> None:
    call = Call(OffscreenFramebuffer, lambda: {"size": (4, 4)}, ("size", "samples"), ends=close)
    for argument in call.arguments:
        for value in strange():
            try_value(call, argument, value)


def test_nothing_public_is_left_out() -> None:
    modules = (
        glrec_core,
        glrec_core.arrays,
        glrec_core.drawing,
        glrec_core.process,
        glrec_core.read,
        glrec_core.wire,
        glrec_integrations.moderngl,
        glrec_integrations.pyglet,
        glrec_integrations.vispy,
    )
    tried = {name.partition(",")[0].partition(" ")[0] for name in CALLS} | {"attach", "recorded"}
    public = {name for module in modules for name in module.__all__}
    errors = {
        name for name in public if name.endswith("Error") or name in {"BackendUnavailable", "PluginError"}
    }
    assert public - errors - NOT_TRIED == tried & public
