"""Records the three demo programs, each in a process of its own, and shows what came of it: a table and a contact sheet.

    python run.py --out out

Frameworks do not share a process well. The contact sheet is made of what an independent decoder finds in the files.
"""

import argparse
import ctypes
import importlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

from glrec_core import Framebuffer, Recorder
from glrec_core.gl.functions import current_gl

PROGRAMS = ("pyglet_scene", "moderngl_fractal", "vispy_surface")
SHOWN, THUMBNAIL, GAP, LABEL_HEIGHT = 6, (320, 180), 8, 40
BACKGROUND, TEXT_COLOR = "#0d111c", "#c9d1e6"
console = Console()


@dataclass(frozen=True, slots=True)
class Film:
    """A recorded program: the account it gave and, of the frames found in the file, a few small pictures."""

    path: Path
    seconds: float
    account: dict[str, Any]
    decoded: int
    pictures: list[Image.Image]

    @property
    def label(self) -> str:
        width, height = self.account["size"]
        return f"{self.path.name}   {width}x{height}, {self.decoded} frames, {self.account['fps']:g} fps"


def record_here(program: str, path: str) -> None:
    """Run a program in this process and print its account as the last line."""
    finish_drawing_first()
    recording = importlib.import_module(program).main(path)
    account = {
        "frames": recording.frames,
        "size": recording.size,
        "fps": round(recording.fps, 3),
        "route": recording.route,
        "reason": recording.reason,
        "cost_ms": recording.stats.render_cost_ms,
        "waited_ms": 1000 * recording.stats.waited_seconds / recording.frames,
    }
    print(json.dumps(account))


def finish_drawing_first() -> None:
    """Let software OpenGL draw before the recorder starts: it would draw in the recorder's time, when pixels are read."""
    frame_drawn = Recorder.frame_drawn

    def finish_and_record(recorder: Recorder, source: Framebuffer) -> None:
        gl = current_gl()
        if gl.is_software:
            ctypes.CFUNCTYPE(None)(gl.context.api.get_proc_address(b"glFinish"))()
        frame_drawn(recorder, source)

    Recorder.frame_drawn = finish_and_record  # type: ignore[method-assign]


def record(program: str, folder: Path) -> Film | None:
    """Run a program in a process of its own; None, with its output shown, if it or its file is not as it should be."""
    path = folder / f"{program}.mp4"
    began = time.perf_counter()
    command = [sys.executable, __file__, "--program", program, "--out", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    seconds = time.perf_counter() - began
    if done.returncode:
        console.print(f"[red]{program} failed (exit status {done.returncode}):[/]")
        console.print(done.stdout + done.stderr, markup=False, highlight=False)
        return None
    account = json.loads(done.stdout.splitlines()[-1])
    decoded, pictures = decode(path, account["frames"])
    if decoded != account["frames"]:
        console.print(f"[red]{path} holds {decoded} frames; {account['frames']} were recorded[/]")
        return None
    return Film(path, seconds, account, decoded, pictures)


def decode(path: Path, frames: int) -> tuple[int, list[Image.Image]]:
    """Decode the whole file with imageio's FFmpeg; return the number of frames and some evenly spaced ones."""
    shown = {round(number * (frames - 1) / (SHOWN - 1)) for number in range(SHOWN)}
    decoded, pictures = 0, []
    for decoded, frame in enumerate(imageio.imiter(path, plugin="FFMPEG"), start=1):
        if decoded - 1 in shown:
            pictures.append(Image.fromarray(frame).resize(THUMBNAIL, Image.Resampling.LANCZOS))
    return decoded, pictures


def contact_sheet(films: list[Film]) -> Image.Image:
    width, height = THUMBNAIL
    row_height = LABEL_HEIGHT + height + GAP
    sheet = Image.new("RGB", (SHOWN * (width + GAP) + GAP, len(films) * row_height + GAP), BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for row, film in enumerate(films):
        top = row * row_height
        draw.text((GAP, top + LABEL_HEIGHT // 2), film.label, TEXT_COLOR, font, anchor="lm")
        for column, picture in enumerate(film.pictures):
            sheet.paste(picture, (GAP + column * (width + GAP), top + LABEL_HEIGHT))
    return sheet


def table(films: list[Film]) -> Table:
    shown = Table("file", "frames", "size", "fps", "route", "time", "render-loop cost of a frame")
    for film in films:
        account = film.account
        shown.add_row(
            film.path.name,
            str(film.decoded),
            "x".join(map(str, account["size"])),
            f"{account['fps']:g}",
            account["route"],
            f"{film.seconds:.1f} s",
            f"{account['cost_ms']:.2f} ms + {account['waited_ms']:.1f} ms wait",
        )
    return shown


def show(films: list[Film], sheet: Path) -> None:
    """Print the table and why the routes were taken, and write the contact sheet."""
    console.print(table(films))
    for route, reason in sorted({(film.account["route"], film.account["reason"]) for film in films}):
        console.print(f"Route {route}: {reason}.")
    console.print(
        "Recording waits when the encoder, on the same processor as the drawing, is behind: no frame is lost."
    )
    contact_sheet(films).save(sheet)
    console.print(f"{len(films)} of {len(PROGRAMS)} programs recorded; pictures of them are in {sheet}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Record the demo programs and show what came of it.")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the films and contact.png")
    parser.add_argument("--program", choices=PROGRAMS, help="record only this one, here, to --out")
    options = parser.parse_args()
    if options.program is not None:
        record_here(options.program, str(options.out))
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    films = []
    for program in PROGRAMS:
        with console.status(f"recording {program} …"):
            films.append(record(program, options.out))
    finished = [film for film in films if film is not None]
    if finished:
        show(finished, options.out / "contact.png")
    return 0 if len(finished) == len(PROGRAMS) else 1


if __name__ == "__main__":
    sys.exit(main())
