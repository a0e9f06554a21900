"""Qt's timers on virtual time: they come due by Python's clock, which `glrec run --step` has replaced.

`QTimer` is the class that animations use from Python; `QElapsedTimer` is what they measure with. Timers of other threads,
`QObject.startTimer` and Qt's own animations keep real time.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

_EARLY_SECONDS = 1e-6
"""How much earlier timers come due, which rounding would make a whole frame late."""

Action = Callable[[], Any]


class VirtualTimers:
    """Stands in for the timers of one binding. `started` is told when there is one."""

    def __init__(self, core: ModuleType, started: Callable[[], None]) -> None:
        self._core = core
        self._started = started
        self._due: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self._running: dict[int, tuple[Any, int]] = {}
        self.real_start: Callable[..., None] = core.QTimer.start

    def install(self) -> None:
        """Take the place of the methods of `QTimer`, and of `QElapsedTimer`."""
        timer = self._core.QTimer
        timer.start = self._replacing(timer.start, self._start)
        timer.stop = self._replacing(timer.stop, self._stop)
        timer.isActive = self._replacing(timer.isActive, lambda each: id(each) in self._running)
        timer.singleShot = staticmethod(self._single_shot(timer.singleShot))
        self._core.QElapsedTimer = ElapsedTimer  # type: ignore[attr-defined]

    def fire(self) -> None:
        """Fire what is due, once each: a timer that is started again comes due later."""
        now = time.perf_counter()
        due = []
        while self._due and self._due[0][0] <= now:
            due.append(heapq.heappop(self._due)[2])
        for action in due:
            action()

    def _replacing(self, real: Callable[..., Any], virtual: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method that leaves the timers of other threads alone.

        It is not dressed by functools.wraps: to look at a method's documentation makes PySide complain while it is imported.
        """

        def method(timer: Any, *arguments: Any, **options: Any) -> Any:
            application = self._core.QCoreApplication.instance()
            own = application is not None and timer.thread() == application.thread()
            return (virtual if own else real)(timer, *arguments, **options)

        return method

    def _start(self, timer: Any, interval: Any = None) -> None:
        if interval is not None:
            timer.setInterval(interval)
        self._schedule(timer, next(self._numbers))
        self._started()

    def _stop(self, timer: Any) -> None:
        self._running.pop(id(timer), None)

    def _schedule(self, timer: Any, number: int) -> None:
        self._running[id(timer)] = (timer, number)
        self._after(timer.interval(), lambda: self._fire_timer(timer, number))

    def _fire_timer(self, timer: Any, number: int) -> None:
        if self._running.get(id(timer)) != (timer, number):
            return  # stopped, or started anew
        try:
            if timer.isSingleShot():
                self._stop(timer)
            else:
                self._schedule(timer, number)
            timer.timeout.emit()
        except RuntimeError:  # Qt has deleted it
            self._stop(timer)

    def _single_shot(self, real: Callable[..., None]) -> Callable[..., None]:
        def single_shot(milliseconds: Any, *arguments: Any) -> None:
            if isinstance(milliseconds, int) and len(arguments) == 1 and callable(arguments[0]):
                self._after(milliseconds, arguments[0])
                self._started()
            else:
                real(milliseconds, *arguments)

        return single_shot

    def _after(self, milliseconds: int, action: Action) -> None:
        due = time.perf_counter() + milliseconds / 1000 - _EARLY_SECONDS
        heapq.heappush(self._due, (due, next(self._numbers), action))


class ElapsedTimer:
    """`QElapsedTimer` that takes its time from Python's clock."""

    def __init__(self) -> None:
        self._started: float | None = None

    def start(self) -> None:
        """Begin to count."""
        self._started = time.perf_counter()

    def restart(self) -> int:
        """Return the milliseconds so far, and begin anew."""
        elapsed = self.elapsed()
        self.start()
        return elapsed

    def invalidate(self) -> None:
        """Count no more."""
        self._started = None

    def isValid(self) -> bool:  # noqa: N802 - Qt's name
        """Return whether it counts."""
        return self._started is not None

    def nsecsElapsed(self) -> int:  # noqa: N802 - Qt's name
        """Return the nanoseconds so far."""
        return 0 if self._started is None else round(1e9 * (time.perf_counter() - self._started))

    def elapsed(self) -> int:
        """Return the milliseconds so far."""
        return self.nsecsElapsed() // 1_000_000

    def hasExpired(self, milliseconds: int) -> bool:  # noqa: N802 - Qt's name
        """Return whether so many milliseconds have passed."""
        return self.elapsed() > milliseconds
