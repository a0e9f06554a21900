"""A timer for moderngl-window that counts frames instead of time, so that every frame is exactly 1/fps after the last."""

from __future__ import annotations

from fractions import Fraction

from moderngl_window.timers import BaseTimer

from glrec_core import Config


class StepTimer(BaseTimer):
    """Frame n is at n/fps seconds, however long it takes to draw.

        timer = StepTimer(fps=60)
        moderngl_window.run_window_config(App, timer=timer)

    `@recorded(timing="step")` gives it to the program; elsewhere it can be passed as `timer=` of `run_window_config`.
    Times are computed from the exact rate and rounded to floats once each, so no error adds up.

    Raises:
        ConfigError: `fps` is not a rate: a positive number, or a string such as "30000/1001". None is 60.

    """

    def __init__(self, fps: float | str | Fraction | None = None) -> None:
        rate = Config(fps=fps, timing="step").rate
        assert rate is not None  # the step clock always has one
        self._step_seconds = 1 / rate
        self._next = Fraction(0)
        self._frames = 0
        self._paused = False

    @property
    def is_paused(self) -> bool:
        """Whether time stands still; frames then have a length of 0."""
        return self._paused

    @property
    def is_running(self) -> bool:
        """Whether time goes on."""
        return not self._paused

    @property
    def time(self) -> float:
        """Time of the next frame in seconds; may be set."""
        return float(self._next)

    @time.setter
    def time(self, value: float) -> None:
        self._next = max(Fraction(0), Fraction(value))

    @property
    def fps(self) -> float:
        """Frames per second."""
        return float(1 / self._step_seconds)

    @property
    def fps_average(self) -> float:
        """Frames per second, which never change."""
        return self.fps

    def next_frame(self) -> tuple[float, float]:
        """Return the time of the frame that begins and the length of a frame, both in seconds.

        For example:

            timer = StepTimer(fps=50)
            time, frame_time = timer.next_frame()  # frame_time is 0.02
        """
        now_seconds, step_seconds = self._next, Fraction(0) if self._paused else self._step_seconds
        self._next += step_seconds
        self._frames += not self._paused
        return float(now_seconds), float(step_seconds)

    def start(self) -> None:
        """Let time go on.

        For example:

            timer = StepTimer(fps=60)
            timer.start()
        """
        self._paused = False

    def pause(self) -> None:
        """Let time stand still.

        For example:

            timer.pause()
            show_menu()
        """
        self._paused = True

    def toggle_pause(self) -> None:
        """Pause, or go on after a pause.

        For example:

            if key == "P":
                timer.toggle_pause()
        """
        self._paused = not self._paused

    def stop(self) -> tuple[float, float]:
        """Return the time and the length of all frames in seconds.

        For example:

            time, length = timer.stop()
            print(f"{length:.3f} s")
        """
        return self.time, float(self._frames * self._step_seconds)
