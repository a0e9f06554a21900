"""Makes calls fail on purpose, and puts what fails or waits around the encoders of recordings."""

import threading
from collections.abc import Callable, Container
from functools import partialmethod
from typing import Any

import pytest

from glrec_core.encode import software
from glrec_core.stages import Encoder


class Failing:
    """Stands in for a method and fails in the calls whose numbers, from 1, are among `calls`; counts all."""

    def __init__(self, original: Callable[..., Any], calls: Container[int], error: Exception) -> None:
        self._original = original
        self._calls = calls
        self._error = error
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        with self._lock:
            self.count += 1
            number = self.count
        if number in self._calls:
            raise self._error
        return self._original(*arguments, **options)

    @property
    def failed(self) -> bool:
        """Whether a call that was to fail has come."""
        return any(number in self._calls for number in range(1, self.count + 1))


def fail(
    monkeypatch: pytest.MonkeyPatch, target: object, name: str, calls: Container[int], error: Exception
) -> Failing:
    """Let a function, or a method of a class, fail in some of its calls; see `Failing`."""
    failing = Failing(getattr(target, name), calls, error)
    monkeypatch.setattr(target, name, partialmethod(failing) if isinstance(target, type) else failing)
    return failing


def wrap_encoders(monkeypatch: pytest.MonkeyPatch, around: Callable[[Encoder], Encoder]) -> None:
    """Put something around every encoder on the CPU that is opened from now on; see `glrec_core.testing`."""
    open_encoder = software.open_encoder
    monkeypatch.setattr(
        software, "open_encoder", lambda *given, **named: around(open_encoder(*given, **named))
    )
