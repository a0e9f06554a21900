"""What users and their libraries come with, for every argument alike: the wrong kind, the largest and smallest, what misbehaves."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st


class Misbehaving:
    """An object whose every look at it fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]


def strange() -> Iterator[Any]:
    """Yield every value, made anew."""
    yield from (0, 1, -1, 5, 2**31, 2**63, 10**30, -(2**63), True, False, None)
    yield from (0.0, 1.5, -0.5, float("nan"), float("inf"), 1e308, 1e-308)
    yield from (np.int8(5), np.int32(30), np.int64(30), np.uint64(2**63), np.float32(29.97), np.float64(30))
    yield from (np.bool_(True), np.array([1, 2]), np.array(5), np.zeros((3, 3)))
    yield from (
        "",
        "x",
        "60",
        "30000/1001",
        "1/0",
        "1e999999999",
        "\ud800",
        "a\0b",
        "~nobody-at-all/x",
        "x" * 300,
    )
    yield from (
        "F9",
        "ä",
        "a/" * 3000,
        b"bytes",
        b"",
        [],
        [1],
        (),
        (1, 2),
        (1, 2, 3),
        {},
        {"a": 1},
        set(),
        object(),
    )
    yield from (Misbehaving(), len, int, Fraction(30), Fraction(-1, 3), Decimal(30), complex(1, 2), range(3))
    yield from (iter([1, 2]), Path("x"), Path(), Path("/"))


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.fractions()
    | st.text(max_size=300)
    | st.binary(max_size=20)
    | st.integers(-(2**31), 2**31 - 1).map(np.int32)
    | st.integers(-(2**63), 2**63 - 1).map(np.int64)
    | st.floats(width=32).map(np.float32),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=4,
)
"""Values by chance, of every kind that has a meaning somewhere."""
