"""Says in few lines how far an installation is, from what pip prints on standard input.

pip by itself shows hundreds of lines or, with `--quiet`, none for minutes; and its bars need a terminal. Here a line is
printed when a large file begins, and every few seconds: how much was fetched, then how much is in place.
"""

import os
import re
import select
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LARGE_BYTES = 10_000_000
SECONDS_BETWEEN_LINES = 5.0
_UNITS = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
_FETCHED = re.compile(
    r"\s*(?:Downloading|Using cached|Processing) (?P<name>\S+)(?: \((?P<size>[\d.]+) (?P<unit>\w+)\))?"
)
_UNPACKING = re.compile(r"Installing collected packages: (?P<names>.*)")


class Progress:
    """What pip has done so far. `say` takes a line for the person, `clock` gives seconds, `installed` counts packages."""

    def __init__(
        self, say: Callable[[str], object], clock: Callable[[], float], installed: Callable[[], int]
    ) -> None:
        self._say, self._clock, self._installed = say, clock, installed
        self._last_said = clock()
        self._files, self._bytes = 0, 0.0
        self._packages = self._before = 0

    def read(self, line: str) -> None:
        """Take one line of pip's; the empty one stands for a while in which it said nothing."""
        if (found := _FETCHED.match(line)) and not found["name"].endswith(".metadata"):
            self._begin(found)
        elif found := _UNPACKING.match(line):
            self._packages, self._before = found["names"].count(",") + 1, self._installed()
            self._tell(f"fetched {self._amount()}; unpacking {self._packages} packages")
        elif self._is_time():
            self._tell(self._state())

    def _begin(self, found: re.Match[str]) -> None:
        size_bytes = float(found["size"] or 0) * _UNITS.get(found["unit"], 1)
        if size_bytes >= LARGE_BYTES or self._is_time():
            name = "-".join(Path(found["name"]).name.split("-")[:2])
            self._tell(f"fetched {self._amount()}; now {name}, {size_bytes / 1e6:.1f} MB")
        self._files += 1
        self._bytes += size_bytes

    def _amount(self) -> str:
        return f"{self._files} packages, {self._bytes / 1e6:.0f} MB"

    def _state(self) -> str:
        if self._packages:
            return f"unpacked {self._installed() - self._before} of {self._packages} packages"
        return f"fetched {self._amount()}"

    def _is_time(self) -> bool:
        return self._clock() - self._last_said >= SECONDS_BETWEEN_LINES

    def _tell(self, text: str) -> None:
        self._last_said = self._clock()
        self._say(f"  {text}")


def lines(descriptor: int, patience_seconds: float) -> Iterator[str]:
    """Yield the lines that arrive, and an empty one each time that none did for so long."""
    begun = b""
    while True:
        if not select.select([descriptor], [], [], patience_seconds)[0]:
            yield ""
            continue
        arrived = os.read(descriptor, 65536)
        if not arrived:
            return
        *whole, begun = (begun + arrived).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole if line)


def main() -> None:
    """Read pip's output to its end."""
    packages = Path(sysconfig.get_path("purelib"))
    progress = Progress(
        lambda text: print(text, file=sys.stderr, flush=True),
        time.monotonic,
        lambda: sum(1 for _ in packages.glob("*.dist-info")),
    )
    for line in lines(sys.stdin.fileno(), SECONDS_BETWEEN_LINES):
        progress.read(line)


if __name__ == "__main__":
    main()
