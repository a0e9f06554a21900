"""Keeps GL names within the context that they belong to: in another one, the same number is somebody else's object."""

from __future__ import annotations

from glrec_core.errors import CaptureError, ClosedError
from glrec_core.gl.functions import GL


def check_usable(gl: GL, call: str, *, closed: bool) -> None:
    """Check that an object of this context may be used now.

    Raises:
        ClosedError: it is closed.
        CaptureError: its context is not current in this thread.

    """
    if closed:
        raise ClosedError(f"{call}: it is closed, and its GL objects are deleted; make a new one")
    if not gl.context.is_current():
        raise CaptureError(
            f"{call}: the context in which it was made is not current in this thread; make that current, "
            "or make one for each context"
        )
