"""What kind of array a caller asked for: type of its elements and order of its axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glrec_core.errors import ConfigError
from glrec_core.values.checks import shown
from glrec_core.values.frame import Size

_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))
_LAYOUTS = {"hwc": False, "chw": True}
_TOP = np.float32(65_535)


@dataclass(frozen=True, slots=True)
class Output:
    """uint8 and uint16 from 0 to their largest value, or float32 from 0 to 1; (height, width, 3) or (3, height, width)."""

    dtype: np.dtype[Any]
    planar: bool

    @property
    def code_dtype(self) -> np.dtype[Any]:
        """The whole numbers that are computed first: those of float32 have 16 bits."""
        return self.dtype if self.dtype.kind == "u" else np.dtype(np.uint16)

    @property
    def axes(self) -> tuple[int, int]:
        """Rows and columns."""
        return (1, 2) if self.planar else (0, 1)

    def shape(self, size: Size) -> tuple[int, int, int]:
        """Return the shape of a frame."""
        return (3, size.height, size.width) if self.planar else (size.height, size.width, 3)

    def packed_view(self, codes: NDArray[Any]) -> NDArray[Any]:
        """Return an array of that shape as (height, width, 3)."""
        return codes.transpose(1, 2, 0) if self.planar else codes

    def finished(self, codes: Any) -> Any:
        """Return whole numbers, NumPy's or CuPy's, in the type that was asked for."""
        return codes if self.dtype.kind == "u" else codes.astype(np.float32) / _TOP


def output(dtype: DTypeLike, layout: object) -> Output:
    """Return the kind of array.

    Raises:
        ConfigError: there is none such.

    """
    try:
        kind = np.dtype(dtype)
    except Exception:  # noqa: BLE001 - NumPy asks the object itself, and raises what it likes
        kind = None
    if kind not in _DTYPES:
        known = ", ".join(map(str, _DTYPES))
        raise ConfigError(f"dtype={shown(dtype)} is not one of the types that frames come in: {known}")
    if not isinstance(layout, str) or layout not in _LAYOUTS:
        known = " (packed), ".join(_LAYOUTS)
        raise ConfigError(f"layout={shown(layout)} is not known; choose {known} (planar)")
    return Output(np.dtype(kind), _LAYOUTS[layout])
