"""The context without a window: usable, torn down again, and never in somebody else's way."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import moderngl
import pytest

from glrec_core.errors import CaptureError
from glrec_core.gl.functions import current_gl
from glrec_core.gl.headless import (
    DISPLAY_VARIABLES,
    Egl,
    context_on,
    first_context,
    headless_displays,
    window_displays,
)
from glrec_core.gl.platform import current_context
from tests.support.displays import run_program, xvfb

Run = Callable[[Callable[[], Any]], Any]

DESCRIBE = """
from glrec_core.gl.functions import current_gl
from glrec_core.gl.headless import first_context, {displays}
with first_context({displays}) as display:
    print(display.name, current_gl().version >= (3, 3), sep="|")
"""


@pytest.fixture
def fresh_thread() -> Iterator[Run]:
    """Run a function in a thread in which no context has been current; libraries leave theirs behind."""
    with ThreadPoolExecutor(1) as threads:
        yield lambda act: threads.submit(act).result()


def test_it_is_current_within_the_block_only(fresh_thread: Run) -> None:
    def act() -> None:
        with first_context(headless_displays) as display:
            gl = current_gl()
            assert gl.version >= (3, 3)
            assert display.name
            assert gl.context.is_current()
        assert current_context() is None

    fresh_thread(act)


def test_contexts_can_be_made_again_and_again(fresh_thread: Run) -> None:
    def act() -> None:
        for _ in range(20):
            with first_context(headless_displays):
                assert current_context() is not None
        assert current_context() is None

    fresh_thread(act)


def test_an_error_in_the_block_ends_the_context(fresh_thread: Run) -> None:
    def act() -> None:
        with pytest.raises(ZeroDivisionError), first_context(headless_displays):
            raise ZeroDivisionError
        assert current_context() is None

    fresh_thread(act)


def test_every_display_can_be_tried(fresh_thread: Run) -> None:
    def act() -> None:
        egl = Egl()
        names = []
        for display in headless_displays(egl):
            with context_on(egl, display):
                names.append(display.name)
        assert len(names) == len(set(names)) > 0

    fresh_thread(act)


class OlderDriver(Egl):
    """Makes contexts of no newer version than one."""

    def __init__(self, newest: tuple[int, int]) -> None:
        super().__init__()
        self._newest = newest
        self.given: tuple[int, int] | None = None

    def call(self, name: str, *arguments: Any) -> int:
        if name != "eglCreateContext":
            return super().call(name, *arguments)
        asked = arguments[3][1], arguments[3][3]
        if asked > self._newest:
            raise CaptureError(f"no OpenGL {asked}")
        self.given = asked
        return super().call(name, *arguments)


@pytest.mark.parametrize("newest", [(4, 5), (4, 4), (4, 3), (3, 3)])
def test_the_newest_version_of_the_driver_is_taken(newest: tuple[int, int], fresh_thread: Run) -> None:
    def act() -> None:
        egl = OlderDriver(newest)
        with context_on(egl, next(headless_displays(egl))):
            assert egl.given == newest

    fresh_thread(act)


def test_too_old_a_driver_is_refused(fresh_thread: Run) -> None:
    def act() -> None:
        egl = OlderDriver((3, 2))
        with (
            pytest.raises(CaptureError, match=r"no OpenGL 3\.3 or newer"),
            context_on(egl, next(headless_displays(egl))),
        ):
            pytest.fail("a context was made")

    fresh_thread(act)


def test_another_context_is_left_alone(context: moderngl.Context) -> None:
    assert context.version_code >= 330
    before = current_context()
    with (
        pytest.raises(CaptureError, match="current in this thread already"),
        first_context(headless_displays),
    ):
        pytest.fail("a second context was made current")
    assert current_context() == before


def test_another_librarys_context_lives_on(context: moderngl.Context, fresh_thread: Run) -> None:
    """Its display is the same one in this process."""
    buffer = context.buffer(b"kept")

    def make_and_end() -> str:
        with first_context(headless_displays):
            return current_gl().renderer

    assert fresh_thread(make_and_end) == current_gl().renderer
    assert buffer.read() == b"kept"
    buffer.release()


def test_a_window_systems_display_is_found() -> None:
    with xvfb() as display:
        answer = run_program(
            DESCRIBE.format(displays="window_displays"), env={"DISPLAY": display, "WAYLAND_DISPLAY": ""}
        ).stdout
    assert answer.strip() == f"DISPLAY={display}|True"


def test_without_a_window_system_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in DISPLAY_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert list(window_displays(Egl())) == []
    with pytest.raises(CaptureError, match="there is no display"), first_context(window_displays):
        pytest.fail("a context was made")


def test_every_displays_reason_is_told() -> None:
    program = """
from glrec_core.errors import CaptureError
from glrec_core.gl.headless import first_context, headless_displays
try:
    with first_context(headless_displays):
        print("made")
except CaptureError as error:
    print(error)
"""
    answer = run_program(program, env={"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull}).stdout
    assert answer.startswith("no OpenGL context through EGL: ")
