"""How much a script of captions may ask for: libass draws letters, borders and blurs of any size, in as much memory.

An upper bound is computed before anything is drawn, in areas of the frame: for each line of the script from its letters or
its drawing, their scale, border and blur. A script that shows too much at once is refused. The tags' grammar is libass's own
(ass_parse.c): a backslash, a name, a number. Tags outside of braces have no effect in libass; they count here. The frame is
taken to be as large as the script says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from glrec_core.errors import ConfigError

MOST_FRAMES = 32
"""The largest area of what is shown at once, in areas of the frame: borders, blur and what is outside of it included."""

_LEAST_SIDE = 1 / 32
"""Of the frame: what is thinner takes no less memory, since bitmaps consist of tiles."""

_NEAREST, _EYE = 16.0, 312.5
"""How much larger what is turned towards the viewer becomes at most, and from how many pixels it is seen (ass_render.c)."""

_DEFAULT_RESOLUTION = (384.0, 288.0)  # libass's, as VSFilter's
_DEFAULT_EVENT = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_FOREVER = math.inf
_NO_WRAP = 2
_LARGEST_INT = (1 << 31) - 1

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TAG = re.compile(
    rf"\\\s*(xbord|ybord|bord|fax|fay|blur|fscx|fscy|fsp|fs|frx|fry|frz|fr|org|pos|move|pbo|p|t)\s*\(?\s*({_NUMBER})"
)
_CLIP = re.compile(r"\\\s*i?clip\s*\(([^)]*)")
_BREAK = re.compile(r"\\[Nn]")
_PIECES = re.compile(r"(\{[^}]*\}|^)([^{]*)")
"""A block of tags, or none at the begin, and the text behind it."""
_DRAWS = re.compile(rf"\\\s*p\s*\(?\s*({_NUMBER})")
_NUMBERS = re.compile(_NUMBER)
_TIME = re.compile(r"\s*(\d{1,9}):(\d{1,9}):(\d{1,9}(?:\.\d{0,9})?)\s*")


class _Style(NamedTuple):
    """What a style says of sizes: pixels of the script, percent and degrees."""

    size: float = 20.0
    across: float = 100.0
    down: float = 100.0
    spacing: float = 0.0
    border: float = 2.0
    angle: float = 0.0


@dataclass(slots=True)
class _Script:
    """What of a script has to do with sizes."""

    header: dict[str, float] = field(default_factory=dict)
    styles: dict[str, _Style] = field(default_factory=dict)
    events: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def wraps(self) -> bool:
        """Whether lines are broken that are longer than the frame is wide."""
        return self.header.get("wrapstyle", 0) != _NO_WRAP

    @property
    def layout_scale(self) -> float:
        """Pixels of the script for each of the layout, in which libass takes blur and perspective."""
        layout = self.header.get("layoutresy", 0)
        return self.size[1] / layout if layout > 0 else 1.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height that its numbers refer to, as libass guesses what is missing."""
        width, height = self.header.get("playresx", 0), self.header.get("playresy", 0)
        if width <= 0 and height <= 0:
            return _DEFAULT_RESOLUTION
        return (width if width > 0 else height * 4 / 3), (height if height > 0 else width * 3 / 4)


def check_script(content: bytes, name: str) -> None:
    """Raise ConfigError if a script shows more at once than `MOST_FRAMES`."""
    script = _read(content.decode("utf-8", "replace"))
    shown: list[tuple[float, float, int]] = []
    for number, event in script.events:
        area = _area(script, event)
        if not area <= MOST_FRAMES:
            raise ConfigError(
                f"captions: line {number} of {name} would be drawn on {area:.3g} times the area of the frame, letters, "
                f"borders and blur together; {MOST_FRAMES} are the most. Choose smaller sizes, or another PlayResX and PlayResY"
            )
        start, end = _time(event.get("start", ""), 0), _time(event.get("end", ""), _FOREVER)
        shown += [(start, area, number), (end, -area, number)] if start < end else []
    _check_sum(sorted(shown), name)


