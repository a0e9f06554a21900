"""The account of a recording: every drawn frame is recorded, dropped or skipped, and the sums always agree."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields, replace

from glrec_core.errors import ConfigError, SinkError
from glrec_core.values.checks import absolute_path
from glrec_core.values.clock import Skip
from glrec_core.values.durations import Durations
from glrec_core.values.foreign import SYSTEM, translated


def check_account_target(target: str | os.PathLike[str] | None) -> None:
    """Check before anything is recorded that the account can be added to a file, or to the standard output.

    Raises:
        ConfigError: it cannot.

    """
    if target is None or target == "-":
        return
    path = absolute_path("stats_json", target)
    place = path if path.exists() else path.parent
    if path.is_dir() or not place.exists():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise ConfigError(f"stats_json={str(path)!r} {what}; give a file to which lines can be added")
    if not os.access(place, os.W_OK):
        raise ConfigError(f"stats_json={str(path)!r} is not writable for this user; choose another file")


@dataclass(slots=True)
class Stats:
    """Counters of one recording; a snapshot when taken from `Recorder.stats`.

        stats = recorder.stats
        print(stats.recorded, stats.dropped, stats.render_cost_ms)

    drawn = recorded + dropped + failed + lost + paused + rate_limited + after_end, always: `recorded` frames were handed
    to the encode thread; `dropped` found the queue full; `failed` came after an error; `lost` were grabbed, but never
    kept: their context went before they could be read, the encoder died and none took over, or no sink could write
    them; `after_end` came after the frame limit. What an encoder or a sink loses is moved from `recorded`
    to `lost` by `close()`.

    The render thread counts `drawn` first; a snapshot taken by another thread may be one frame ahead of the rest.
    """

    drawn: int = 0
    recorded: int = 0
    dropped: int = 0
    failed: int = 0
    lost: int = 0
    paused: int = 0
    rate_limited: int = 0
    after_end: int = 0
    waits: int = 0
    """Frames that the render thread had to wait for, since no slot was free."""
    spilled: int = 0
    """Frames that waited on disk for the encoder; they are among `recorded`."""
    spilled_bytes: int = 0
    """What they took there, packed."""
    unreadable: int = 0
    """Spilled frames that could not be read back; `close()` moves them from `recorded` to `lost`."""
    encoded: int = 0
    """Frames that an encoder took; it may hold some of them."""
    packets: int = 0
    """Frames that came out of the encoder and went to the sinks."""
    encoded_bytes: int = 0
    queued: int = 0
    """Frames in memory between capture and encoder now, those being read and encoded included."""
    max_queued: int = 0
    waited_seconds: float = 0.0
    """Time the render thread waited for a free slot (`overflow="block"`, or a disk that is too slow to spill to)."""
    grab_time: Durations = field(default_factory=Durations)
    """Of the captures, on the render thread; neither waits nor the end of the program's own drawing count."""
    convert_time: Durations = field(default_factory=Durations)
    encode_time: Durations = field(default_factory=Durations)
    write_time: Durations = field(default_factory=Durations)
    """Of the sinks, all together, for the packets of one frame."""
    backend: str = ""
    """Name of the backend in use; empty before the first frame."""
    reason: str = "no frame was drawn"
    """Why that one, in a sentence."""

    @property
    def accounted(self) -> int:
        """Number of drawn frames that are accounted for: always all of them."""
        skipped = self.paused + self.rate_limited + self.after_end
        return self.recorded + self.dropped + self.failed + self.lost + skipped

    @property
    def left_out(self) -> str:
        """What became of the drawn frames that were not recorded, as the end of a sentence; empty if there are none."""
        words = {
            "while it was paused": self.paused,
            "faster than the limit of the frame rate": self.rate_limited,
            "after the end": self.after_end,
            "while the encoder was too slow": self.dropped,
            "after a failure": self.failed,
            "and were lost": self.lost,
        }
        counts = [f"{count} came {how}" for how, count in words.items() if count]
        return f"; of {self.drawn} drawn frames {', '.join(counts)}" if counts else ""

    @property
    def render_cost_ms(self) -> float:
        """Mean time in ms that recording took from the render thread, per grabbed frame."""
        return self.grab_time.mean_ms

    def count_skip(self, skip: Skip) -> None:
        """Count a frame that the clock did not want."""
        if skip is Skip.PAUSED:
            self.paused += 1
        elif skip is Skip.RATE_LIMIT:
            self.rate_limited += 1
        else:
            self.after_end += 1

    def settle(self, kept: int) -> None:
        """Let `recorded` be the frames that were kept, and count the others that were taken as `lost`.

        Once both threads have ended their work. What an exception from outside kept from being counted has failed.
        """
        taken = self.recorded + self.lost
        self.recorded = min(
            kept, taken
        )  # a sink that is used again has frames of its other recordings as well
        self.lost = taken - self.recorded
        self.failed += max(0, self.drawn - self.accounted)

    def snapshot(self) -> Stats:
        """Return a copy that stays as it is.

        For example:

            before = stats.snapshot()
            draw()
            print(stats.recorded - before.recorded)
        """
        snapshot = replace(self)
        for each in fields(self):
            if isinstance(durations := getattr(self, each.name), Durations):
                setattr(snapshot, each.name, durations.copy())
        return snapshot

    def as_dict(self) -> dict[str, object]:
        """Return all values under their names, as JSON takes them; each stage's time is a dictionary in ms.

        For example:

            values = recording.stats.as_dict()
            print(values["recorded"], values["grab_time"])
        """
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value.as_dict() if isinstance(value, Durations) else value for name, value in values.items()
        }

    def append_json_line(self, target: str | os.PathLike[str]) -> None:
        """Add `as_dict()` as one line of JSON to a file, or to the standard output if that is "-".

            recording.stats.append_json_line("runs.jsonl")
            recording.stats.append_json_line("-")

        Raises:
            SinkError: it could not be written.

        """
        import json  # for those who ask for the account

        line = json.dumps(self.as_dict()) + "\n"
        if target == "-":
            sys.stdout.write(line)
            return
        with (
            translated(SinkError, "cannot write the account (stats_json=)", SYSTEM, path=target),
            absolute_path("stats_json", target).open("a", encoding="utf-8") as file,
        ):
            file.write(line)
