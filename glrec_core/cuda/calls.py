"""Turns CUDA's status codes into glrec's error, once."""

from __future__ import annotations

from typing import Any

from glrec_core.errors import CaptureError


def checked(result: tuple[Any, ...], what: str) -> Any:
    """Return what a call of cuda-bindings gave besides its status: nothing, one value or a tuple.

    Raises:
        CaptureError: the status is not success, which is 0; the text is "CUDA cannot `what`" and the status's name.

    """
    status = result[0]
    if status:
        raise CaptureError(f"CUDA cannot {what}: {status.name}")
    return result[1] if len(result) == 2 else result[1:]  # noqa: PLR2004 - the status and one value
