"""A program that is being run: which windows it has, which one drives time, when it is to end."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import glrec_core
from glrec_core import plugins
from glrec_core.adapter import Attachment, Framebuffer, Tap
from glrec_core.errors import ConfigError, GlrecError
from glrec_core.gl.platform import OFFSCREEN_API, NativeContext, current_context
from glrec_core.recorder.recorder import Recorder
from glrec_core.running.closing import ask_windows_to_close
from glrec_core.running.display import (
    PrivateDisplay,
    has_egl,
    let_egl_use_display,
    set_display,
    set_egl,
    without_display,
)
from glrec_core.running.ending import Ending, remind
from glrec_core.running.interrupts import Interrupts
from glrec_core.running.options import RunOptions
from glrec_core.running.virtual_time import VirtualTime
from glrec_core.running.window import Window
from glrec_core.swaps.x_errors import x_errors_ignored

logger: logging.Logger = logging.getLogger("glrec")

_now = time.perf_counter  # real time, whatever becomes of the module's function

_LONGEST_TURN_SECONDS = 0.2
"""How long Ctrl-C may wait in loops of C++ libraries, where Python handles signals between two turns only."""

_SLACK_SECONDS = 0.25
"""How much later than its time a program is ended that shows no further frame: one that does is ended at that frame."""

_GRACE_FRAMES = 10
"""Frames that a program may still draw after it was asked to end, before it is ended."""


class EndOfRecording(SystemExit):
    """Ends a program that has drawn all that was asked for and has no event loop to leave."""


class Session:
    """Implements `Program`, and keeps the recorders."""

    def __init__(self, options: RunOptions, say: Callable[[str], None]) -> None:
        """`say` tells the user something."""
        self._say = say
        self._options = options
        self._virtual = VirtualTime(options.rate) if options.step else None
        self._stops: list[Callable[[], bool]] = []
        self._windows: list[Window] = []
        self._marked: dict[NativeContext, Window] = {}
        self._attached = False
        self._drawn_by_adapters = False
        self._uses_egl = False
        self._told: list[Recorder] = []
        self._telling = threading.RLock()
        self._timer: threading.Timer | None = None
        self._reminder: Callable[[], None] | None = None
        self._whole = True
        self._making = 0
        self._display: PrivateDisplay | None = None
        self._stopping = False
        self._frames_after_stop = 0
        self._first_seconds: float | None = None
        self._last_seconds = 0.0
        self.interrupts: Interrupts = Interrupts(self._ask_to_stop)
        self.ending: Ending = Ending(self._ask_all, lambda: self.interrupts.end_with(EndOfRecording(0)), say)
        self.errors: list[GlrecError] = []
        self.knows_toolkit: bool = False
        """Whether the program has imported what an adapter, or its part of `glrec run`, waits for."""

    @property
    def headless(self) -> bool:
        """Whether no display of the user's may be used."""
        return self._options.headless

    @property
    def step(self) -> bool:
        """Whether the program has virtual time."""
        return self._virtual is not None

    @property
    def turn_seconds(self) -> float:
        """How long a loop may wait for events."""
        if self._virtual is not None:
            return 0.0
        return float(1 / self._options.rate) if self._options.is_limited else _LONGEST_TURN_SECONDS

    @property
    def virtual_time(self) -> VirtualTime | None:
        """The program's time under `--step`."""
        return self._virtual

    @property
    def has_drawn(self) -> bool:
        """Whether any frame has been seen."""
        return self._first_seconds is not None

    @property
    def recorders(self) -> list[Recorder]:
        """The recorders, in the order of the windows' first frames."""
        return [window.recorder for window in self._windows if window.recorder is not None]

    @contextmanager
    def making(self, target: object) -> Iterator[None]:
        """Record what is constructed in the block, as a whole."""
        self._making += 1
        try:
            yield
        finally:
            self._making -= 1
        self.made(target)

    def made(self, target: object) -> None:
        """Record `target`, unless it is a part of what is being made."""
        if self._making:
            return
        window = Window(self._begin, self._is_in_time, self._after_adapters_frame)
        try:
            window.attachment = plugins.attach(target, window)
            self._attached = True
        except GlrecError as error:
            logger.warning("%s is not recorded: %s", type(target).__qualname__, error)

    @property
    def adapters(self) -> bool | None:
        """See `swaps.Watcher`."""
        if self._drawn_by_adapters or self._marked:
            return True
        return None if self._making or self._attached or self.knows_toolkit else False

    def begin_swaps(self, attach: Callable[[Tap], Attachment]) -> None:
        """Record a window that is known by its swaps."""
        window = Window(self._begin, self._is_in_time, self._after_swap)
        window.attachment = attach(window)

    def over(self) -> None:
        """Note that the program has ended."""
        if self._timer is not None:
            self._timer.cancel()
        self._stop_reminder()
        self.ending.over()

    def _stop_reminder(self) -> None:
        reminder, self._reminder = self._reminder, None
        if reminder is not None:
            reminder()

    def want_display(self) -> None:
        """Give a program that looks for a window system one, unless it draws without."""
        if self.headless and not self._uses_egl and self._options.display != "egl":
            try:
                self.use_display()
                let_egl_use_display()
            except ConfigError as error:
                self._uses_egl = True  # as far as it gets
                self._say(str(error))

    def frame_marked(self, source: Framebuffer) -> None:
        """Record a frame that the program itself has marked; each context is a window of its own."""
        context = current_context()
        if context is None:
            logger.warning("a marked frame is not recorded: no OpenGL context is current")
            return
        if context not in self._marked:
            self._marked[context] = Window(self._begin, self._is_in_time, self._after_frame)
        self._marked[context].frame_drawn(source)

    def turn(self) -> bool:
        """Let virtual time go on; say whether a picture that does not change by itself is due again."""
        if self._virtual is not None:
            return self._virtual.turn()
        return self._options.is_limited and _now() - self._last_seconds >= self.turn_seconds / 2

    def at_stop(self, stop: Callable[[], bool]) -> None:
        """Remember how a loop is ended."""
        self._stops.append(stop)

    def use_egl(self) -> bool:
        """Whether EGL serves; else see to a display."""
        if not self.headless or OFFSCREEN_API != "EGL":
            return False
        if has_egl() and self._options.display != "x11":
            set_egl()
            self._uses_egl = True
            return True
        self.use_display()
        return False

    def begin(self) -> None:
        """Arrange the process for a headless program, before it starts."""
        if self.headless:
            without_display()
        if self._options.display == "x11":
            self.use_display()
            let_egl_use_display()

    @property
    def hides_windows(self) -> bool:
        """Whether windows are to stay hidden: there is neither EGL nor a private display here."""
        return self.headless and OFFSCREEN_API != "EGL"

    def use_display(self) -> None:
        """Start the private display when it is first needed."""
        if self._options.display == "egl":
            return
        if self.headless and OFFSCREEN_API == "EGL" and self._display is None:
            self._display = PrivateDisplay()
            set_display(self._display.name)

    def _begin(self, window: Window) -> Recorder | None:
        """Start recording a window that draws its first frame."""
        self._windows.append(window)
        if self._is_past(_now()):
            return None
        try:
            return glrec_core.record(None, *self._options.outputs(len(self._windows)), **self._options.config)
        except GlrecError as error:
            self.errors.append(error)
            logger.error("recording does not begin: %s", error)  # noqa: TRY400 - the reason is in the text
            return None

    def _is_in_time(self) -> bool:
        """Whether the recording, which begins with the first frame of all, has not had its seconds yet.

        Asked just before a frame is recorded: to open the recorder, and to record the first frame, takes the time of several,
        and loops may draw on for a while when they are told to end.
        """
        now = _now()
        if self._first_seconds is None:
            self._first_seconds = now
        return not self._is_past(now)

    def _is_past(self, now_seconds: float) -> bool:
        seconds = self._options.seconds
        if seconds is None or self._options.steps or self._first_seconds is None:
            return False
        return now_seconds - self._first_seconds >= seconds

    def _after_adapters_frame(self, window: Window) -> None:
        self._drawn_by_adapters = True
        self._after_frame(window)

    def _after_swap(self, window: Window) -> None:
        """Let a window drive time whose program can be ended from outside only: an exception would not get out of C."""
        self._last_seconds = _now()
        if window is not self._driver() or self.ending.begun:
            return
        self._end_in_time()
        if self._virtual is not None:
            self._virtual.advance()
        if self._is_over(window):
            self._end_from_outside()

    def _end_in_time(self) -> None:
        """See to it that a program ends after its seconds even if it shows nothing new: nobody can make it draw."""
        seconds = self._options.seconds
        if seconds is None or self._options.steps or self._timer is not None:
            return
        self._timer = threading.Timer(seconds + _SLACK_SECONDS, self._end_from_outside)
        self._timer.daemon = True
        self._timer.start()
        self._reminder = remind(seconds + 3 * _SLACK_SECONDS, all_of_display=self._display is not None)

    def _end_from_outside(self) -> None:
        """Finish the film, so that nothing can spoil it, and then end the program."""
        self._stop_reminder()
        self.finish()
        self.ending.begin()

    def _after_frame(self, window: Window) -> None:
        """Let the window that drives time do so, and end the program when it has drawn enough."""
        self._last_seconds = _now()
        if window is not self._driver():
            return
        if self._virtual is not None:
            self._virtual.advance()
        if self._stopping:
            self._frames_after_stop += 1
            if self._frames_after_stop > _GRACE_FRAMES:
                raise EndOfRecording(0)
        elif self._is_over(window):
            self._end()

    def _driver(self) -> Window | None:
        """Return the first of the open windows that have drawn."""
        return next((window for window in self._windows if window.is_open), None)

    def _is_over(self, window: Window) -> bool:
        if not self._options.is_limited:
            return False
        return window.recorder is None or window.recorder.finished or self._is_past(_now())

    def _end(self) -> None:
        if not self._ask_to_stop():
            raise EndOfRecording(0)

    def _ask_all(self) -> bool:
        """Ask every loop and every window to end; returns whether there were any."""
        asked = self._ask_to_stop()
        with x_errors_ignored(None):
            windows = ask_windows_to_close(os.getpid(), all_of_display=self._display is not None)
        return bool(windows) or asked

    def finish(self) -> bool:
        """Finish all recordings and tell of each once; returns whether there are any and all are whole."""
        with self._telling:
            for recorder in [each for each in self.recorders if each not in self._told]:
                try:
                    self._say(str(recorder.close()))
                except GlrecError as error:
                    self._whole = False
                    self._say(f"the recording failed: {error}")
                self._told.append(recorder)
        return self.has_drawn and not self.errors and self._whole

    def _ask_to_stop(self) -> bool:
        """Ask every loop to end; returns whether any is running that will."""
        self._stopping = True
        answers = [stop() for stop in self._stops]
        return any(answers)
