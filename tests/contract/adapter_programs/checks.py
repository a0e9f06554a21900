"""What every adapter must keep, written once for all frameworks.

Each check opens its own targets in an interpreter of its own. `Listener` stands for the recorder: it looks at the
framebuffer at the moment at which it is told of a frame. The last checks use the real recorder.
"""

import atexit
import gc
import os
import shutil
import sys
import tempfile
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import glrec_core
from glrec_core import NotFinishedError
from glrec_core.adapter import Attachment, ConfigError, Framebuffer
from glrec_core.testing import barcode
from tests.contract.adapter_programs import native
from tests.contract.adapter_programs.toolkit import SIZE, Ability, Toolkit, is_imported
from tests.contract.adapter_programs.toolkits import toolkit as row_named
from tests.support.video import assert_recording, decode_rgb

FRAMES = 5
RECORDED_FRAMES = 70  # beyond a keyframe, which comes every 60
FPS = 30
INVALID_ENUM = 0x0500

Check = Callable[[Toolkit], None]
CHECKS: dict[str, Check] = {}
NEEDS: dict[str, Ability] = {}
"""What a check asks of a framework beyond the acts of `Toolkit`; those that stand here are not for all."""


class Listener:
    """A tap that reads the number of each frame, and checks that the picture is whole, upright and of its size."""

    def __init__(self) -> None:
        self.finished = False
        self.numbers: list[int] = []
        self.closings: list[int | None] = []

    def frame_drawn(self, source: Framebuffer) -> None:
        assert source.size == SIZE, f"told {source.size}, is {SIZE}"
        picture = native.read_picture(source.name, source.size)
        barcode.check_orientation(picture)
        self.numbers.append(barcode.read(picture))

    def context_closing(self) -> None:
        self.closings.append(native.current_context())


def check(function: Check) -> Check:
    """Enter a check into the list."""
    CHECKS[function.__name__] = function
    return function


def check_with(needed: Ability) -> Callable[[Check], Check]:
    """Enter a check into the list that is for frameworks with this ability only."""

    def enter(function: Check) -> Check:
        NEEDS[function.__name__] = needed
        return check(function)

    return enter


def reason_against(toolkit: Toolkit, name: str) -> str | None:
    """Return why a check cannot be made of a framework, None if it can."""
    return toolkit.lacks.get(NEEDS[name]) if name in NEEDS else None


def paint(number: int) -> None:
    """Draw picture `number` into the bound framebuffer."""
    barcode.draw(native.fill, SIZE, number)


def attach(toolkit: Toolkit, target: object, tap: Any) -> Attachment:
    """Hook a target that the adapter must know."""
    attachment = toolkit.adapter().glrec_attach(target, tap)
    assert attachment is not None, f"{toolkit.framework}: {target!r} is not known to its adapter"
    return attachment


def draw_frames(toolkit: Toolkit, target: object, numbers: range) -> None:
    """Draw the pictures of `numbers`, one per frame."""
    for number in numbers:
        toolkit.frame(target, partial(paint, number))


@check
def every_frame_is_heard_once_in_order(toolkit: Toolkit) -> None:
    target, listener = toolkit.open(), Listener()
    attach(toolkit, target, listener)
    draw_frames(toolkit, target, range(FRAMES))
    assert listener.numbers == list(range(FRAMES))


@check
def detaching_leaves_the_target_as_found(toolkit: Toolkit) -> None:
    target, listener = toolkit.open(), Listener()
    draw_frames(toolkit, target, range(1))  # frameworks keep notes of their own from the first frame on
    found = toolkit.fingerprint(target)
    attachment = attach(toolkit, target, listener)
    assert toolkit.fingerprint(target) != found, "nothing was hooked where the fingerprint looks"
    attachment.detach()
    assert toolkit.fingerprint(target) == found
    draw_frames(toolkit, target, range(FRAMES))
    assert listener.numbers == []


@check
def detaching_is_safe_twice_and_after_closing(toolkit: Toolkit) -> None:
    target = toolkit.open()
    attachment = attach(toolkit, target, Listener())
    attachment.detach()
    attachment.detach()
    late = attach(toolkit, target, Listener())
    toolkit.close(target)
    late.detach()


@check
def closing_is_told_once_while_the_context_lives(toolkit: Toolkit) -> None:
    target, listener, other = toolkit.open(), Listener(), native.OwnContext()
    attachment = attach(toolkit, target, listener)
    draw_frames(toolkit, target, range(1))
    with attachment.current():
        own = native.current_context()
    native.release_current_context()
    other.make_current()
    toolkit.close(target)
    assert own is not None
    assert listener.closings == [own]
    assert listener.numbers == [0]


