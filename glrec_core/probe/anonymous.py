"""What a report says of a machine, without what names its user: files and folders of his, his name, the machine's.

Reasons come from drivers, packages and the system, which name what they like. So every text of a report goes through here,
and what is an absolute path gives way, unless it is the system's own: those are the same on every machine.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

HIDDEN = "<path>"

_SYSTEM = ("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/dev/", "/proc/driver/", "/sys/", "/etc/")
_WINDOWS_OWN = ("c:/windows/", "c:/program files/", "c:/program files (x86)/")
_POSIX_ROOT = r"(?<!http:)(?<!https:)(?<![\w.~>/])(?:file:)?/+(?=[\w.~-])"
_DRIVE = r"(?<![\w.~>/\\])[A-Za-z]:\\+(?=[\w.~-])"  # with one backslash, or two as in a `repr`
_DRIVE_OR_SHARE = r"(?<![\w.~>/\\])(?:[A-Za-z]:[/\\]|\\\\)[/\\]*(?=[\w.~?-])"
_ROOT = f"(?:{_DRIVE_OR_SHARE if os.sep != '/' else _DRIVE}|{_POSIX_ROOT})"
_WORD = r"[^'\"\s:;,()<>]*"
_REST = rf"{_WORD}(?: [^'\"\s:;,()<>/\\]+[/\\]{_WORD})*"  # a word with a slash in it goes on after a blank
_LEAST_NAME = 3
"""Shorter names of users and machines are too likely to be a part of something else."""


def anonymous(value: Any) -> Any:
    """Return a report without names, whatever it consists of."""
    match value:
        case str():
            return _without_people(_without_paths(value))
        case dict():
            return {anonymous(key): anonymous(each) for key, each in value.items()}
        case list() | tuple():
            return type(value)(map(anonymous, value))
        case _:
            return value


def _without_people(text: str) -> str:
    for name, stand_in in _people():
        if text == name:  # a word of ours, such as the route "host"
            continue
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", stand_in, text)
    return text


@cache
def _people() -> tuple[tuple[str, str], ...]:
    user = ""
    with suppress(
        Exception
    ):  # a user without a name: KeyError, OSError or ImportError, by version and system
        user = getpass.getuser()
    display = os.environ.get("DISPLAY", "").rpartition(":")[0].rpartition("/")[2]
    machines = {platform.node(), platform.node().partition(".")[0], display} - {"localhost", "unix"}
    names = [(user, "<user>"), *((machine, "<host>") for machine in sorted(machines, key=len, reverse=True))]
    return tuple((name, stand_in) for name, stand_in in names if len(name) >= _LEAST_NAME)


def _without_paths(text: str) -> str:
    for folder in _packages():  # what is installed keeps its name within the packages
        text = text.replace(folder, "")
    return _paths().sub(lambda found: found[0] if _is_systems(found) else HIDDEN, text)


def _is_systems(found: re.Match[str]) -> bool:
    return found["place"] is None and _is_of_every_machine(found[0])


def _is_of_every_machine(path: str) -> bool:
    """Whether a path is below one that the system itself has made."""
    return path.startswith(_SYSTEM) or re.sub(r"\\+", "/", path).lower().startswith(_WINDOWS_OWN)


@cache
def _paths() -> re.Pattern[str]:
    """Return what finds a path: one in a known place, whose name may have blanks in it, or what looks like one."""
    places = "|".join(map(re.escape, _places())) or "(?!)"
    return re.compile(rf"(?:(?P<place>{places})(?![\w.-])|{_ROOT}){_REST}")


@cache
def _packages() -> tuple[str, ...]:
    """Return the folders that packages are imported from, as they begin a path."""
    folders = {each for each in sys.path if Path(each).name in {"site-packages", "dist-packages"}}
    return tuple(f"{each}{os.sep}" for each in _longest_first(folders))


@cache
def _places() -> tuple[str, ...]:
    """Return the folders that are known to be somebody's: those of Python, of the user and of the environment."""
    folders = {sys.prefix, sys.base_prefix, str(Path.home()), *sys.path}
    for value in os.environ.values():
        folders.update(value.split(os.pathsep))
    with suppress(OSError):  # it is gone
        folders.add(str(Path.cwd()))
    return tuple(each for each in _longest_first(folders) if not _is_of_every_machine(f"{each}/"))


def _longest_first(folders: set[str]) -> list[str]:
    """Return the folders as they are named and as they are, those within others before these."""
    absolute = {each.rstrip(os.sep) for each in folders if Path(each).is_absolute() and "\0" not in each}
    named = {*absolute, *map(os.path.realpath, absolute)}
    named |= {each.replace("\\", "\\\\") for each in named if os.sep == "\\"}  # as an error's text has it
    return sorted(named - {"", os.sep}, key=len, reverse=True)
