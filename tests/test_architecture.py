"""The floors of the house, read from the code: imports run downward only, adapters know one module of the core.

The table of docs/architecture.md is the plan. A room that is not in it fails the test: whoever adds one says where it belongs.
"""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.displays import run_program

ROOT = Path(__file__).resolve().parents[1]

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def _described() -> Iterator[tuple[int, str]]:
    """Yield the rooms that the table of docs/architecture.md names, with their floors, from the ground up."""
    for floor, names in re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE, flags=re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", names):
            yield int(floor), _dotted_room(name)


def _dotted_room(name: str) -> str:
    """Return a room's dotted name; files and folders are those of glrec_core unless they say otherwise."""
    parts = [part for part in ("glrec_core/" + name).removesuffix(".py").split("/") if part]
    if ".." in parts:
        parts = parts[parts.index("..") + 1 :]
    return ".".join(parts).removesuffix(".__init__")


FLOORS: dict[str, int] = {room: floor for floor, room in _described()}
"""A package's name stands for all its modules, which may import each other."""

ADAPTERS = sorted(path.parent.name for path in (ROOT / "glrec_integrations").glob("*/adapter.py"))
FRAMEWORKS = frozenset(
    {
        "pyglet",
        "arcade",
        "moderngl",
        "moderngl_window",
        "vispy",
        "OpenGL",
        "glfw",
        "pygame",
        "PySide6",
        "PyQt6",
        "gymnasium",
        "direct",
        "mujoco",
        "panda3d",
        "pyvista",
        "vtkmodules",
    }
)
HEAVY = frozenset(
    {
        "av",
        "cupy",
        "cuda",
        "PIL",
        "PyNvVideoCodec",
        "imageio",
        "imageio_ffmpeg",
        "lz4",
        "pytest",
        "rich",
        "scipy",
        "shtab",
        "zfec",
    }
)


class Import(NamedTuple):
    """An import statement of one of the project's modules."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def _modules() -> dict[str, Path]:
    """Return every module of the product by its dotted name."""
    paths = [
        path
        for package in ("glrec", "glrec_core", "glrec_integrations", "glrec_bench")
        for path in (ROOT / package).rglob("*.py")
    ]
    return {_dotted(path.relative_to(ROOT)): path for path in paths}


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(module: str, path: Path) -> Iterator[Import]:
    """Yield what a module imports, within functions and for type checkers as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name in _imported_names(node):
            yield Import(module, name, getattr(node, "lineno", 0))


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"relative import in line {node.lineno}: write the full name"
        assert node.module is not None
        return [_submodule_or_package(node.module, alias.name) for alias in node.names]
    return []


def _submodule_or_package(package: str, name: str) -> str:
    submodule = f"{package}.{name}"
    return submodule if submodule in MODULES else package


def _room(module: str) -> str:
    """Return the name in the table that stands for a module: its own, or that of a package around it."""
    parts = module.split(".")
    around = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    room = next((name for name in around if name in FLOORS), None)
    # `glrec_core` alone is its __init__, the top of the core, and no home for modules that nobody listed.
    assert room is not None, f"{module} is on no floor"
    assert room != "glrec_core" or module == "glrec_core", f"{module} is on no floor"
    return room


def _floor(module: str) -> int:
    return FLOORS[_room(module)]


MODULES = _modules()
IMPORTS = [each for module, path in MODULES.items() for each in _imports(module, path)]
OWN = [each for each in IMPORTS if each.imported in MODULES]


def test_the_code_is_read() -> None:
    assert {
        "glrec_core.stages",
        "glrec_core.recorder.recorder",
        "glrec_integrations.pyglet.adapter",
    } <= MODULES.keys()
    assert ("glrec_core.stages", "glrec_core.values.frame") in {
        (each.importer, each.imported) for each in OWN
    }


def test_every_module_has_a_floor_and_every_room_a_module() -> None:
    assert {_room(module) for module in MODULES} == FLOORS.keys()