def _check_sum(changes: Iterable[tuple[float, float, int]], name: str) -> None:
    area = 0.0
    for seconds, change, number in changes:
        area += change
        if area > MOST_FRAMES * (1 + 1e-9):
            raise ConfigError(
                f"captions: what {name} shows at {seconds:.2f} s, line {number} being the last of it, would be drawn on "
                f"{area:.3g} times the area of the frame; {MOST_FRAMES} are the most. Show less at once"
            )


def _area(script: _Script, event: Mapping[str, str]) -> float:
    """Return the area that an event takes, in areas of the frame, reckoned from above."""
    width, height = script.size
    text = event.get("text", "")
    tags = _Tags(_TAG.findall(text))
    style = _largest(_styles(script, event, text))
    border = 2 * max(style.border, *map(tags.most, ("bord", "xbord", "ybord")))
    around = border + 2 * tags.most("blur") * script.layout_scale
    wide, high, length = _extent(text, tags, style)
    length += len(_plain(text)) * border  # of each letter
    runs = text.count("{") + len(_BREAK.findall(text)) + 1
    wraps = script.wraps and "\\q" not in text
    line = min(length, width + _longest_word(text) * wide) if wraps else length
    lines = len(_BREAK.findall(text)) + 1 + (length / width if wraps else 0)
    high = high + tags.most("fay") * line + around
    slanted = tags.most("fax") * high * lines
    if style.angle or tags.most("frz", "fr", "frx", "fry"):
        side = (line + slanted + high + around) * tags.nearness(
            (line + high) / script.layout_scale, (width + height) / script.layout_scale
        )
        drawn = lines * _side(side / width) * _side(side / height)
    else:
        drawn = _side((length + lines * slanted + runs * around) / width) * _side(high / height)
    clips = (_clip(each[1]) for each in _CLIP.finditer(text))
    return drawn + sum(_side(side / width) * _side(side / height) for side in clips)


class _Tags:
    """The tags of an event with their numbers, as they are written."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self._found = found

    def numbers(self, name: str) -> Iterator[str]:
        """Yield what a tag is given, each time."""
        return (number for each, number in self._found if each == name)

    def most(self, *names: str, least: float = 0.0) -> float:
        """Return the largest number that one of the tags is given, without its sign."""
        return max([least, *(abs(float(number)) for name in names for number in self.numbers(name))])

    def nearness(self, distance: float, frame: float) -> float:
        """Return how much larger turning about the axes in the frame makes what is so far from the place it turns about."""
        if not self.most("frx", "fry"):
            return 1.0
        if any(self.numbers("org")):
            distance += self.most("org", "pos", "move") + frame
        if not any(self.numbers("t")):  # while it turns, it may stand at right angles
            distance *= min(1.0, math.radians(self.most("frx") + self.most("fry")))
        return _EYE / (_EYE - distance) if distance < _EYE * (1 - 1 / _NEAREST) else _NEAREST


class _Extent(NamedTuple):
    """Of what is drawn, letters and drawings, each and all in a row, in pixels of the script."""

    wide: float
    high: float
    length: float


def _extent(text: str, tags: _Tags, style: _Style) -> _Extent:
    letters, drawings = _contents(text)
    across, down = (
        tags.most(name, least=least) / 100 for name, least in (("fscx", style.across), ("fscy", style.down))
    )
    size = style.size if letters else 0.0
    for number in tags.numbers("fs"):
        # With a sign it is so many tenths more or less than before.
        size = size * max(1.0, 1 + float(number) / 10) if number[0] in "+-" else max(size, float(number))
    spacing = tags.most("fsp", least=style.spacing) * across
    wide, sides = size * across + spacing, [side * across + spacing for side in drawings]
    high = max([size if letters else 0.0, *drawings]) * down
    return _Extent(max([wide, *sides]), high, letters * wide + sum(sides))


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return the blocks of tags, each with the text behind it; a brace that is not closed is text."""
    end = text.rfind("}") + 1
    found: list[tuple[str, str]] = _PIECES.findall(text[:end])
    return [*found, ("", text[end:])]


def _plain(text: str) -> str:
    return "".join(plain for _, plain in _pieces(text))


