"""Turns CUDA's status codes into glrec's error, once."""

from __future__ import annotations

from typing import Any

from glrec_core.errors import CaptureError


def checked(result: tuple[Any, ...], what: str) -> Any:
    """Return what a call of cuda-bindings gave besides its status: nothing, one value or a tuple.

    Raises:
        CaptureError: the status is not success; the text is "cannot `what`" and the status's name.

    """
    status, *values = result
    if int(status) != 0:
        raise CaptureError(f"CUDA cannot {what}: {status.name}")
    return values[0] if len(values) == 1 else tuple(values)
