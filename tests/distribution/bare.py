"""Environments with nothing in them but glrec's wheel and what it asks for: built from what is installed here.

No package is downloaded. The files of each distribution that a set of extras leads to are linked into a folder, and
Python is started with that folder and its standard library alone.
"""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


class Built(NamedTuple):
    """What `python -m build` makes."""

    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class BareEnvironment:
    """A folder with packages; `distributions` are their names."""

    folder: Path
    distributions: frozenset[str]

    def run(self, program: str, env: Mapping[str, str]) -> str:
        """Run source text with the folder's packages only, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-S", "-P", "-c", program],  # -S: without site-packages and its path files
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def bare_environment(folder: Path, wheel: Path, extra: str) -> BareEnvironment:
    """Install the wheel into `folder`, with one of its extras, or none if that is empty.

    Raises:
        PackageNotFoundError: a package that is asked for is not installed here.

    """
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    [info] = folder.glob("glrec-*.dist-info")
    needed: dict[str, Distribution] = {}
    _collect(PathDistribution(info), extra, needed)
    for each in needed.values():
        _link(each, folder)
    return BareEnvironment(folder, frozenset(needed))


def _collect(package: Distribution, extra: str, found: dict[str, Distribution]) -> None:
    """Enter into `found` what a distribution requires, and what that requires, and so on."""
    for requirement in _required(package, extra):
        extras = {"", *requirement.extras}
        if requirement.name == "glrec":  # an extra that is made of others
            for each in requirement.extras:
                _collect(package, each, found)
        elif requirement.name not in found:
            needed = found[requirement.name] = distribution(requirement.name)
            for each in extras:
                _collect(needed, each, found)


def _required(package: Distribution, extra: str) -> Iterator[Requirement]:
    for text in package.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _link(package: Distribution, folder: Path) -> None:
    """Link the folders and modules of a distribution; scripts lie elsewhere and are left out."""
    files = package.files
    if files is None:
        raise PackageNotFoundError(f"{package.name} does not tell which files it has")
    for name in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        place = folder / name
        if not place.exists():
            place.symlink_to(Path(str(package.locate_file(name))).resolve())