def test_the_table_is_in_order() -> None:
    floors = [floor for floor, _ in _described()]
    assert floors == sorted(floors)
    assert len(FLOORS) == len(floors), "a room stands in it twice"


def test_imports_run_downward_only() -> None:
    """A room's modules may import each other; rooms of one floor may not."""
    between = [each for each in OWN if _room(each.importer) != _room(each.imported)]
    assert [str(each) for each in between if _floor(each.imported) >= _floor(each.importer)] == []


def test_no_import_runs_in_a_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for each in OWN:
        graph[each.importer].add(each.imported)
    # CycleError names the circle.
    assert set(TopologicalSorter(graph).static_order()) == MODULES.keys()


def test_nothing_in_the_product_imports_what_is_for_tests() -> None:
    testing = [each for each in OWN if _room(each.imported) == "glrec_core.testing"]
    assert testing
    assert [str(each) for each in testing if _room(each.importer) != "glrec_core.testing"] == []


def test_adapters_import_nothing_of_the_core_but_the_seam() -> None:
    """An adapter's own helpers in its package are part of it; other packages of `glrec_integrations` are not."""
    for name in ADAPTERS:
        package = f"glrec_integrations.{name}"
        for module in _reachable(f"{package}.adapter", package):
            outside = {found.imported for found in OWN if found.importer == module} - _within(package)
            assert outside <= {"glrec_core.adapter"}, f"{module} imports {sorted(outside)}"


def test_the_frameworks_faces_use_public_names_only() -> None:
    allowed = {"glrec_core", "glrec_core.adapter", "glrec_core.arrays"}
    faces = [found for found in OWN if found.importer.startswith("glrec_integrations.")]
    private = [str(f) for f in faces if f.imported.startswith("glrec_core") and f.imported not in allowed]
    assert private == []


def test_the_core_has_no_list_of_frameworks() -> None:
    """What it says of them, adapters tell it. Advice on one framework is no list: no module names two."""
    words = {
        name: re.compile(
            "|".join(map(_whole_word, {name, *_adapter(name).glrec_frameworks()})), re.IGNORECASE
        )
        for name in ADAPTERS
    }
    lists = {}
    for module, path in MODULES.items():
        texts = list(_texts(path)) if module.startswith("glrec_core") else []
        named = [name for name in ADAPTERS if any(words[name].search(text) for text in texts)]
        if len(named) > 1:
            lists[module] = named
    assert lists == {}


def _whole_word(name: str) -> str:
    return rf"\b{re.escape(name)}\b"


def _adapter(name: str) -> Any:
    return importlib.import_module(f"glrec_integrations.{name}.adapter")


def _texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module that are no documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def _within(package: str) -> set[str]:
    return {module for module in MODULES if module == package or module.startswith(f"{package}.")}


def _reachable(module: str, package: str) -> set[str]:
    """Return the modules of `package` that `module` imports, itself included."""
    found, pending = {module}, [module]
    while pending:
        importer = pending.pop()
        direct = {each.imported for each in OWN if each.importer == importer} & _within(package)
        pending += direct - found
        found |= direct
    return found


def _top(found: Import) -> str:
    return found.imported.partition(".")[0]


def test_importing_is_light() -> None:
    """One after the other in one interpreter: what any of them brings stays there."""
    modules = [
        "glrec_core",
        "glrec_core.adapter",
        "glrec_core.arrays",
        "glrec_core.cli.main",
        "glrec_core.process",
        "glrec_core.testing",
        *(f"glrec_integrations.{name}" for name in ADAPTERS),
        *(f"glrec_integrations.{name}.adapter" for name in ADAPTERS),
        "glrec_integrations.gymnasium",
    ]
    program = (
        "import importlib, sys\n"
        f"for module in {modules}:\n"
        "    importlib.import_module(module)\n"
        "    print(module, *{name.partition('.')[0] for name in sys.modules})"
    )
    lines = [line.split() for line in run_program(program, fresh=True).stdout.splitlines()]
    assert [module for module, *_ in lines] == modules
    for module, *loaded in lines:
        assert set(loaded) & (FRAMEWORKS | HEAVY) == set(), f"with {module}"
    assert "glrec_core" in lines[0]


