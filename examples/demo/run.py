"""Records the three demo programs, each in a process of its own, and shows what came of it: a table and a contact sheet.

    python run.py --out out

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
    command = [sys.executable, __file__, "--program", program, "--out", str(path)]
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
    """Print the table and why the routes were taken, and write the contact sheet."""
    headings = ("file", "frames", "size", "fps", "route", "time", "render-\nloop cost", "encoder\nwait")
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for film in films:
        account = film.account
        table.add_row(
            film.decoded.path.name,
            str(film.decoded.frames),
            "x".join(map(str, film.decoded.size)),
            f"{account['fps']:g}",
            account["route"],
            f"{film.seconds:.1f} s",
            f"{account['cost_ms']:.2f} ms",
            f"{account['wait_ms']:.1f} ms",
        )
    console.print(table)
    for route, reason in sorted({(film.account["route"], film.account["reason"]) for film in films}):
        console.print(f"Route {route}: {reason}.")
    contact_sheet([film.decoded for film in films]).save(sheet)
    console.print(f"Recorded {len(films)} of {len(PROGRAMS)} programs; frames of them are in {sheet}.")


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
    for number, program in enumerate(PROGRAMS, 1):
        console.print(f"Recording {program} ({number} of {len(PROGRAMS)}) …")
        with console.status(f"recording {program} …"):  # shown in a terminal only
            films.append(record(program, options.out))
    recorded = [film for film in films if film is not None]
    if recorded:
        show(recorded, options.out / "contact.png")
    return 0 if len(recorded) == len(PROGRAMS) else 1


if __name__ == "__main__":
    sys.exit(main())
