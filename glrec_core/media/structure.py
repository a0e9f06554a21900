"""What a file's own structure says, and no decoder shows: is it whole, where is its index, how does it tag colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from glrec_core.values.color import COLOR_SPACES

UNSPECIFIED = 2
"""ITU-T H.273 (2021-07), tables 2 to 4: the value that says nothing."""

_BT470BG, _SMPTE170M = 5, 6
"""Two values of ITU-T H.273, table 4, for the same matrix, that of BT.601; FFmpeg gives the former for every JPEG."""

_RANGES = {True: "full", False: "limited"}
_NAMES = {(space.primaries, space.transfer, space.matrix): space.name for space in COLOR_SPACES.values()}


class ColorTags(NamedTuple):
    """Code points of ITU-T H.273, tables 2 to 4, and the range; 2 and None mean "not given"."""

    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED
    full_range: bool | None = None

    def __str__(self) -> str:
        if self == ColorTags():
            return "not tagged"
        points = self[:3]
        name = _NAMES.get(points, "primaries {}, transfer {}, matrix {}".format(*points))
        return f"{name.removesuffix('-full')}, {self.range or 'unknown'} range"

    @property
    def range(self) -> str | None:
        """The range by its name; None if it is not given."""
        return None if self.full_range is None else _RANGES[self.full_range]

    def contradicts(self, other: ColorTags) -> bool:
        """Return whether a value is given on both sides and differs."""
        unknown = (UNSPECIFIED, None)
        pairs = zip(self._with_one_bt601(), other._with_one_bt601(), strict=True)
        return any(a != b for a, b in pairs if a not in unknown and b not in unknown)

    def _with_one_bt601(self) -> ColorTags:
        return self._replace(matrix=_SMPTE170M) if self.matrix == _BT470BG else self

    def as_json(self) -> dict[str, int | str | None]:
        """Return the tags as `--json` prints them."""
        return {
            "primaries": self.primaries,
            "transfer": self.transfer,
            "matrix": self.matrix,
            "range": self.range,
        }


MAX_PARTS = 1_000_000
"""Boxes or elements that are looked at in one file; a day in fragments of 250 ms has 700,000."""


@dataclass(frozen=True, slots=True)
class ContainerStructure:
    """The structure of a container file.

    Attributes:
        color: the container's own colour tags; None where it gives none, or cannot.
        tags_color: whether this kind of container can carry colour tags.
        fast_start: whether the index stands before the data in one piece; None where the container has no such rule.
        faults: what is wrong with the structure, as sentences.

    """

    color: ColorTags | None = None
    tags_color: bool = False
    fast_start: bool | None = None
    faults: tuple[str, ...] = ()
