"""Drives headless Chromium by its DevTools protocol, through a pair of pipes: pages, their errors, clicks, pictures."""

import base64
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

from tests.support.browser import FLAGS, BrowserError, find_browser
from tests.support.processes import process_group

_HIGH = 20
"""Descriptors from here on are in nobody's way: the browser's are 3 and 4."""

Answer = dict[str, Any]


class Page:
    """A page of the browser. `errors` are what its scripts threw, what they logged as errors, and what did not load."""

    def __init__(self, wires: "_Wires") -> None:
        """Open a page that shows nothing."""
        self._wires = wires
        target = wires.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = wires.call("Target.attachToTarget", {"targetId": target, "flatten": True})[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    @property
    def errors(self) -> list[str]:
        """What went wrong on the pages since the last `open`."""
        return [said for event in self._wires.events if (said := _error_of(event)) is not None]

    def call(self, method: str, **parameters: object) -> Answer:
        """Call the protocol; raises BrowserError with the browser's own words."""
        return self._wires.call(method, parameters, self._session)

    def open(self, address: str) -> None:
        """Go to an address and wait until all that it names is loaded."""
        self._wires.events.clear()
        self.call("Page.navigate", url=address)
        self._wires.wait_for("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """Return what a JavaScript expression gives; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Make the page so large, and ask for the dark or the light scheme."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < height}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])


class _Wires:
    """Messages to and from the browser, each ended by a zero byte."""

    def __init__(self, to_browser: int, from_browser: int, log: Path, timeout_seconds: float) -> None:
        self._to, self._from, self._log, self._timeout = to_browser, from_browser, log, timeout_seconds
        self._held = b""
        self._calls = 0
        self.events: list[Answer] = []

    def call(self, method: str, parameters: Answer, session: str | None = None) -> Answer:
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next(method)).get("id") != self._calls:
            self.events.append(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: Answer = answer["result"]
        return result

    def wait_for(self, event: str) -> None:
        while not any(each.get("method") == event for each in self.events):
            self.events.append(self._next(event))

    def _next(self, waited_for: str) -> Answer:
        until = time.monotonic() + self._timeout
        while b"\0" not in self._held:
            left = until - time.monotonic()
            part = os.read(self._from, 1 << 20) if left > 0 and select([self._from], [], [], left)[0] else b""
            if not part:
                said = self._log.read_text("utf-8", "replace")
                raise BrowserError(f"no answer to {waited_for} within {self._timeout} s:\n{said}")
            self._held += part
        message, _, self._held = self._held.partition(b"\0")
        answer: Answer = json.loads(message)
        return answer


@contextmanager
def open_page(*, timeout_seconds: float = 60.0) -> Iterator[Page]:
    """Start a browser with one page; it ends with the block. Raises BrowserError where there is none."""
    executable = find_browser()
    if executable is None:
        raise BrowserError("neither Chromium nor Chrome is installed")
    with (
        tempfile.TemporaryDirectory() as folder,
        _pipe() as (child_reads, to_browser),
        _pipe() as (from_browser, child_writes),
    ):
        log = Path(folder, "log")
        env = {**os.environ, **dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder)}
        command = [
            executable,
            *FLAGS,
            "--remote-debugging-pipe",
            f"--user-data-dir={folder}/profile",
            "about:blank",
        ]
        wired = ["bash", "-c", f'exec "$@" 3<&{child_reads} 4>&{child_writes}', "bash", *command]
        with (
            log.open("wb") as output,
            process_group(wired, stdout=output, stderr=output, env=env, pass_fds=(child_reads, child_writes)),
        ):
            yield Page(_Wires(to_browser, from_browser, log, timeout_seconds))


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    low = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _HIGH) for end in low]
    for end in low:
        os.close(end)
    try:
        yield ends[0], ends[1]
    finally:
        for end in ends:
            os.close(end)


def _error_of(event: Answer) -> str | None:
    said = event.get("params", {})
    match event.get("method"):
        case "Runtime.exceptionThrown":
            return json.dumps(said["exceptionDetails"])
        case "Runtime.consoleAPICalled" if said["type"] in {"error", "assert"}:
            return json.dumps(said["args"])
        case "Log.entryAdded" if said["entry"]["level"] == "error":
            return f"{said['entry']['text']} {said['entry'].get('url', '')}"
    return None
