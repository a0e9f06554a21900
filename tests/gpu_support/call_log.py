"""What the NVENC stand-in saw: its calls in order, what it refused, and what a client left behind."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LEFT_BEHIND = ("left_in", "left_out", "left_registered", "left_mapped")


@dataclass(frozen=True, slots=True)
class CallLog:
    """The records of one or several programs, in the order of the calls.

    `tests/nvenc_standin/driver` writes them: {"call": name, ...} for a call, {"error": status, "what": reason} for
    a refusal, {"note": text} for a doubtful request.
    """

    records: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, path: Path) -> "CallLog":
        """Read the file that NVENC_SW_LOG named; a missing file is an empty log."""
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return cls(tuple(json.loads(line) for line in lines))

    def calls(self, name: str) -> list[dict[str, Any]]:
        """Return the records of one call, for example "init"."""
        return [record for record in self.records if record.get("call") == name]

    def refusals(self) -> list[tuple[int, str]]:
        """Return status and reason of every call that was refused."""
        return [(record["error"], record["what"]) for record in self.records if "error" in record]

    def leaks(self) -> list[str]:
        """Return a sentence for each session that was not destroyed or was destroyed with its buffers left."""
        opened = Counter(record["session"] for record in self.calls("open"))
        opened.subtract(record["session"] for record in self.calls("destroy"))
        found = [f"session {number} was not destroyed" for number, count in sorted(opened.items()) if count]
        for record in self.calls("destroy"):
            left = {name: record[name] for name in _LEFT_BEHIND if record[name]}
            if left:
                found.append(f"session {record['session']} was destroyed with {left}")
        return found
