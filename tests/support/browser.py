"""Plays a file as a browser does: headless Chromium, a `<video>` element, and a canvas that reads the colours.

The page is served from 127.0.0.1 by a small server with byte ranges, without which browsers cannot seek, and
posts what it found back to that server. Browser and server end with the call, whatever happens.
"""

import json
import os
import queue
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any, cast

from tests.support.processes import process_group

Rgb = tuple[int, int, int]

COLOUR_ERROR = 8.0
"""What Chromium may be off, of 255, in a plain area: without a GPU it converts by libyuv, whose 8-bit coefficients
cap BT.709's 2.11 for blue at 2.0; that is up to 7 for the barcode picture, where wrong tags give 15 and more."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
)
"""With these it opens no window, asks nobody, and goes nowhere by itself."""
_GRACE_MS = 2000
_PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>
const asked = ASKED;
const video = document.createElement("video");
const canvas = document.createElement("canvas");
const happened = name => new Promise((resolve, reject) => {
  video.addEventListener(name, resolve, {once: true});
  video.addEventListener("error", () => reject(new Error(
    `media error ${video.error.code}: ${video.error.message}`)), {once: true});
});
// "seeked" may come before the new picture does: on a busy machine the canvas would get the old one.
const presented = () => new Promise(resolve => {
  video.requestVideoFrameCallback(resolve);
  setTimeout(resolve, GRACE_MS);  // there is no new picture where the seek ended in the one that is shown
});
async function shown(time) {
  const seeked = happened("seeked"), picture = presented();
  video.currentTime = time;
  await seeked;
  await picture;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(video, 0, 0);
  return asked.points.map(([x, y]) => Array.from(context.getImageData(x, y, 1, 1).data));
}
async function play() {
  const result = {duration_seconds: 0, video_width: 0, video_height: 0, colours: [], error: null};
  try {
    const loaded = happened("loadeddata");
    video.muted = true;
    video.preload = "auto";
    video.src = asked.source;
    await loaded;
    result.duration_seconds = video.duration;
    canvas.width = result.video_width = video.videoWidth;
    canvas.height = result.video_height = video.videoHeight;
    for (const time of asked.times) result.colours.push(await shown(time));
  } catch (error) {
    result.error = error.message;
  }
  await fetch("/result", {method: "POST", body: JSON.stringify(result)});
}
play();
</script>"""


class BrowserError(RuntimeError):
    """The browser is missing or gave no answer; the message carries what it said."""


@dataclass(frozen=True, slots=True)
class PlaybackResult:
    """What the `<video>` element showed: one tuple of colours per time, one RGB of 0..255 per point.

    `error` is the element's own message when it could not play the file; the rest is as far as it came.
    """

    duration_seconds: float
    video_width: int
    video_height: int
    colours: tuple[tuple[Rgb, ...], ...]
    alphas: tuple[tuple[int, ...], ...]
    error: str | None


def find_browser() -> str | None:
    """Return the path of Chromium or Chrome, None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def play(
    path: Path,
    times: Sequence[float | Fraction] = (),
    points: Sequence[tuple[int, int]] = (),
    *,
    timeout_seconds: float = 60.0,
) -> PlaybackResult:
    """Load `path`, seek to each of `times` (seconds) and read the colour at each of `points` (x, y from the top).

    Seek to the middle of a frame, (n + 0.5) / fps, to be sure which one is shown. Raises BrowserError when
    there is no browser or it gives no result within `timeout_seconds`.
    """
    asked = {
        "source": f"/video{path.suffix}",
        "times": [float(time) for time in times],
        "points": [list(point) for point in points],
    }
    page = _PAGE.replace("ASKED", json.dumps(asked)).replace("GRACE_MS", str(_GRACE_MS)).encode()
    with serve(page, path) as (address, results), _chromium(address) as log:
        try:
            answer = results.get(timeout=timeout_seconds)
        except queue.Empty:
            said = log.read_text("utf-8", "replace")
            raise BrowserError(f"no result for {path} within {timeout_seconds} s:\n{said}") from None
    pixels = answer["colours"]
    answer["colours"] = tuple(tuple(tuple(rgba[:3]) for rgba in shown) for shown in pixels)
    answer["alphas"] = tuple(tuple(rgba[3] for rgba in shown) for shown in pixels)
    return PlaybackResult(**answer)


@contextmanager
def _chromium(address: str) -> Iterator[Path]:
    executable = find_browser()
    if executable is None:
        raise BrowserError(f"none of {', '.join(_NAMES)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        profile = Path(folder, "profile")
        # Settings, caches and sockets go to these, whatever the profile.
        places = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
        env = {**os.environ, **dict.fromkeys(places, folder)}
        command = [executable, *FLAGS, f"--user-data-dir={profile}", address]
        with log.open("wb") as output, process_group(command, stdout=output, stderr=output, env=env):
            yield log


@contextmanager
def serve(page: bytes, video: Path) -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """Serve `page` at / and `video` at /video* on a free port; yield the address and what is posted, parsed."""
    results: queue.Queue[dict[str, Any]] = queue.Queue()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, page, video, results)) as server:
        thread = threading.Thread(target=server.serve_forever, name="browser-test-server")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", results
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Serves the page and the video, whole or in part, and takes the result."""

    def __init__(self, page: bytes, video: Path, results: queue.Queue[dict[str, Any]], *rest: Any) -> None:
        self._page, self._video, self._results = page, video, results
        super().__init__(*rest)

    def do_GET(self) -> None:
        """Answer with the page, or with the asked part of the video."""
        if self.path == "/":
            self._answer(HTTPStatus.OK, "text/html", self._page)
        elif self.path.startswith("/video"):
            self._answer_video()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take the page's result."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(HTTPStatus.OK, "text/plain", b"")
        self._results.put(json.loads(body))

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the test's output is for its own words."""

    def _answer_video(self) -> None:
        kind = guess_type(self._video)[0] or "application/octet-stream"
        data = self._video.read_bytes()
        wanted = _byte_range(cast("str | None", self.headers["Range"]), len(data))
        if wanted is None:
            self._answer(HTTPStatus.OK, kind, data)
            return
        where = f"bytes {wanted.start}-{wanted.stop - 1}/{len(data)}"
        self._answer(HTTPStatus.PARTIAL_CONTENT, kind, data[wanted.start : wanted.stop], where)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes, content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        if content_range is not None:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser has seen enough: usual for video


def _byte_range(header: str | None, length: int) -> range | None:
    """Return the bytes of a `Range: bytes=first-last` header (RFC 9110, 14.1.2), None without one."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, length - int(last)), length)
    return range(int(first), min(length, int(last) + 1 if last else length))
