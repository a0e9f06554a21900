"""What is in the wheel and in the source archive: all that is needed, and nothing else."""

import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

from tests.distribution.bare import ROOT, Built

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def sources(*folders: str) -> set[str]:
    """Return the files of the tree below the folders, without what tools leave there."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    names = {path.relative_to(ROOT) for path in paths}
    made = Path("docs/gallery")  # by `make gallery`
    return {
        str(name)
        for name in names
        if made not in name.parents and not any(part.startswith((".", "__py")) for part in name.parts)
    }


def test_the_wheel_holds_the_packages_and_no_more(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        assert archive.testzip() is None
    info = f"glrec-{PROJECT['version']}.dist-info"
    described = {name for name in names if name.startswith(f"{info}/")}
    assert names - described == sources(*PACKAGES)
    assert {"glrec/py.typed", "glrec_core/py.typed", "glrec_integrations/py.typed"} <= names
    assert {PurePosixPath(name).name for name in described} == {
        "METADATA",
        "WHEEL",
        "RECORD",
        "entry_points.txt",
        "LICENSE",
    }


def test_the_wheel_is_for_every_platform(built: Built) -> None:
    assert built.wheel.name == f"glrec-{PROJECT['version']}-py3-none-any.whl"


def test_the_wheels_description_is_the_projects(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        text = archive.read(f"glrec-{PROJECT['version']}.dist-info/METADATA").decode()
    metadata = Parser().parsestr(text)
    assert metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_source_archive_holds_what_its_tests_need(built: Built) -> None:
    top = f"glrec-{PROJECT['version']}"
    with tarfile.open(built.sdist) as archive:
        names = {member.name.removeprefix(f"{top}/") for member in archive if member.isfile()}
    needed = sources(*PACKAGES, "tests", "examples", "docs", "scripts", "benchmarks")
    assert needed - names == set()
    beside = names - needed
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "Makefile",
        "requirements.lock",
    } <= beside
    assert all(len(Path(name).parts) == 1 for name in beside), sorted(beside)
