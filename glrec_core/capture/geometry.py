"""Where a drawn picture goes within the recorded one: letterbox, scale, and the padding of odd sizes. Pure arithmetic.

Rectangles are in OpenGL's window coordinates: origin at the bottom left, since frames keep OpenGL's row order until they
are converted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from glrec_core.values.frame import Size


class Rect(NamedTuple):
    """Left, bottom, right, top; right and top are exclusive, as glBlitFramebuffer takes them."""

    left: int
    bottom: int
    right: int
    top: int


@dataclass(frozen=True, slots=True)
class PaddedSize:
    """The recorded picture: `content` is what was asked for, `coded` what the encoder takes, a few pixels larger.

    Padding lies at the right and at the bottom of the picture, so content starts at the top left.
    """

    content: Size
    coded: Size

    @classmethod
    def of(cls, content: Size, alignment: int) -> PaddedSize:
        """Pad both sides up to a multiple of `alignment`."""
        width, height = (-(-side // alignment) * alignment for side in content)
        return cls(content, Size(width, height))

    @property
    def padding(self) -> Size:
        """Columns added at the right, rows added at the bottom."""
        return Size(self.coded.width - self.content.width, self.coded.height - self.content.height)

    @property
    def padding_note(self) -> str:
        """What the padding did to the picture, for the user."""
        return (
            f"the picture of {self.content} is recorded as {self.coded}: the encoder takes even sides only, "
            "so the last column or row is repeated"
        )

    def place(self, source: Size, *, keep_shape: bool) -> Rect:
        """Return where a picture of size `source` goes: centred with its shape kept, or over all of the content."""
        width, height = fit(source, self.content) if keep_shape else self.content
        left = (self.content.width - width) // 2
        bottom = self.padding.height + (self.content.height - height) // 2
        return Rect(left, bottom, left + width, bottom + height)


def fit(source: Size, within: Size) -> Size:
    """Return the largest size of the source's shape that lies within another."""
    if source.width * within.height >= within.width * source.height:
        return Size(within.width, max(1, round(source.height * within.width / source.width)))
    return Size(max(1, round(source.width * within.height / source.height)), within.height)


def halvings(source: Size, target: Size) -> list[Size]:
    """Return the sizes to step through when shrinking: a linear blit averages 2x2 pixels, so none may shrink further."""
    steps: list[Size] = []
    width, height = source
    while width > 2 * target.width or height > 2 * target.height:
        width = max(target.width, -(-width // 2))
        height = max(target.height, -(-height // 2))
        steps.append(Size(width, height))
    return steps
