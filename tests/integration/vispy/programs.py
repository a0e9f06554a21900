"""What the tests of vispy's adapter run in fresh interpreters, one scenario each.

A scenario checks what can only be seen from within, prints what else the test must know, and leaves films behind for it.
"""

import gc
import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import glrec_integrations.vispy as glrec_vispy
from glrec_core import CaptureError, ConfigError, Framebuffer, Recorder
from glrec_core.gl.platform import current_context
from glrec_core.testing import barcode
from glrec_integrations.vispy import adapter
from tests.integration.vispy.scenes import (
    OFFSCREEN,
    SIZE,
    Scene,
    after_each_frame,
    draw_until,
    fig_scene,
    gloo_scene,
    image_scene,
)

FRAMES, FPS = 70, 30
FILM, OTHER_FILM = "film.mp4", "other.mp4"
LARGER = (400, 240)
OTHER_FIRST = 1000
PAUSED = range(30, 50)

_STEP: dict[str, Any] = {"timing": "step", "fps": FPS}
_SCENES: dict[str, Callable[[Any], Scene]] = {"gloo": gloo_scene, "scene": image_scene, "fig": fig_scene}


def run(folder: str, backend: str, scenario: str, *arguments: str) -> None:
    """Run one function of this module in `folder` on one of vispy's backends."""
    import vispy

    os.chdir(folder)
    vispy.use(backend)
    globals()[scenario](*arguments)
    gc.collect()  # a Qt canvas that is collected while another one draws can end the process


def every_frame_is_recorded(kind: str) -> None:
    scene = _scene(kind)
    _draw_all(scene, glrec_vispy.attach(scene.canvas, FILM, **_STEP))


def buffers_need_not_be_swapped() -> None:
    scene = _scene("gloo", autoswap=False)
    _draw_all(scene, glrec_vispy.attach(scene.canvas, FILM, **_STEP))


def the_window_may_come_later() -> None:
    from vispy import app

    canvas = app.Canvas(size=SIZE, create_native=False)
    recorder = glrec_vispy.attach(canvas, FILM, **_STEP)
    scene = gloo_scene(canvas)
    canvas.create_native()
    done = _close_after(scene, recorder, FRAMES)
    canvas.show()  # Qt draws the first frame in here
    draw_until(done, scene)


def rendered_pictures_are_left_out(kind: str) -> None:
    scene = _scene(kind)
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    last = _close_after(scene, recorder, FRAMES)
    rendered: list[int] = []

    def done() -> bool:
        if scene.number > len(rendered) * 10:
            scene.offscreen = True
            rendered.append(barcode.read(scene.canvas.render()))
            scene.offscreen = False
        return last()

    draw_until(done, scene)
    # A Canvas emits draw for it, a SceneCanvas draws its scene as it is.
    assert set(rendered) <= ({OFFSCREEN} if kind == "gloo" else set(range(scene.number)))
    assert len(rendered) > 1


