"""Asking what may be broken: whatever goes wrong in a probe is its answer, and no context stays behind.

NVIDIA's packages and CuPy load the driver when they are imported, and fail in ways of their own: half installed, made for
another driver, of another version than their parts. A recording that has another way to go must not end with that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from glrec_core.cuda.context import kept
from glrec_core.errors import ConfigError

_Arguments = ParamSpec("_Arguments")
_Probe = Callable[_Arguments, str | None]

_MOST_CHARACTERS = 300


def in_words(error: BaseException) -> str:
    """Return an error's kind and text, in one line."""
    text = " ".join(str(error).split())
    kind = type(error).__name__
    return f"{kind}: {text[:_MOST_CHARACTERS]}" if text else kind


def answering(what: str) -> Callable[[_Probe[_Arguments]], _Probe[_Arguments]]:
    """Make a function that says what stands against `what` say so, too, of everything that it raises; but not of options.

    Ctrl-C remains Ctrl-C. A package that ends the process when it is imported does not end it.
    """

    def decorated(probe: _Probe[_Arguments]) -> _Probe[_Arguments]:
        @wraps(probe)
        def asked(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> str | None:
            try:
                with kept():
                    return probe(*args, **kwargs)
            except (ConfigError, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - a reason, as the paragraph above says
                return f"{what} cannot be used: {in_words(error)}"

        return asked

    return decorated
