"""Records the three demo programs, each in a process of its own, and shows what came of it: a table and a contact sheet.

    python run.py -o out

Frameworks do not share a process well; and so one that fails leaves the others alone.
"""

import argparse
import importlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contact_sheet import Decoded, contact_sheet, decode
from rich import box
from rich.console import Console
from rich.table import Table

PROGRAMS = ("pyglet_scene", "moderngl_fractal", "vispy_surface")
ROUTES = {
    (
        "host",
        True,
    ): "the CPU drew the frames and encoded them, since OpenGL has no GPU here. The films are the same "
    "as with one; they only take longer to make",
    (
        "host",
        False,
    ): "the GPU drew the frames, and the CPU encoded them. NVENC, on NVIDIA's GPUs, would encode faster",
    ("nvenc", False): "the NVIDIA GPU drew the frames and encoded them",
}
"""What the routes do, in words for people who do not know them; by whether OpenGL is the CPU's own."""
console = Console(width=None if sys.stdout.isatty() else 110)  # the whole table in files and logs, too


@dataclass(frozen=True, slots=True)
class Film:
    """A recorded program: what is in its file, the account that it gave, and how long it took from start to end."""

    decoded: Decoded
    account: dict[str, Any]
    seconds: float


def record_here(program: str, path: str) -> None:
    """Run a program in this process and print its account as the last line."""
    recording = importlib.import_module(program).main(path)
    account = {
        "frames": recording.frames,
        "size": recording.size,
        "fps": round(recording.fps, 3),
        "route": recording.route,
        "reason": recording.reason,
        "cost_ms": recording.stats.render_cost_ms,
        "wait_ms": 1000 * recording.stats.waited_seconds / recording.frames,
    }
    print(json.dumps(account))


def record(program: str, folder: Path) -> Film | None:
    """Run a program in a process of its own; None, with the reason shown, if it or its file is not as it should be."""
    path = folder / f"{program}.mp4"
    command = [sys.executable, __file__, "--program", program, "--output", str(path)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    seconds = time.perf_counter() - began
    if done.returncode:
        console.print(f"[red]{program} failed with exit status {done.returncode}:")
        console.print(done.stdout + done.stderr, markup=False, highlight=False)
        return None
    account = json.loads(done.stdout.splitlines()[-1])
    decoded = decode(path, account["frames"])
    if (decoded.frames, [*decoded.size]) != (account["frames"], account["size"]):
        console.print(
            f"[red]{path} holds {decoded.frames} frames of size {decoded.size}; its recorder said {account}"
        )
        return None
    console.print(f"{path.name} has {decoded.frames} frames.", highlight=False)
    return Film(decoded, account, seconds)


def show(films: list[Film], sheet: Path) -> None:
    """Print the table and by which routes the films came, and write the contact sheet."""
    headings = ("file", "frames", "size", "fps", "time", "render-\nloop cost", "encoder\nwait")
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for film in films:
        account = film.account
        table.add_row(
            film.decoded.path.name,
            str(film.decoded.frames),
            "x".join(map(str, film.decoded.size)),
            f"{account['fps']:g}",
            f"{film.seconds:.1f} s",
            f"{account['cost_ms']:.2f} ms",
            f"{account['wait_ms']:.1f} ms",
        )
    console.print(table)
    for line in sorted({route(film.account) for film in films}):
        console.print(line, highlight=False)
    contact_sheet([film.decoded for film in films]).save(sheet)
    console.print(f"Recorded {len(films)} of {len(PROGRAMS)} programs; frames of them are in {sheet}.")


def route(account: dict[str, Any]) -> str:
    """Return by which route a film came, and why, in plain words; once for all that came alike."""
    words = ROUTES.get((account["route"], "draws on the CPU" in account["reason"]), account["reason"])
    return f"Route {account['route']}: {words}. `glrec doctor` tells more."


def main() -> int:
    parser = argparse.ArgumentParser(description="Record the demo programs and show what came of it.")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("out"), help="folder for the films and contact.png"
    )
    parser.add_argument(
        "--program", choices=PROGRAMS, help="record only this one, here, to the file --output"
    )
    options = parser.parse_args()
    if options.program is not None:
        record_here(options.program, str(options.output))
        return 0
    options.output.mkdir(parents=True, exist_ok=True)
    films = []
    for number, program in enumerate(PROGRAMS, 1):
        console.print(f"Recording {program} ({number} of {len(PROGRAMS)}) …")
        with console.status(f"recording {program} …"):  # shown in a terminal only
            films.append(record(program, options.output))
    recorded = [film for film in films if film is not None]
    if recorded:
        show(recorded, options.output / "contact.png")
    return 0 if len(recorded) == len(PROGRAMS) else 1


if __name__ == "__main__":
    sys.exit(main())
