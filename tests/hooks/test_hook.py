"""The hook on one method of one object, on plain objects."""

import gc
import weakref
from typing import Any

import pytest

from glrec_core.hooks.method import MethodHook


class Window:
    """Has a method like those of a window."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def flip(self, name: str = "flip") -> str:
        self.calls.append(name)
        return f"{name} done"


def hook(window: Any, name: str) -> MethodHook:
    return MethodHook(window, "flip", lambda: window.calls.append(name))


def test_calls_before_and_passes_arguments_and_result_on() -> None:
    window = Window()
    hook(window, "hook")
    assert window.flip(name="own") == "own done"
    assert window.calls == ["hook", "own"]


def test_the_method_runs_although_the_hook_fails() -> None:
    window = Window()

    def fail() -> None:
        raise RuntimeError("misuse")

    MethodHook(window, "flip", fail)
    with pytest.raises(RuntimeError, match="misuse"):
        window.flip()
    assert window.calls == ["flip"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_hooks_removed_in_any_order_leave_the_object_as_found(order: tuple[int, ...]) -> None:
    window = Window()
    found = dict(vars(window))
    hooks = [hook(window, str(index)) for index in range(3)]
    left = {"0", "1", "2"}
    for index in order:
        hooks[index].remove()
        hooks[index].remove()
        left.discard(str(index))
        window.calls.clear()
        window.flip()
        assert sorted(window.calls) == sorted(left | {"flip"})
    assert vars(window) == found


def test_an_instance_attribute_comes_back() -> None:
    window: Any = Window()

    def own() -> None:
        """Stand for a method that the program replaced itself."""

    window.flip = own
    hook(window, "hook").remove()
    assert window.flip is own


def test_under_somebody_elses_wrapper_it_only_passes_calls_on() -> None:
    window: Any = Window()
    mine = hook(window, "hook")
    hooked = window.flip

    def wrapper() -> None:
        window.calls.append("wrapper")
        hooked()

    window.flip = wrapper
    window.flip()
    mine.remove()
    window.flip()
    assert window.calls == ["wrapper", "hook", "flip", "wrapper", "flip"]
    assert window.flip is wrapper


def test_the_object_is_not_kept_alive() -> None:
    window = Window()
    mine = MethodHook(window, "flip", lambda: None)
    gone = weakref.ref(window)
    del window
    gc.collect()
    assert gone() is None
    mine.remove()


def test_it_knows_whether_it_is_where_it_was_put() -> None:
    window: Any = Window()
    mine = hook(window, "hook")
    assert mine.in_place
    window.flip = lambda: None
    assert not mine.in_place
    mine = hook(window, "hook")
    assert mine.in_place
    mine.remove()
    assert not mine.in_place
