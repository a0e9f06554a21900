"""Examines a file in a process of its own and gives the report: what `glrec info` and `glrec verify` show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glrec_core.errors import ConfigError, ProcessFailed, VideoError
from glrec_core.ffmpeg.executable import bundled_ffmpeg
from glrec_core.isolation import call
from glrec_core.media.film import Film, film_as_json, film_from_json, read_film
from glrec_core.media.source import check_path
from glrec_core.values.checks import positive_number, shown
from glrec_core.values.progress import Progress, silent
from glrec_core.verify import second_decoder
from glrec_core.verify.checks import Check, Expected, Findings, Status, run_checks
from glrec_core.verify.decoding import Decoded, decode

_LEAST_SECONDS = 60.0
_BYTES_PER_SECOND = 5_000
"""A still scene has about 50 bytes a frame: this allows for decoding 100 frames of it in a second."""


@dataclass(frozen=True, slots=True)
class Report:
    """A verified file: what it is, and the outcome of each check."""

    film: Film
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.status is not Status.FAIL for check in self.checks)


def info(path: str | Path, *, timeout_seconds: float | None = None) -> Film:
    """Return what a video file is, without decoding it.

    Args:
        path: the file.
        timeout_seconds: how long it may take; None is a minute and more for a large file.

    Raises:
        ConfigError: there is no such file, or it cannot be read by this user.
        VideoError: it is no video, or takes too long.

    """
    file, limit_seconds = check_path(path), _checked(timeout_seconds)
    return film_from_json(
        _examine(file, limit_seconds, {"decoding": False, "barcode": False}, silent)["film"]
    )


def verify(
    path: str | Path,
    expected: Expected | None = None,
    *,
    timeout_seconds: float | None = None,
    progress: Progress = silent,
) -> Report:
    """Decode all of a video file with two decoders, where both are installed, and check what they say.

    Args:
        path: the file.
        expected: what is known of it. The barcode of glrec's own test clips is also found unasked.
        timeout_seconds: how long each decoder may take; None is a minute and more for a large file.
        progress: told how many frames are decoded, twice from the start.

    Raises:
        ConfigError: there is no such file, or it cannot be read by this user.
        VideoError: it is no video, or takes too long.

    """
    file, limit_seconds = check_path(path), _checked(timeout_seconds)
    wanted = Expected() if expected is None else expected
    if not isinstance(wanted, Expected):
        raise ConfigError(f"expected={shown(wanted)} must be an Expected(frames=..., fps=..., size=...)")
    if not callable(progress):
        raise ConfigError(f"progress={shown(progress)} must be a function (done, total)")
    found = _examine(file, limit_seconds, {"decoding": True, "barcode": wanted.barcode}, progress)
    film, decoded = film_from_json(found["film"]), Decoded(**found["decoded"])
    executable = bundled_ffmpeg()
    second = executable and second_decoder.decode(
        executable,
        file,
        timeout_seconds=limit_seconds or _time_limit_seconds(file),
        frames=film.frames,
        progress=progress,
    )
    return Report(film, run_checks(Findings(film, decoded, second or None), wanted))


def examine(progress: Progress, *, path: str, decoding: bool, barcode: bool) -> dict[str, Any]:
    """Read, and on request decode, a file; runs in a process of its own."""
    film = read_film(Path(path))
    found: dict[str, Any] = {"film": film_as_json(film)}
    if decoding:
        found["decoded"] = asdict(decode(Path(path), frames=film.frames, barcode=barcode, progress=progress))
    return found


def _examine(
    file: Path, timeout_seconds: float | None, wanted: dict[str, bool], progress: Progress
) -> dict[str, Any]:
    if file.stat().st_size == 0:
        raise VideoError(f"{file.name} is empty")
    try:
        found: dict[str, Any] = call(
            f"{__name__}:{examine.__name__}",
            {"path": str(file), **wanted},
            timeout_seconds=timeout_seconds or _time_limit_seconds(file),
            progress=progress,
        )
    except ProcessFailed as error:
        raise VideoError(
            f"{file.name} cannot be decoded: {error}. Is it damaged, or was the time too short?"
        ) from error
    return found


def _checked(timeout_seconds: float | None) -> float | None:
    return None if timeout_seconds is None else positive_number("timeout_seconds", timeout_seconds, "seconds")


def _time_limit_seconds(file: Path) -> float:
    return _LEAST_SECONDS + file.stat().st_size / _BYTES_PER_SECOND
