"""What Windows takes for a path is known on every system, and said before anything is touched."""

import os
import sys
from pathlib import Path

import pytest

from glrec_core import ConfigError
from glrec_core.system import names
from glrec_core.system.names import windows_problem_with, windows_too_long
from glrec_core.values.checks import absolute_path

TAKEN = [
    "film.mp4",
    r"C:\films\film.mp4",
    "C:/films/film.mp4",
    "C:film.mp4",
    r"\films\film.mp4",
    r"\\server\share\film.mp4",
    "//server/share/film.mp4",
    r"\\?\C:\films\film.mp4",
    r"\\?\UNC\server\share\film.mp4",
    r"..\.\film.mp4",
    ".hidden.mp4",
    "console.mp4",
    "COM10.mp4",
    "auxiliary.mp4",
    "nul-1.mp4",
    "übung ½.mp4",
    "%06d.png",
    "a b.mp4",
]
REFUSED = {
    "aux.mp4": "device",
    "CON": "device",
    "con.tar.gz": "device",
    r"C:\nul\film.mp4": "device",
    "lpt9.mkv": "device",
    "COM¹.mp4": "device",
    "nul .mp4": "device",
    "conout$": "device",
    r"\\.\pipe\film.mp4": "device",
    "film.mp4.": "forgets the end",
    "film.mp4 ": "forgets the end",
    r"films.\film.mp4": "forgets the end",
    "film.mp4:stream": "':'",
    r"C:\a\b:c.mp4": "':'",
    "what?.mp4": "'?'",
    "a*.mp4": "'*'",
    'say "hi".mp4': "'\"'",
    "a|b.mp4": "'|'",
    "a<b>.mp4": "'<'",
    "tab\t.mp4": r"'\\t'",
}


@pytest.mark.parametrize("path", TAKEN)
def test_what_windows_takes(path: str) -> None:
    assert windows_problem_with(path) is None


@pytest.mark.parametrize("path", REFUSED)
def test_what_windows_does_not_take(path: str) -> None:
    problem = windows_problem_with(path)
    assert problem is not None
    assert REFUSED[path].replace("\\\\", "\\") in problem


def test_a_path_has_room_for_what_is_made_beside_the_film() -> None:
    folder = os.path.join("C:" + os.sep, "f" * 200)  # noqa: PTH118 - a text, of no path of this system
    assert windows_too_long(os.path.join(folder, "n" * 50)) is None  # noqa: PTH118
    assert windows_too_long(os.path.join(folder, "n" * 60)) is not None  # noqa: PTH118
    assert windows_too_long(os.path.join(folder + "f" * 40, "n.mp4")) is not None  # noqa: PTH118


@pytest.mark.parametrize("path", REFUSED)
def test_it_is_said_where_it_counts(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "win32":
        absolute_path("path", path)
        monkeypatch.setattr("glrec_core.values.checks.problem_with", windows_problem_with)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^path="):
        absolute_path("path", path)
    assert list(tmp_path.iterdir()) == []


def test_other_systems_take_them() -> None:
    assert [names.problem_with(path) is None for path in REFUSED] == [sys.platform != "win32"] * len(REFUSED)
