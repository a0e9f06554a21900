"""A film of a simulation, by a renderer of its own. Importing this module imports MuJoCo.

Colours and segmentation stay in MuJoCo's framebuffer, from which the recorder takes them. Depth is no colour: it is read, given
false colours, and encoded as an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, Self, Unpack

import mujoco

from glrec_core import ConfigError, Options, Recording, Sink, record
from glrec_core.arrays import VideoWriter
from glrec_integrations.mujoco.adapter import draw
from glrec_integrations.mujoco.colours import depth_colours

View = Literal["colour", "depth", "segmentation"]

_DEPTH_OPTIONS = {
    "fps",
    "codec",
    "preset",
    "quality",
    "bitrate",
    "gop",
    "color",
    "backend",
    "device",
    "audio",
    "overwrite",
}
_DEFAULT_FPS = 60
_DEPTH_IN_EXTENTS = 3.0
_TOLERANCE_SECONDS = 1e-9
"""Steps of a simulation add up to its time with small errors."""


class _Output(Protocol):
    def frame(self) -> None: ...

    def close(self) -> Recording: ...


class Film:
    """A film of a MuJoCo simulation: frame n is at n/fps, however long it takes to simulate and draw.

        with Film(model, "film.mp4", camera="side", fps=60) as film:
            while data.time < 10:
                mujoco.mj_step(model, data)
                film.catch_up(data)

    The picture is not read back in the program's loop, but with `view="depth"`. It may be larger than the offscreen buffer that
    the model asks for. Beside a passive viewer, `camera=viewer.cam` and `scene_option=viewer.opt` film what it shows.

    Args:
        model: the `mujoco.MjModel`.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder. Depth takes one path.
        width, height: of the picture, in pixels.
        camera: name or number of a camera of the model's, a `mujoco.MjvCamera`, or -1 for the free camera.
        scene_option: what is drawn, a `mujoco.MjvOption`; None is the default.
        view: "colour", "segmentation" (a false colour for each object) or "depth" (false colours: yellow is near, blue is far).
        depth_range: the distances, in metres, that have the first and the last colour; None is 0 and three times the model's
            extent.
        max_geom: most geoms that a scene can have.
        config: options of `glrec_core.Config`, such as fps (60 if not given), codec, quality, audio; for depth, those of
            `glrec_core.arrays.VideoWriter`.

    Raises:
        ConfigError: an option or path cannot be honoured; no file has been touched.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """

    def __init__(
        self,
        model: mujoco.MjModel,
        *sinks: str | Path | Sink,
        width: int = 1280,
        height: int = 720,
        camera: int | str | mujoco.MjvCamera = -1,
        scene_option: mujoco.MjvOption | None = None,
        view: View = "colour",
        depth_range: tuple[float, float] | None = None,
        max_geom: int = 10_000,
        **config: Unpack[Options],
    ) -> None:
        if view not in {"colour", "depth", "segmentation"}:
            raise ConfigError(f"view={view!r} must be 'colour', 'depth' or 'segmentation'")
        config.setdefault("fps", _DEFAULT_FPS)
        self._camera = camera
        self._scene_option = scene_option
        self._fps = float(_rate(config["fps"]))
        self._frames = 0
        self._begin: float | None = None
        self._begin_frames = 0
        self._last = 0.0
        with _large_enough(model, width, height):
            self._renderer = mujoco.Renderer(model, height, width, max_geom)
        try:
            self._output: _Output = (
                _Depth(self._renderer, sinks, depth_range, config)
                if view == "depth"
                else _Drawn(self._renderer, sinks, view, config)
            )
        except BaseException:
            self._renderer.close()
            raise

    @property
    def frames(self) -> int:
        """How many frames have been drawn."""
        return self._frames

    @property
    def renderer(self) -> Any:
        """The `mujoco.Renderer` that draws, for changes of its scene's flags, for instance."""
        return self._renderer

    def frame(self, data: mujoco.MjData) -> None:
        """Draw the next frame of the film: what the simulation looks like now.

            mujoco.mj_forward(model, data)
            film.frame(data)

        Raises:
            ValueError: there is no such camera.

        """
        self._renderer.update_scene(data, self._camera, self._scene_option)
        self._output.frame()
        self._frames += 1

    def catch_up(self, data: mujoco.MjData) -> int:
        """Draw the frames that are due by the simulation's time, often none; returns how many.

            mujoco.mj_step(model, data)
            film.catch_up(data)

        The first is drawn at once. Where the simulation is reset, the film goes on from there.
        """
        now = float(data.time)
        if self._begin is None or now < self._last:
            self._begin, self._begin_frames = now, self._frames
            mujoco.mj_fwdPosition(self._renderer.model, data)  # before its first step nothing has a place yet
        self._last = now
        due = int((now - self._begin + _TOLERANCE_SECONDS) * self._fps) + 1
        count = max(0, due - (self._frames - self._begin_frames))
        for _ in range(count):
            self.frame(data)
        return count

    def close(self) -> Recording:
        """Finish the film and free what draws it; again, return the same.

            recording = film.close()
            print(recording.path)

        Raises:
            GlrecError: a frame could not be recorded, or the file not be finished.

        """
        try:
            return self._output.close()
        finally:
            self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Drawn:
    """Pictures that are taken from the framebuffer."""

    def __init__(
        self, renderer: Any, sinks: tuple[str | Path | Sink, ...], view: View, config: Options
    ) -> None:
        config.setdefault("timing", "step")
        if view == "segmentation":
            renderer.enable_segmentation_rendering()
        self._renderer = renderer
        self._recorder = record(renderer, *sinks, **config)

    def frame(self) -> None:
        draw(self._renderer)

    def close(self) -> Recording:
        return self._recorder.close()


