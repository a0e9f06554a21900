"""Progress bars: for people at a terminal, and only where it takes a while."""

import sys
import threading

import pytest

from glrec_core.values import progress


class Terminal:
    """Stands in for the standard error."""

    encoding = "utf-8"

    def __init__(self, *, interactive: bool) -> None:
        self.interactive = interactive
        self.text = ""

    def isatty(self) -> bool:
        return self.interactive

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Have nothing to flush."""


class Clock:
    """Time that goes on by what is waited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(progress, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def on_terminal(monkeypatch: pytest.MonkeyPatch, *, interactive: bool) -> Terminal:
    terminal = Terminal(interactive=interactive)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    return terminal


@pytest.mark.parametrize("interactive", [True, False])
def test_a_terminal_shows_how_far_it_is_after_a_second(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, *, interactive: bool
) -> None:
    terminal, threads = on_terminal(monkeypatch, interactive=interactive), threading.active_count()
    with progress.progress_bar("decoding") as bar:
        for done in range(20):
            bar(done, 20)
            assert terminal.text == "" or clock.now >= 1
            clock.now += 0.1
    assert ("decoding" in terminal.text) == interactive
    assert threading.active_count() == threads


def test_what_is_done_within_a_second_shows_nothing(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    terminal = on_terminal(monkeypatch, interactive=True)
    with progress.progress_bar("decoding") as bar:
        for done in range(9):
            bar(done, 9)
            clock.now += 0.1
    assert terminal.text == ""


@pytest.mark.parametrize("interactive", [True, False])
@pytest.mark.parametrize(("backlog", "finishing"), [(40, 0), (0, 40), (40, 40), (3, 3)])
def test_the_end_of_a_recording_shows_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, backlog: int, finishing: int, *, interactive: bool
) -> None:
    """Each turn takes a tenth of a second: first for the frames that wait, then for the files."""
    terminal, left = on_terminal(monkeypatch, interactive=interactive), [backlog, finishing]

    def join(timeout_seconds: float | None) -> bool:
        assert (timeout_seconds is None) != interactive
        if timeout_seconds is None:
            left[:] = [0, 0]
            return True
        clock.now += timeout_seconds
        current = 0 if left[0] else 1
        left[current] -= 1
        return left <= [0, 0]

    threads = threading.active_count()
    progress.wait_with_progress(join, lambda: left[0])
    assert max(left) <= 0
    assert ("encoding" in terminal.text) == (interactive and backlog == 40)
    assert ("finishing" in terminal.text) == (interactive and finishing == 40)
    assert threading.active_count() == threads


def test_without_rich_there_is_none(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    terminal = on_terminal(monkeypatch, interactive=True)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setattr(progress, "_has_rich", lambda: False)
    with progress.progress_bar("decoding") as bar:
        clock.now = 5
        bar(1, 2)
    progress.wait_with_progress(lambda _: True, lambda: 3)
    assert terminal.text == ""
