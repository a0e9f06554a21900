"""Which part of the coded picture is read, at what size, and how it is turned to stand upright."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import index
from typing import NamedTuple

from glrec_core.errors import ConfigError
from glrec_core.values.checks import shown
from glrec_core.values.frame import Size

SizeChoice = tuple[int, int] | Callable[[int, int], tuple[int, int]]
"""(width, height), or a function of (height, width) that returns (height, width)."""

_LARGEST_SIDE = 32_768


class Region(NamedTuple):
    """A rectangle in pixels, from the top left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """What is done to each picture: `region` of the coded picture is cropped, scaled to `scaled`, then turned.

    `turns` counts quarter turns against the clock.
    """

    region: Region
    scaled: Size
    turns: int

    @property
    def size(self) -> Size:
        """Size of the finished frame."""
        return _turned(self.scaled, self.turns)

    @property
    def scales(self) -> bool:
        """Whether the size is another than that of the region."""
        return self.scaled != (self.region.width, self.region.height)


def geometry(
    coded: Size, turns: int, crop: tuple[int, int, int, int] | None, size: SizeChoice | None
) -> Geometry:
    """Return how the wishes of a caller, who sees the turned picture, read in the coded one.

    Raises:
        ConfigError: the crop is not inside of the picture, or the size is none.

    """
    shown = _turned(coded, turns)
    visible = _checked_crop(shown, crop)
    wanted = _chosen_size(visible, size)
    return Geometry(_coded_region(shown, visible, turns), _turned(wanted, turns), turns)


def _turned(size: Size, turns: int) -> Size:
    return Size(size.height, size.width) if turns % 2 else size


def _checked_crop(whole: Size, crop: tuple[int, int, int, int] | None) -> Region:
    if crop is None:
        return Region(0, 0, *whole)
    try:
        region = Region(*map(index, crop))
    except (TypeError, ValueError):
        raise ConfigError(f"crop={shown(crop)} is not (left, top, width, height) in pixels") from None
    inside = min(region) >= 0 and region.width > 0 and region.height > 0
    if not inside or region.left + region.width > whole.width or region.top + region.height > whole.height:
        raise ConfigError(
            f"crop={tuple(region)} (left, top, width, height) does not lie within {whole} pixels"
        )
    return region


def _chosen_size(visible: Region, size: SizeChoice | None) -> Size:
    if size is None:
        return Size(visible.width, visible.height)
    try:
        if callable(size):
            height, width = size(visible.height, visible.width)
        else:
            width, height = size
        chosen = Size(index(width), index(height))
    except (TypeError, ValueError):
        raise ConfigError(f"size={shown(size)} does not give two whole numbers of pixels") from None
    if not (0 < chosen.width <= _LARGEST_SIDE and 0 < chosen.height <= _LARGEST_SIDE):
        raise ConfigError(f"size={chosen} is not from 1x1 to {_LARGEST_SIDE}x{_LARGEST_SIDE} pixels")
    return chosen


def _coded_region(shown: Size, visible: Region, turns: int) -> Region:
    """Turn a rectangle of the shown picture back, by as many quarter turns."""
    for _ in range(turns % 4):
        # A turn against the clock made the column x of the picture before it the row (width - 1 - x).
        visible = Region(
            shown.height - visible.top - visible.height, visible.left, visible.height, visible.width
        )
        shown = Size(shown.height, shown.width)
    return visible