def a_resized_canvas_is_letterboxed() -> None:
    scene = _scene("gloo")
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    sizes = []
    after_each_frame(scene, lambda _: sizes.append(tuple(scene.canvas.physical_size)))
    draw_until(lambda: scene.number >= FRAMES // 2, scene)
    scene.canvas.size = LARGER
    draw_until(lambda: sizes.count(LARGER) >= FRAMES // 2, scene)
    recorder.close()
    _tell(sizes)


def closing_the_canvas_ends_the_film() -> None:
    from vispy import app

    scene = _scene("gloo")
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    after_each_frame(scene)
    timer = app.Timer(0.01, connect=lambda _: scene.number >= FRAMES and scene.canvas.close(), start=True)
    scene.canvas.update()
    scene.canvas.app.run()
    timer.stop()
    assert scene.gl_errors == []
    assert recorder.finished
    assert recorder.texture_id == 0
    _tell(scene.number)


def a_recorder_may_be_closed_in_on_close() -> None:
    scene = _scene("gloo")
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    scene.canvas.events.close.connect(lambda _: recorder.close())
    after_each_frame(scene)
    draw_until(lambda: scene.number >= FRAMES, scene)
    scene.canvas.close()
    assert recorder.error is None
    assert recorder.finished
    _tell(scene.number)


def a_window_closed_by_its_user_keeps_its_film() -> None:
    scene = _scene("gloo")
    glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    after_each_frame(scene)
    draw_until(lambda: scene.number >= FRAMES, scene)
    if scene.canvas.app.backend_name == "Pyglet":
        scene.canvas.native.dispatch_event("on_close")
    else:
        scene.canvas.native.close()  # Qt: vispy does not hear of it, the canvas stays open
    _tell(scene.number)


def a_deleted_widget_ends_the_film() -> None:
    import shiboken6

    scene = _scene("gloo")
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    after_each_frame(scene)
    draw_until(lambda: scene.number >= FRAMES, scene)
    shiboken6.delete(scene.canvas.native)
    with suppress(CaptureError):  # frames were still being read, and their context is gone
        recorder.close()
    stats = recorder.stats
    assert stats.recorded + stats.lost == scene.number
    _tell(stats.recorded)


def pausing_leaves_no_gap() -> None:
    scene = _scene("gloo")
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    actions: dict[int, Callable[[], object]] = {
        PAUSED.start - 1: recorder.pause,
        PAUSED.stop - 1: recorder.resume,
        FRAMES - 1: recorder.close,
    }
    after_each_frame(scene, lambda number: actions.get(number, int)())
    draw_until(lambda: scene.number >= FRAMES, scene)


def two_canvases_make_two_films() -> None:
    first, second = _scene("gloo"), _scene("gloo")
    second.number = OTHER_FIRST
    both = [
        _close_after(first, glrec_vispy.attach(first.canvas, FILM, **_STEP), FRAMES),
        _close_after(second, glrec_vispy.attach(second.canvas, OTHER_FILM, **_STEP), OTHER_FIRST + FRAMES),
    ]
    draw_until(lambda: all(done() for done in both), first, second)


def recorded_canvases_are_vispys_own(kind: str) -> None:
    from vispy import app, scene

    options = {"path": FILM, **_STEP}
    canvas_class, own = {
        "gloo": (glrec_vispy.Canvas, app.Canvas),
        "scene": (glrec_vispy.SceneCanvas, scene.SceneCanvas),
    }[kind]
    canvas = canvas_class("a title", SIZE, show=True, keys="interactive", record=options)
    assert isinstance(canvas, own)
    assert options == {"path": FILM, **_STEP}
    assert canvas.title == "a title"
    assert canvas.recorder is not None
    if kind == "scene":
        with pytest.raises(AttributeError):
            canvas.another_attribute = 1  # still frozen
    _draw_all(_SCENES[kind](canvas), canvas.recorder)


def a_subclass_may_be_recorded() -> None:
    class Mine(glrec_vispy.Canvas):
        def __init__(self, **options: Any) -> None:
            super().__init__(size=SIZE, show=True, **options)

    canvas = Mine(record={"path": FILM, **_STEP})
    assert canvas.recorder is not None
    _draw_all(gloo_scene(canvas), canvas.recorder)


def a_subclass_hears_of_its_size_when_it_is_complete(kind: str) -> None:
    base: Any = {"gloo": glrec_vispy.Canvas, "scene": glrec_vispy.SceneCanvas}[kind]
    told: list[str] = []

    class Mine(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(size=SIZE, show=True, record={"path": FILM, **_STEP})
            told.append("complete")

        def on_resize(self, event: Any) -> None:
            if kind == "scene":
                super().on_resize(event)
            told.append(f"{event.size}")

    canvas = Mine()
    canvas.events.draw.connect(lambda _: told.append("draw"))
    assert canvas.recorder is not None
    _draw_all(_SCENES[kind](canvas), canvas.recorder)
    assert told == ["complete", f"{SIZE}", *["draw"] * FRAMES]


def recorded_canvases_have_depth(kind: str) -> None:
    from vispy import gloo

    canvas_class = {"gloo": glrec_vispy.Canvas, "scene": glrec_vispy.SceneCanvas}[kind]
    canvas: Any = canvas_class(size=SIZE, record={"path": FILM, **_STEP})
    assert gloo.gl.glGetParameter(0x0D56) >= 24
    canvas.close()


def record_true_writes_a_dated_file() -> None:
    canvas = glrec_vispy.SceneCanvas(size=SIZE, show=True, record=True)
    assert canvas.recorder is not None
    _draw_all(image_scene(canvas), canvas.recorder)
    stats = canvas.recorder.stats
    assert stats.recorded + stats.dropped == FRAMES  # the wall clock drops rather than wait
    _tell(stats.recorded)


def without_record_nothing_happens() -> None:
    from vispy import app

    plain = app.Canvas(size=SIZE)
    for option in ({}, {"record": None}, {"record": False}):
        canvas = glrec_vispy.Canvas(size=SIZE, show=True, **option)
        assert canvas.recorder is None
        assert len(canvas.events.draw.callbacks) == len(plain.events.draw.callbacks)
        assert len(canvas.events.close.callbacks) == len(plain.events.close.callbacks)
        canvas.close()


def bad_options_come_before_the_window() -> None:
    from vispy.app.base import BaseCanvasBackend

    Path("taken.mp4").touch()
    windows = []
    original = BaseCanvasBackend.__init__

    def counted(backend: Any, canvas: Any) -> None:
        windows.append(backend)
        original(backend, canvas)

    BaseCanvasBackend.__init__ = counted
    options: list[Any] = [
        7,
        "film.unknown",
        "taken.mp4",
        "no/such/folder/film.mp4",
        {"path": FILM, "fps": -1},
        {"path": FILM, "fps": float("nan")},
        {"path": FILM, "size": (0, 10)},
        {"path": FILM, "no_such_option": 1},
        {"path": 7},
    ]
    for option in options:
        for canvas_class in (glrec_vispy.Canvas, glrec_vispy.SceneCanvas):
            with pytest.raises(ConfigError):
                canvas_class(size=SIZE, show=True, record=option)
    assert windows == []
    glrec_vispy.Canvas(size=SIZE)
    assert len(windows) == 1, "windows are not counted where this looks"


def a_window_that_fails_leaves_no_recorder() -> None:
    logging.getLogger("glrec").addHandler(logging.StreamHandler(sys.stdout))  # tells of recorders left open
    with pytest.raises(TypeError):
        glrec_vispy.Canvas(no_such_argument=1, record=FILM)


def enabled_classes_take_record() -> None:
    from vispy import app, plot, scene

    classes = (app.Canvas, scene.SceneCanvas, plot.Fig)
    found = [dict(vars(each)) for each in classes]
    glrec_vispy.enable()
    glrec_vispy.enable()
    canvas = plot.Fig(size=SIZE, record={"path": FILM, **_STEP})
    other = app.Canvas(size=SIZE, show=True, record={"path": OTHER_FILM, **_STEP})
    assert [each(size=SIZE).recorder for each in classes] == [None] * len(classes)
    both_ways = glrec_vispy.SceneCanvas(size=SIZE, record="never.mp4")
    assert both_ways.recorder is not None
    both_ways.close()
    glrec_vispy.disable()
    glrec_vispy.disable()
    assert [dict(vars(each)) for each in classes] == found
    for each in classes:
        with pytest.raises(TypeError, match="record"):
            each(size=SIZE, record=None)
    scenes = fig_scene(canvas), gloo_scene(other)
    done = [_close_after(each, each.canvas.recorder, FRAMES) for each in scenes]
    draw_until(lambda: all(each() for each in done), *scenes)


def a_later_wrapper_survives_disable() -> None:
    from vispy import app

    vispys_own = app.Canvas.__init__
    glrec_vispy.enable()
    ours = app.Canvas.__init__

    def theirs(canvas: Any, **options: Any) -> None:
        ours(canvas, **options)

    app.Canvas.__init__ = theirs
    glrec_vispy.disable()
    assert app.Canvas.__init__ is theirs
    with pytest.raises(TypeError, match="record"):
        app.Canvas(size=SIZE, record=FILM)
    app.Canvas(size=SIZE).close()
    glrec_vispy.enable()
    assert app.Canvas(size=SIZE, record="never.mp4").recorder is not None
    glrec_vispy.disable()
    assert app.Canvas.__init__ is theirs
    assert ours.__wrapped__ is vispys_own


def detaching_leaves_the_canvas_as_found(kind: str) -> None:
    scene = _scene(kind)
    draw_until(lambda: not scene.canvas.app.process_events(), scene)
    emitters = scene.canvas.events.emitters.values()
    found = dict(vars(scene.canvas)), [(each.callbacks, each.callback_refs) for each in emitters]
    recorder = glrec_vispy.attach(scene.canvas, FILM, **_STEP)
    assert [(each.callbacks, each.callback_refs) for each in emitters] != found[1]
    recorder.close()
    assert dict(vars(scene.canvas)) == found[0]
    assert [(each.callbacks, each.callback_refs) for each in emitters] == found[1]


def closed_canvases_are_refused() -> None:
    scene = _scene("gloo")
    scene.canvas.close()
    with pytest.raises(ConfigError, match="closed"):
        glrec_vispy.attach(scene.canvas, FILM)


def what_was_current_is_given_back() -> None:
    target, other = _scene("gloo"), _scene("gloo")
    for scene in (target, other):
        after_each_frame(scene)
    draw_until(lambda: target.number > 0 < other.number, target, other)
    attachment = adapter.glrec_attach(target.canvas, _Deaf())
    assert attachment is not None

    def seen() -> tuple[object, object]:
        with attachment.current():
            within = current_context()
        return within, current_context()

    target.canvas.set_current()
    own = current_context()
    other.canvas.set_current()
    theirs = current_context()
    assert own is not None
    assert theirs is not None
    assert own != theirs
    assert seen() == (own, theirs)
    target.canvas.set_current()
    assert seen() == (own, own)
    if target.canvas.app.backend_name.lower() != "pyglet":
        _release_context(target.canvas)
        assert current_context() is None
        assert seen() == (own, None)


def nothing_is_made_current_after_closing() -> None:
    target, other = _scene("gloo"), _scene("gloo")
    for scene in (target, other):
        after_each_frame(scene)
    draw_until(lambda: target.number > 0 < other.number, target, other)
    attachment = adapter.glrec_attach(target.canvas, _Deaf())
    assert attachment is not None
    target.canvas.close()
    other.canvas.set_current()
    theirs = current_context()
    assert theirs is not None
    with attachment.current():
        assert current_context() == theirs
    assert current_context() == theirs


def a_bound_framebuffer_stays_bound() -> None:
    from vispy import gloo

    scene = _scene("gloo")
    attachment = adapter.glrec_attach(scene.canvas, _Deaf())
    assert attachment is not None
    after_each_frame(scene)
    draw_until(lambda: scene.number > 0, scene)
    target = gloo.FrameBuffer(color=gloo.RenderBuffer((16, 16)))

    def bound() -> int:
        scene.canvas.context.flush_commands()
        return int(gloo.gl.glGetParameter(0x8CA6))

    scene.canvas.set_current()
    own = bound()
    with target:
        inside = bound()
        assert inside != own
        with attachment.current():
            assert bound() == inside
        assert bound() == inside


class _Deaf:
    """A tap that records nothing."""

    finished = False

    def frame_drawn(self, source: Framebuffer) -> None: ...

    def context_closing(self) -> None: ...


def _tell(fact: object) -> None:
    """Let the test know a fact."""
    sys.stdout.write(json.dumps(fact))


def _scene(kind: str, **options: Any) -> Scene:
    """Open a canvas of vispy's own class for "gloo", "scene" or "fig", and let it draw."""
    from vispy import app, plot, scene

    canvas_class = {"gloo": app.Canvas, "scene": scene.SceneCanvas, "fig": plot.Fig}[kind]
    canvas = canvas_class(size=SIZE, show=True, **options)
    if canvas.app.backend_name == "egl":
        canvas.events.resize(size=canvas.size)
    return _SCENES[kind](canvas)


def _draw_all(scene: Scene, recorder: Recorder) -> None:
    """Draw FRAMES frames, close the recorder in the last one and the canvas after it."""
    draw_until(_close_after(scene, recorder, FRAMES), scene)
    scene.canvas.close()


def _close_after(scene: Scene, recorder: Recorder, end: int) -> Callable[[], bool]:
    """Close the recorder in the frame before number `end`, and return a call that tells whether that has happened."""
    recordings = []

    def close(number: int) -> None:
        if number == end - 1:
            recordings.append(recorder.close())

    after_each_frame(scene, close)
    return lambda: bool(recordings)


def _release_context(canvas: Any) -> None:
    name = canvas.app.backend_name.lower()
    if name == "egl":
        module = sys.modules["vispy.app.backends._egl"]
        module.egl.eglMakeCurrent(module._EGL_DISPLAY, None, None, None)
    elif name == "glfw":
        sys.modules["glfw"].make_context_current(None)
    else:
        canvas.native.doneCurrent()
