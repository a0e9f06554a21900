"""How pixel formats lie in CUDA memory: one array of rows, all of one pitch, whose parts are the planes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from glrec_core.errors import CaptureError
from glrec_core.values.frame import PixelFormat


class Arrangement(enum.Enum):
    """Where the samples of a picture are within its rows."""

    PACKED = "red, green, blue and alpha of each pixel together"
    SEMIPLANAR = "luma, then one row of (Cb, Cr) pairs for two rows of luma"
    PLANAR = "luma, then Cb, then Cr, each of full size"


@dataclass(frozen=True, slots=True)
class KernelFormat:
    """How a pixel format lies in memory.

    Attributes:
        bits: per sample, in the high bits of a 16-bit word where it is more than 8.
        arrangement: of the samples.
        source_bits: per channel of the RGBA texture that is read.

    """

    bits: int
    arrangement: Arrangement
    source_bits: int = 8

    @property
    def sample_bytes(self) -> int:
        """Size of one sample."""
        return 1 if self.bits == 8 else 2  # noqa: PLR2004

    def rows(self, height: int) -> int:
        """Return the number of rows of the whole picture."""
        if self.arrangement is Arrangement.PACKED:
            return height
        return height * 3 // 2 if self.arrangement is Arrangement.SEMIPLANAR else height * 3

    def columns(self, width: int) -> int:
        """Return the number of samples of a row."""
        return 4 * width if self.arrangement is Arrangement.PACKED else width

    def planes(self, rows: Any, height: int) -> tuple[Any, ...]:
        """Return the planes, as `PixelFormat` describes them, as views of all rows of a picture: NumPy's or CuPy's."""
        if self.arrangement is Arrangement.PACKED:
            return (rows.reshape(height, -1, 4),)
        if self.arrangement is Arrangement.SEMIPLANAR:
            return rows[:height], rows[height:].reshape(height // 2, -1, 2)
        return rows[:height], rows[height : 2 * height], rows[2 * height :]


_FORMATS = {
    PixelFormat.RGBA: KernelFormat(8, Arrangement.PACKED),
    PixelFormat.NV12: KernelFormat(8, Arrangement.SEMIPLANAR),
    PixelFormat.P010: KernelFormat(10, Arrangement.SEMIPLANAR, source_bits=16),
    PixelFormat.YUV444P: KernelFormat(8, Arrangement.PLANAR),
}


def kernel_format(pixel_format: PixelFormat) -> KernelFormat:
    """Return how the kernel writes a pixel format.

    Raises:
        CaptureError: it cannot.

    """
    if pixel_format not in _FORMATS:
        known = ", ".join(each.value for each in _FORMATS)
        raise CaptureError(f"the CUDA kernel cannot make {pixel_format.value}; it makes {known}")
    return _FORMATS[pixel_format]
