"""The wheel in bare environments, one for each extra: it records, and imports nothing that is not there.

Those are made of the packages that are installed here; see `tests.distribution.bare`.
"""

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.distribution import programs
from tests.distribution.bare import ROOT, BareEnvironment, Built, bare_environment
from tests.support.displays import xvfb
from tests.support.video import frame_count

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = sorted(PROJECT["optional-dependencies"].keys() - {"dev", "docs"})
FRAMEWORKS = frozenset(
    {"pyglet", "moderngl", "moderngl_window", "vispy", "glfw", "pygame", "PySide6", "gymnasium"}
)

OF_A_FRAMEWORK = {
    "pyglet": programs.PYGLET,
    "moderngl": programs.MODERNGL,
    "vispy": programs.VISPY,
    "glfw": programs.GLFW,
    "pygame": programs.PYGAME,
    "qt": programs.QT,
    "gymnasium": programs.GYMNASIUM,
}
ON_A_DISPLAY = {"glfw", "pygame", "qt"}
HEADLESS = {"DISPLAY": "", "EGL_PLATFORM": "surfaceless"}


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


def environment_of(extra: str, built: Built, folder: Path) -> BareEnvironment:
    try:
        return bare_environment(folder, built.wheel, extra)
    except PackageNotFoundError as error:
        pytest.skip(f"the extra {extra!r} needs {error.name}, which is not installed here")


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_wheel_records_with_an_extra_alone(
    extra: str, built: Built, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    bare = environment_of(extra, built, tmp_path)
    env = {"DISPLAY": request.getfixturevalue("display")} if extra in ON_A_DISPLAY else HEADLESS
    loaded = bare.run(OF_A_FRAMEWORK.get(extra, programs.OWN_LOOP) + programs.LOADED, env).split()
    assert frame_count(tmp_path / "film.mp4") == programs.FRAMES
    assert foreign(loaded, bare) == []
    assert {"glrec_core", "av", "numpy"} <= set(loaded)
    if extra not in OF_A_FRAMEWORK:
        assert FRAMEWORKS.isdisjoint(loaded)


def foreign(loaded: list[str], bare: BareEnvironment) -> list[str]:
    """Return the loaded modules of distributions that are installed here, but not in the bare environment."""
    owners = packages_distributions()
    known = {canonicalize_name(each) for each in (*bare.distributions, "glrec")}
    return [
        name for name in loaded if name in owners and known.isdisjoint(map(canonicalize_name, owners[name]))
    ]


def test_the_command_works_without_any_extra(built: Built, tmp_path: Path) -> None:
    bare = bare_environment(tmp_path, built.wheel, "")
    program = "import sys; sys.argv = ['glrec', 'run', '--help']; from glrec_core.cli.main import main; sys.exit(main())"
    assert "usage: glrec run" in bare.run(program, HEADLESS)


def test_a_framework_that_is_not_there_is_named(built: Built, tmp_path: Path) -> None:
    bare = bare_environment(tmp_path, built.wheel, "")
    program = """
import glrec_core
try:
    glrec_core.record(object())
except glrec_core.AdapterNotFound as error:
    print(error)
"""
    said = bare.run(program, HEADLESS)
    for name in OF_A_FRAMEWORK.keys() - {"gymnasium"}:  # which has no windows
        assert f"{name}: " in said.replace("moderngl-window: ", "moderngl: ")
