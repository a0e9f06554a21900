"""Chapters of a file: named moments, as players list them to jump to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from av.container.core import Chapter as ChapterEntry

_OPENING = "start"
"""Name of the chapter before the first one that was named."""


class Chapter(NamedTuple):
    """A name, and the tick of the stream's time base at which the frame that it names is shown."""

    tick: int
    name: str


def chapter_entries(chapters: Sequence[Chapter], end_tick: int, time_base: Fraction) -> list[ChapterEntry]:
    """Return chapters that each last until the next one begins, the last until `end_tick`.

    Names of one and the same frame share a chapter, since players would never show one that takes no time. There is a
    chapter from the first frame on in any case: in MP4 and MOV the first one begins with the film, whatever is asked for.
    """
    if chapters and min(chapters).tick > 0:
        chapters = [Chapter(0, _OPENING), *chapters]
    merged = [
        Chapter(tick, " / ".join(chapter.name for chapter in same))
        for tick, same in groupby(sorted(chapters, key=lambda chapter: chapter.tick), lambda each: each.tick)
    ]
    ends = [chapter.tick for chapter in merged[1:]] + [end_tick]
    return [
        {
            "id": number,
            "start": chapter.tick,
            "end": end,
            "time_base": cast("Any", time_base),  # PyAV 19 names a class of its own
            "metadata": {"title": chapter.name},
        }
        for number, (chapter, end) in enumerate(zip(merged, ends, strict=True), 1)
    ]
