"""What the core knows of the operations of `process=`: how they are named, and whose arrays they can meet.

Those of `glrec_core.process` work on CuPy's arrays as on NumPy's, and say so by an attribute: the core loads that package
for nobody. A function of the user's may have been written for NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable

_MARK = "works_on_cupy"


def name_of(operation: object) -> str:
    """Return what an operation is called in a sentence."""
    return getattr(operation, "__qualname__", None) or repr(operation)


def perhaps_for_numpy_only(operations: Iterable[object]) -> str | None:
    """Return the name of the first operation that does not say that it works on CuPy's arrays as well; None if all do."""
    return next((name_of(each) for each in operations if not getattr(each, _MARK, False)), None)
