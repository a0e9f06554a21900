"""Evenly spaced frames of finished films in one picture, found by a decoder that glrec has no part in: imageio's FFmpeg."""

from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as imageio
from PIL import Image, ImageDraw, ImageFont

SHOWN = 6
THUMBNAIL = (320, 180)
GAP, LABEL_HEIGHT = 8, 40
BACKGROUND, TEXT_COLOR = "#0d111c", "#c9d1e6"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is in a file: the number of frames, their (width, height), and some of them as small pictures."""

    path: Path
    frames: int
    size: tuple[int, int]
    pictures: list[Image.Image]


def decode(path: Path, frames: int) -> Decoded:
    """Decode the whole file, which should have that many frames."""
    shown = {round(number * (frames - 1) / (SHOWN - 1)) for number in range(SHOWN)}
    found, size, pictures = 0, (0, 0), []
    for frame in imageio.imiter(path, plugin="FFMPEG"):
        picture = Image.fromarray(frame)
        if found in shown:
            pictures.append(picture.resize(THUMBNAIL, Image.Resampling.LANCZOS))
        found, size = found + 1, picture.size
    return Decoded(path, found, size, pictures)


def contact_sheet(films: list[Decoded]) -> Image.Image:
    width, height = THUMBNAIL
    row_height = LABEL_HEIGHT + height + GAP
    sheet = Image.new("RGB", (SHOWN * (width + GAP) + GAP, len(films) * row_height), BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for row, film in enumerate(films):
        top = row * row_height
        label = f"{film.path.name}   {film.size[0]}x{film.size[1]}, {film.frames} frames"
        draw.text((GAP, top + LABEL_HEIGHT // 2), label, TEXT_COLOR, font, anchor="lm")
        for column, picture in enumerate(film.pictures):
            sheet.paste(picture, (GAP + column * (width + GAP), top + LABEL_HEIGHT))
    return sheet
