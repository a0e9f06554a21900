"""Promises as plain functions, so that any test runner can ask for them, all at once or one by one.

A promise is a function of a case (what is examined, and what is known of it). Its name is its text: a promise that is broken
is told by it. Nothing here is an `assert` statement, which Python leaves out with `-O`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

CaseT = TypeVar("CaseT")
ErrorT = TypeVar("ErrorT", bound=Exception)
Promise = Callable[[CaseT], None]
"""Returns where the case keeps it, and raises where it does not."""


def text_of(promise: Promise[CaseT]) -> str:
    """Return a promise in words."""
    return promise.__name__.replace("_", " ")


def check_promises(promises: Iterable[Promise[CaseT]], case: CaseT) -> None:
    """Ask for one promise after the other.

    Raises:
        AssertionError: one is broken; the message says which and how. What was raised meanwhile is its cause.

    """
    for promise in promises:
        try:
            promise(case)
        except Exception as error:
            how = str(error) if isinstance(error, AssertionError) else repr(error)
            raise AssertionError(f"a promise is broken: {text_of(promise)}: {how}") from error


def expect(found: object, wanted: object, what: str) -> None:
    """Raise AssertionError unless `found` is `wanted`."""
    if found != wanted:
        raise AssertionError(f"{what}: found {found}, expected {wanted}")


def expect_true(kept: object, what: str) -> None:
    """Raise AssertionError, with what is wrong, unless something holds."""
    if not kept:
        raise AssertionError(what)


def expect_refusal(kind: type[ErrorT], act: Callable[[], object], what: str) -> ErrorT:
    """Return the error that is raised; AssertionError where there is none or one of another kind."""
    try:
        act()
    except kind as error:
        return error
    except Exception as error:
        raise AssertionError(f"{what} raises {error!r}, not {kind.__name__}") from error
    raise AssertionError(f"{what} raises no {kind.__name__}")
