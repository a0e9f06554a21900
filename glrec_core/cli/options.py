"""Options of the recorder, of `glrec_core.Config`, on the command line: `--bitrate 8M` for `bitrate=8_000_000`.

Their names, kinds, ranges, choices and the words of their errors are `Config`'s and the tables'; here is only how a value is
typed, and what the help says.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from glrec_core.backends.table import BACKENDS
from glrec_core.cli.arguments import in_words_of_argparse, path, rate, read_bits, read_size, read_whole
from glrec_core.config import Options, checked, choices
from glrec_core.encode.codecs import CODECS, LOSSLESS_CODECS


class _Entry(NamedTuple):
    """How an option that takes a value is shown, and how its value is read; `words` are the values worth completing."""

    metavar: str
    read: Callable[[str], object] = str
    words: tuple[str, ...] = ()


_ENTRIES = {
    "fps": _Entry("RATE", rate),
    "size": _Entry("WxH", read_size),
    "codec": _Entry("CODEC", words=tuple(CODECS)),
    "preset": _Entry("PRESET"),
    "quality": _Entry("Q", read_whole),
    "bitrate": _Entry("RATE", read_bits),
    "audio": _Entry("FILE"),
    "backend": _Entry("NAME", words=("auto", *(backend.name for backend in BACKENDS))),
}


def _listed(words: Iterable[str], conjunction: str = "or") -> str:
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}"


_HELP = {
    "fps": "frames per second, such as 60 or 30000/1001",
    "size": "size of the recording (default: the window's)",
    "timing": "wall: each frame keeps the time at which it was drawn (default); step: frame n is shown at exactly n/RATE",
    "codec": f"{_listed(CODECS)} (default: the container's)",
    "preset": "the encoder's own name for its speed",
    "quality": "constant quality: a CRF, lower is better; for "
    + _listed(
        (each.name for each in CODECS.values() if each.quality and each.quality.best > each.quality.worst),
        "and",
    )
    + " higher is better",
    "bitrate": "mean bits per second, such as 8M, instead of a constant quality",
    "lossless": f"keep every pixel exactly ({_listed(LOSSLESS_CODECS)})",
    "audio": "file with the sound",
    "backend": "how to record (default: the best way here; `glrec doctor` lists them)",
    "overflow": "when the encoder is too slow: wait for it (block), store frames on disk until it has time (spill), or skip "
    "frames (drop); the default is spill, and block where frames have exact times",
    "overwrite": "replace an existing file",
}
"""What the help says of each option that the command line has, where a command has no words of its own."""

RECORDING: tuple[str, ...] = tuple(_HELP)
"""All of them, by their names in `Config`."""

_PYTHON = re.compile(rf"(?<![\w./'\"-])(?P<name>{'|'.join(_HELP)})=(?:True\b)?")
"""An option as Python has it; only one that the command line has as well."""

_VALUE = re.compile(r"['\"(\d]")


def add_options(parser: argparse.ArgumentParser, *names: str, **texts: str) -> None:
    """Add options of `Config` by their names; `texts` are what the help says of some instead of the usual words."""
    kinds = get_type_hints(Options)
    for name in names:
        flag, text = f"--{name.replace('_', '-')}", texts.get(name, _HELP[name])
        if kinds[name] is bool:
            parser.add_argument(flag, dest=name, action="store_true", default=None, help=text)
            continue
        words = choices(name)
        entry = _ENTRIES.get(name) or _Entry(f"{{{','.join(words)}}}", words=words)
        action = parser.add_argument(
            flag,
            dest=name,
            type=_reader(name, entry.read),
            metavar=entry.metavar,
            help=text.replace("%", "%%"),
        )
        action.words = entry.words  # type: ignore[attr-defined] # what a shell completes; see `completion`


def add_output(parser: argparse.ArgumentParser, metavar: str, text: str, default: Path | None = None) -> None:
    """Add `-o`, and `--out`, as it was once called."""
    parser.add_argument("-o", "--output", type=path, default=default, metavar=metavar, help=text)
    parser.add_argument("--out", dest="output", type=path, default=default, help=argparse.SUPPRESS)


def given(arguments: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return the options that were given, as `Config` takes them."""
    values = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def as_typed(text: str) -> str:
    """Return an error's words with options as they are typed here: `--bitrate` for `bitrate=`, `--codec 'x'` for `codec='x'`."""
    return _PYTHON.sub(_flag, text)


def _flag(found: re.Match[str]) -> str:
    space = " " if _VALUE.match(found.string, found.end()) else ""
    return f"--{found['name'].replace('_', '-')}{space}"


def _reader(name: str, read: Callable[[str], object]) -> Callable[[str], Any]:
    return lambda text: in_words_of_argparse(text, name, partial(checked, name), read(text))
