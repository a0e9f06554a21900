"""Makes the films of docs/gallery.md, each by a program of examples/gallery, and a poster for each.

    python scripts/gallery.py docs/gallery

The page shows the programs as they are run here. Windows open on a private X server.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image
from rich.console import Console
from rich.text import Text

from glrec_core.running.display import PrivateDisplay

PROGRAMS = Path(__file__).resolve().parents[1] / "examples" / "gallery"
_RINGS = str(PROGRAMS / "moderngl_window_rings.py")
_LONGEST_SECONDS = 300
_LARGEST_BYTES = 600_000
"""What a page with all of them can carry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A film and the command that makes it: `python` with a program, or `glrec run` with its options."""

    film: str
    command: tuple[str, ...]


def _by_itself(film: str) -> Entry:
    return Entry(film, (sys.executable, str(PROGRAMS / f"{Path(film).stem}.py")))


def _unchanged(film: str, *program: str) -> Entry:
    options = ("--headless", "--step", "--fps", "30", "--frames", "120", "-o", film)
    return Entry(film, (sys.executable, "-m", "glrec_core", "run", *options, *program))


ENTRIES = (
    _by_itself("pyglet_confetti.mp4"),
    _by_itself("moderngl_tunnel.mp4"),
    _by_itself("vispy_lorenz.mp4"),
    _by_itself("glfw_sweep.mp4"),
    _by_itself("arcade_sparks.mp4"),
    _unchanged("moderngl_window_rings.mp4", "--quality", "30", _RINGS),
    _unchanged("qt_widget.mp4", str(PROGRAMS / "qt_widget.py")),
    _unchanged("pygame_cube.mp4", "--size", "480x360", "-m", "pygame.examples.glcube"),
    _by_itself("own_loop.gif"),
    _by_itself("alpha_ring.webm"),
    _by_itself("replay_bounce.mp4"),
    _by_itself("credits.mp4"),  # of the tunnel's film
    _by_itself("arrays_plasma.mp4"),
)


def make(entry: Entry, folder: Path) -> None:
    """Run the command in `folder` and check its film; raises SystemExit with the program's output if it is not right."""
    film = folder / entry.film
    done = subprocess.run(  # noqa: S603 - our own programs
        entry.command, cwd=folder, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS
    )
    if done.returncode or not film.is_file():
        sys.exit(f"{entry.film}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    if film.stat().st_size > _LARGEST_BYTES:
        sys.exit(f"{entry.film} has {film.stat().st_size} bytes; the page takes {_LARGEST_BYTES}")
    frames = make_poster(film)
    print(f"{entry.film}: {frames} frames, {film.stat().st_size // 1000} kB")


def make_poster(film: Path) -> int:
    """Write the frame two thirds through the film beside it, as JPEG; return the number of frames."""
    with av.open(film) as container:
        pictures = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    pictures[len(pictures) * 2 // 3].save(film.with_suffix(".jpg"), quality=80)
    return len(pictures)


def make_terminal_picture(path: Path) -> None:
    """Draw what a terminal shows of the command, in the fonts that the reader has."""
    console = Console(record=True, width=100, file=io.StringIO())
    run = ("run", "--headless", "--step", "--frames", "60", "-o", "film.mp4", _RINGS)
    with tempfile.TemporaryDirectory() as scratch:
        for arguments in (("--help",), run, ("info", "film.mp4")):
            done = subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-m", "glrec_core", *arguments],
                cwd=scratch,
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "FORCE_COLOR": "1"},
            )
            words = " ".join(["glrec", *arguments]).replace(_RINGS, Path(_RINGS).name)
            result = (done.stderr.splitlines() or [""])[-1].replace(f"{scratch}/", "")
            console.print(Text(f"$ {words}", style="bold"))
            console.print(Text.from_ansi(done.stdout + result))
    picture = console.export_svg(title="glrec")
    path.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL), encoding="utf-8")


def main(target: Path) -> None:
    """Make all films anew and put them into `target`."""
    display = PrivateDisplay()  # ends with this reference to it
    os.environ["DISPLAY"] = display.name
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for entry in ENTRIES:
            make(entry, folder)
        make_terminal_picture(folder / "terminal.svg")
        for made in folder.iterdir():
            if made.is_file():
                (target / made.name).write_bytes(made.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