def test_the_core_needs_the_standard_library_and_its_dependencies_only() -> None:
    allowed = {
        *sys.stdlib_module_names,
        "glrec_core",
        "glrec_bench",  # what `glrec bench` hands over to; it comes in the same wheel
        "av",
        "numpy",
        "pluggy",
        "platformdirs",
        "lz4",  # where it is installed
        "cupy",
        "cuda",
        "psutil",  # other processes, where there is no /proc; a dependency there
        "nvtx",  # names the stages in profilers, where it is installed
        "PyNvVideoCodec",
        "PIL",  # images and text in `glrec_core.process`
        "imageio",  # animated pictures
        "imageio_ffmpeg",  # a second decoder for `glrec verify`, where it is installed
        "zfec",  # for sending with forward error correction
        "rich",  # the command's progress bars, likewise
        "shtab",  # its completion in shells, likewise
    }
    foreign = [
        str(each) for each in IMPORTS if each.importer.startswith("glrec_core") and _top(each) not in allowed
    ]
    assert foreign == []


OF_ONE_SYSTEM = frozenset(
    [
        "fcntl",
        "grp",
        "msvcrt",
        "nt",
        "posix",
        "pty",
        "pwd",
        "resource",
        "syslog",
        "termios",
        "tty",
        "winreg",
        "winsound",
        "_winapi",
    ]
)
"""Modules of the standard library that only one kind of system has."""

KNOW_THE_SYSTEM = ("glrec_core.system", "glrec_core.gl.platform", "glrec_bench")
"""Who may ask which system this is. OpenGL's windowing APIs are what systems are to `gl`; benchmarks run on Linux."""


def test_contexts_of_ones_own_are_made_by_whatever_api_the_system_has() -> None:
    """`gl.offscreen` chooses; who asks EGL itself works on Linux only."""
    apis = {"glrec_core.gl.headless", "glrec_core.gl.hidden_window"}
    askers = [each for each in OWN if each.imported in apis]
    assert askers
    assert [str(each) for each in askers if not each.importer.startswith("glrec_core.gl.")] == []


def test_the_differences_of_systems_live_in_one_place() -> None:
    """Everywhere else the code is one for all systems: it neither asks for their names nor imports what one of them lacks."""
    elsewhere = {module: path for module, path in MODULES.items() if not module.startswith(KNOW_THE_SYSTEM)}
    imported = [str(each) for each in IMPORTS if each.importer in elsewhere and _top(each) in OF_ONE_SYSTEM]
    assert imported == []
    asked = {
        f"{module} asks for {ast.unparse(node)}"
        for module, path in elsewhere.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"sys.platform", "os.name", "platform.system"}
    }
    assert asked == set()


def test_what_one_system_lacks_is_not_called_elsewhere() -> None:
    """Names that Windows' `os` and `signal` do not have: who needs them asks `glrec_core.system`."""
    lacking = {
        "os": {
            "fork",
            "killpg",
            "pread",
            "preadv",
            "pwrite",
            "set_blocking",
            "O_NOFOLLOW",
            "O_NONBLOCK",
            "geteuid",
        },
        "signal": {"SIGKILL", "SIGHUP", "pthread_kill", "pthread_sigmask", "setitimer"},
        "select": {"select", "poll", "epoll"},
    }
    used = {
        f"{module} uses {ast.unparse(node)}"
        for module, path in MODULES.items()
        if not module.startswith(KNOW_THE_SYSTEM)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in lacking.get(node.value.id, ())
    }
    assert used == set()