class _Depth:
    """Distances that are read and shown as colours."""

    def __init__(
        self,
        renderer: Any,
        sinks: tuple[str | Path | Sink, ...],
        depth_range: tuple[float, float] | None,
        config: Options,
    ) -> None:
        if len(sinks) != 1 or not isinstance(sinks[0], str | Path):
            raise ConfigError("view='depth' takes one path to write to, and no other sinks")
        if unknown := sorted(config.keys() - _DEPTH_OPTIONS):
            raise ConfigError(
                f"view='depth' does not take {', '.join(unknown)}; it takes {', '.join(sorted(_DEPTH_OPTIONS))}"
            )
        nearest, farthest = depth_range or (0.0, _DEPTH_IN_EXTENTS * float(renderer.model.stat.extent))
        if not nearest < farthest:
            raise ConfigError(f"depth_range={depth_range} must be two distances, the nearer one first")
        renderer.enable_depth_rendering()
        self._renderer = renderer
        self._range = nearest, farthest
        options: dict[str, Any] = dict(config)
        self._writer = VideoWriter(sinks[0], **options)

    def frame(self) -> None:
        self._writer.write(depth_colours(self._renderer.render(), *self._range))

    def close(self) -> Recording:
        return self._writer.close()


def _rate(fps: Any) -> float:
    number, _, divisor = str(fps).partition("/")
    try:
        return float(number) / float(divisor or 1)
    except (ValueError, ZeroDivisionError):
        raise ConfigError(
            f"fps={fps!r} must be a number of frames per second, such as 60 or '30000/1001'"
        ) from None


@contextmanager
def _large_enough(model: mujoco.MjModel, width: int, height: int) -> Iterator[None]:
    """Let the model ask for an offscreen buffer of at least this size while a renderer is made."""
    asked = model.vis.global_
    before = asked.offwidth, asked.offheight
    asked.offwidth, asked.offheight = max(before[0], width), max(before[1], height)
    try:
        yield
    finally:
        asked.offwidth, asked.offheight = before
