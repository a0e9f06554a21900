"""What a file's own structure says, and no decoder shows: is it whole, where is its index, how does it tag colours."""

from __future__ import annotations

from dataclasses import dataclass

from glrec_core.media.color_tags import ColorTags

MAX_PARTS = 1_000_000
"""Boxes or elements that are looked at in one file; a day in fragments of 250 ms has 700,000."""


@dataclass(frozen=True, slots=True)
class Layout:
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