def _contents(text: str) -> tuple[int, list[float]]:
    """Return how many letters there are, and the sides of the drawings, which a tag begins and ends."""
    letters, drawings, scale = 0, [], 0.0
    for block, plain in _pieces(text):
        for found in _DRAWS.findall(block):
            scale = float(found)
        if scale < 1:
            letters += len(plain)
        elif plain:
            drawings.append(_span(plain, scale))
    return letters, drawings


def _span(points: str, scale: float) -> float:
    """Return the side of a square from the origin that holds all points; each step of the scale halves them."""
    found = [float(each) for each in _NUMBERS.findall(points)]
    return (max([0.0, *found]) - min([0.0, *found])) / 2 ** (min(scale, 60) - 1)


def _longest_word(text: str) -> int:
    return max(map(len, re.split(r"\s|\\[Nnh]", _plain(text))), default=0)


def _clip(inside: str) -> float:
    """Return the side of a clip's drawing in pixels of the script; a rectangle takes none."""
    if not re.search(r"[a-z]", inside):
        return 0.0
    scale, _, points = inside.rpartition(",")
    return _span(points, max(1.0, _float(scale, 1)))


def _side(share: float) -> float:
    return max(share, _LEAST_SIDE)


def _styles(script: _Script, event: Mapping[str, str], text: str) -> Iterable[_Style]:
    """Return the styles that an event may have: its own, or any if it changes to another."""
    own = script.styles.get(event.get("style", "").strip().lstrip("*"))
    return [own] if own is not None and "\\r" not in text else [_Style(), *script.styles.values()]


def _largest(styles: Iterable[_Style]) -> _Style:
    return _Style(*(max(map(abs, values)) for values in zip(*styles, strict=True)))


def _time(text: str, otherwise: float) -> float:
    found = _TIME.fullmatch(text)
    return 3600 * int(found[1]) + 60 * int(found[2]) + float(found[3]) if found else otherwise


def _read(text: str) -> _Script:
    """Read what counts, wherever it stands: libass passes over what is in the wrong section, which counts here as well."""
    script = _Script()
    formats: dict[str, tuple[str, ...]] = {"events": _DEFAULT_EVENT}
    section = ""
    for number, line in enumerate(re.split(r"\r\n|[\r\n]", text), 1):
        key, colon, value = line.strip().lstrip("\ufeff").partition(":")
        kind = key.strip().lower()
        if line.lstrip("\ufeff \t").startswith("["):
            section = "events" if "event" in kind else "styles"
        elif not colon:
            continue
        elif kind == "format":
            formats[section] = tuple(name.strip().lower() for name in value.split(","))
        elif kind == "style":
            fields = _fields(value, formats.get("styles", ()))
            script.styles[fields.get("name", "").strip().lstrip("*")] = _style(fields)
        elif kind == "dialogue":
            script.events.append((number, _fields(value, formats["events"])))
        elif kind in {"playresx", "playresy", "layoutresy", "wrapstyle"}:
            script.header[kind] = _int(value)
    return script


def _fields(value: str, names: tuple[str, ...]) -> dict[str, str]:
    return dict(_named(value, names))


def _named(value: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a line; the text is all that is left, commas too. What has no name is named by its place."""
    parts = value.split(",", names.index("text") if "text" in names else -1)
    for place, part in enumerate(parts):
        yield (names[place] if place < len(names) else str(place)), part


def _style(fields: Mapping[str, str]) -> _Style:
    return _Style(
        size=_float(fields.get("fontsize", ""), _Style().size),
        across=_float(fields.get("scalex", ""), _Style().across),
        down=_float(fields.get("scaley", ""), _Style().down),
        spacing=_float(fields.get("spacing", ""), 0),
        border=_float(fields.get("outline", ""), _Style().border),
        angle=_float(fields.get("angle", ""), 0),
    )


def _int(text: str) -> float:
    """Return a whole number as libass reads it, and what it cannot hold as the least, which makes all else large."""
    found = re.match(r"\s*[-+]?\d+", text)
    number = int(found[0][:20]) if found else 0
    return number if abs(number) <= _LARGEST_INT else 1


def _float(text: str, otherwise: float) -> float:
    found = _NUMBERS.match(text.strip())
    return float(found[0]) if found else otherwise