@check_with("several targets")
def closing_is_told_while_another_target_is_current(toolkit: Toolkit) -> None:
    other, target, listener = toolkit.open(), toolkit.open(), Listener()
    attachment = attach(toolkit, target, listener)
    draw_frames(toolkit, target, range(1))
    with attachment.current():
        own = native.current_context()
    draw_frames(toolkit, other, range(1))  # leaves the other's context current
    toolkit.close(target)
    assert own is not None
    assert listener.closings == [own]
    draw_frames(toolkit, other, range(1))
    assert listener.numbers == [0]


@check
def closing_leaves_no_hook(toolkit: Toolkit) -> None:
    found = []
    for hook in (False, True):
        target = toolkit.open()
        if hook:
            attach(toolkit, target, Listener())
        draw_frames(toolkit, target, range(1))
        toolkit.close(target)
        found.append(places(toolkit.fingerprint(target)))
    assert found[0] == found[1]


def places(fingerprint: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return the names in a fingerprint, and how many handlers each has: what two targets alike have in common."""
    return {
        owner: {name: len(found) if isinstance(found, list) else 1 for name, found in names.items()}
        for owner, names in fingerprint.items()
    }


@check
def unknown_targets_are_left_alone(toolkit: Toolkit) -> None:
    adapter = toolkit.adapter()
    assert not is_imported(toolkit.framework, sys.modules)
    unknown = (None, object(), "a string", 7, Listener)
    assert [adapter.glrec_attach(target, Listener()) for target in unknown] == [None] * len(unknown)
    assert not is_imported(toolkit.framework, sys.modules)
    toolkit.open()
    assert [adapter.glrec_attach(target, Listener()) for target in unknown] == [None] * len(unknown)


@check
def targets_are_named(toolkit: Toolkit) -> None:
    name, _, classes = toolkit.adapter().glrec_targets().partition(": ")
    assert name == toolkit.name
    assert classes


@check_with("closed targets")
def closed_targets_are_refused(toolkit: Toolkit) -> None:
    target = toolkit.open()
    toolkit.close(target)
    with pytest.raises(ConfigError, match="closed"):
        toolkit.adapter().glrec_attach(target, Listener())


@check_with("several targets")
def two_targets_are_told_apart(toolkit: Toolkit) -> None:
    targets, listeners = (toolkit.open(), toolkit.open()), (Listener(), Listener())
    for target, listener in zip(targets, listeners, strict=True):
        attach(toolkit, target, listener)
    for number in range(FRAMES):
        for offset, target in zip((0, 1000), targets, strict=True):
            draw_frames(toolkit, target, range(offset + number, offset + number + 1))
    assert listeners[0].numbers == list(range(FRAMES))
    assert listeners[1].numbers == list(range(1000, 1000 + FRAMES))


@check
def two_attachments_on_one_target_are_independent(toolkit: Toolkit) -> None:
    target = toolkit.open()
    draw_frames(toolkit, target, range(1))
    found = toolkit.fingerprint(target)
    for order in ((0, 1), (1, 0)):
        listeners = [Listener(), Listener()]
        attachments = [attach(toolkit, target, listener) for listener in listeners]
        draw_frames(toolkit, target, range(1))
        attachments[order[0]].detach()
        draw_frames(toolkit, target, range(1, 2))
        attachments[order[1]].detach()
        draw_frames(toolkit, target, range(2, 3))
        assert listeners[order[0]].numbers == [0]
        assert listeners[order[1]].numbers == [0, 1]
        assert toolkit.fingerprint(target) == found, f"after detaching in order {order}"


@check_with("several targets")
def current_is_given_back_to_another_target(toolkit: Toolkit) -> None:
    target, other = toolkit.open(), toolkit.open()
    attachment, other_attachment = (attach(toolkit, each, Listener()) for each in (target, other))
    with other_attachment.current():
        theirs = native.current_context()
        with attachment.current():
            own = native.current_context()
            paint(0)
        assert native.current_context() == theirs
    assert None not in {own, theirs}
    assert own != theirs


@check
def current_is_given_back_to_another_library(toolkit: Toolkit) -> None:
    targets = [toolkit.open() for _ in range(1 if "several targets" in toolkit.lacks else 2)]
    attachment = attach(toolkit, targets[0], Listener())
    draw_frames(toolkit, targets[0], range(1))
    for library in (native.OwnContext(), native.OwnContext()):
        for drawn_last in targets:  # which the framework then takes for current
            draw_frames(toolkit, drawn_last, range(1))
            library.make_current()
            with attachment.current():
                assert native.current_context() not in {None, library.handle}
            assert native.current_context() == library.handle
        native.release_current_context()
        with attachment.current():
            assert native.current_context() is not None
        assert native.current_context() is None
        library.destroy()


@check
def current_works_behind_the_frameworks_back(toolkit: Toolkit) -> None:
    """Another library may have changed what is current since the framework noted it."""
    target = toolkit.open()
    attachment = attach(toolkit, target, Listener())
    with attachment.current():
        own = native.current_context()
    with attachment.current():
        native.release_current_context()
    with attachment.current():
        assert native.current_context() == own


@check
def current_does_nothing_after_closing(toolkit: Toolkit) -> None:
    target = toolkit.open()
    attachment = attach(toolkit, target, Listener())
    toolkit.close(target)
    before = native.current_context()
    with attachment.current():
        assert native.current_context() == before
    assert native.current_context() == before


@check_with("collected targets")
def targets_are_not_kept_alive(toolkit: Toolkit) -> None:
    def leave(tap: Listener | None, *, close: bool) -> tuple[Attachment | None, weakref.ref[Any]]:
        target = toolkit.open()
        attachment = None if tap is None else attach(toolkit, target, tap)
        draw_frames(toolkit, target, range(1))
        if close:
            toolkit.close(target)
        return attachment, weakref.ref(target)

    for close in (True, False):
        _, free = leave(None, close=close)
        _attachment, hooked = leave(Listener(), close=close)
        gc.collect()
        assert (hooked() is None) == (free() is None), f"with close={close}"


@check
def a_failing_tap_breaks_no_later_frame(toolkit: Toolkit) -> None:
    class Misuse(Exception):  # an error of this test alone
        pass

    class Failing(Listener):
        def frame_drawn(self, source: Framebuffer) -> None:
            super().frame_drawn(source)
            raise Misuse

    target, listener = toolkit.open(), Failing()
    attach(toolkit, target, listener)
    for number in range(FRAMES):
        with suppress(Misuse):  # a framework may also report it in a way of its own
            draw_frames(toolkit, target, range(number, number + 1))
    assert listener.numbers == list(range(FRAMES))


def recorded_frames(
    toolkit: Toolkit, draw: Callable[[int], None], after: Callable[[int], None], **options: Any
) -> None:
    """Record frames with the real recorder, close it amid one that is not recorded any more, and check the film.

    `draw` paints and may do more; `after` looks at what the swap, or the closing, has left.
    """
    target = toolkit.open()

    def draw_and_close() -> None:
        draw(RECORDED_FRAMES)
        recorder.close()
        after(RECORDED_FRAMES)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        recorder = glrec_core.record(target, path, timing="step", fps=FPS, **options)
        for number in range(RECORDED_FRAMES):
            toolkit.frame(target, partial(draw, number), partial(after, number))
        toolkit.frame(target, draw_and_close)
        assert_recording(path, RECORDED_FRAMES, SIZE, FPS)


@check
def recording_raises_no_gl_error(toolkit: Toolkit) -> None:
    def draw(number: int) -> None:
        paint(number)
        assert native.error() == 0, f"painting frame {number}"

    def after(number: int) -> None:
        assert native.error() == 0, f"after frame {number}"

    recorded_frames(toolkit, draw, after)


@check
def recording_gives_all_state_back(toolkit: Toolkit) -> None:
    state_is_given_back(toolkit)


@check
def the_dot_gives_all_state_back(toolkit: Toolkit) -> None:
    state_is_given_back(toolkit, dot=True)


def state_is_given_back(toolkit: Toolkit, **options: Any) -> None:
    """Record a program that leaves odd state behind in each frame, and look at it afterwards."""
    odd: list[native.OddState] = []
    left: list[native.State] = []

    def draw(number: int) -> None:
        if number == 0:
            odd.append(native.OddState())
        odd[0].reset()
        paint(number)
        odd[0].set()
        left.append(native.state())

    def after(number: int) -> None:
        found = native.state()
        changed = {name: (left[-1][name], found[name]) for name in found if found[name] != left[-1][name]}
        assert not changed, f"left and found after frame {number}: {changed}"

    recorded_frames(toolkit, draw, after, **options)


@check
def recording_leaves_the_hosts_error_pending(toolkit: Toolkit) -> None:
    def draw(number: int) -> None:
        paint(number)
        native.raise_invalid_enum()

    def after(number: int) -> None:
        assert native.error() == INVALID_ENUM, f"after frame {number}"

    recorded_frames(toolkit, draw, after)


@check
def the_dot_is_seen_and_not_recorded(toolkit: Toolkit) -> None:
    target, left = toolkit.open(), list[NDArray[np.uint8]]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mkv"
        recorder = glrec_core.record(target, path, timing="step", fps=FPS, codec="ffv1", dot=True)

        def look(source: Framebuffer) -> None:
            drawn(source)
            left.append(native.read_picture(source.name, source.size)[..., :3].copy())

        drawn, recorder.frame_drawn = recorder.frame_drawn, look  # type: ignore[method-assign]
        draw_frames(toolkit, target, range(FRAMES))
        recorder.pause()
        draw_frames(toolkit, target, range(FRAMES, FRAMES + 1))
        recorder.close()
        for number, picture in enumerate(decode_rgb(path)):
            assert np.array_equal(picture, barcode.expected(SIZE, number)), f"frame {number}"
    for number, picture in enumerate(left):
        differs = (picture != barcode.expected(SIZE, number)).any(axis=2)
        assert differs.any() == (number < FRAMES), f"frame {number}"  # the last one came while it was paused
        if differs.any():
            rows, columns = np.nonzero(differs)
            assert max(rows) < SIZE[1] // 8
            assert max(columns) < SIZE[0] // 8
            assert np.unique(picture[differs], axis=0).tolist() == [[255, 0, 0]]


@check_with("keys")
def the_hotkey_pauses_and_the_program_still_gets_it(toolkit: Toolkit) -> None:
    target, heard = toolkit.open(), list[str]()
    toolkit.hear_keys(target, heard.append)
    draw_frames(toolkit, target, range(1))  # frameworks keep notes of their own from the first frame on
    found = toolkit.fingerprint(target)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        recorder = glrec_core.record(target, path, timing="step", fps=FPS, hotkey="f9", paused=True)
        for begin, key in ((90, "F9"), (0, "F8"), (5, "F9"), (80, "F9"), (10, "F9")):
            draw_frames(toolkit, target, range(begin, begin + 5))
            toolkit.press(target, key)
        draw_frames(toolkit, target, range(70, 75))
        assert recorder.paused
        recorder.close()
        assert_recording(path, 15, SIZE, FPS)
    assert heard == ["F9", "F8", "F9", "F9", "F9"]
    assert toolkit.fingerprint(target) == found
    toolkit.press(target, "F9")
    draw_frames(toolkit, target, range(1))  # where some adapters look at keys
    assert recorder.paused, "the recorder still hears of keys"


@check
def a_film_that_was_waited_for_is_there(toolkit: Toolkit) -> None:
    target = toolkit.open()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        recorder = glrec_core.record(target, path, timing="step", fps=FPS)
        draw_frames(toolkit, target, range(RECORDED_FRAMES))
        with pytest.raises(NotFinishedError, match="goes on"):
            recorder.wait()
        toolkit.close(target)
        recording = recorder.wait()
        assert (recording.path, recording.frames) == (path, RECORDED_FRAMES)
        assert recorder.closed
        assert recorder.wait(1) == recording
        assert_recording(path, RECORDED_FRAMES, SIZE, FPS)


@check
def a_program_may_end_with_its_window(toolkit: Toolkit) -> None:
    """What nobody waits for is finished at the end, without a word: nothing has been left open."""
    folder = tempfile.mkdtemp()
    path = Path(folder) / "film.mp4"
    atexit.register(look_at_the_end, path)  # called after the recorder's own function, which comes later
    target = toolkit.open()
    glrec_core.record(target, path, timing="step", fps=FPS)
    draw_frames(toolkit, target, range(RECORDED_FRAMES))
    toolkit.close(target)


def look_at_the_end(path: Path) -> None:
    """Check a film when the program ends, where nothing but the exit code is heard of an exception."""
    try:
        assert_recording(path, RECORDED_FRAMES, SIZE, FPS)
    except BaseException:  # noqa: BLE001 - shown, and the exit code tells of it
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    shutil.rmtree(path.parent)


def main(row: str, name: str) -> None:
    """Run one check against one framework."""
    CHECKS[name](row_named(row))


if __name__ == "__main__":
    main(*sys.argv[1:])
