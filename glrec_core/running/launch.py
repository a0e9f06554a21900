"""Runs a script or a module as `python` itself would: `__main__`, `sys.argv`, `sys.path` and tracebacks."""

from __future__ import annotations

import builtins
import io
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from glrec_core.errors import ConfigError, ProgramNotFound
from glrec_core.values import checks

_EXECUTABLES = (b"\x7fELF", b"MZ")
"""How programs begin that are no Python: of Linux and of Windows."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A program that is ready to run."""

    code: CodeType
    path: str
    """Of the file with the code; absolute."""
    name: str
    """What `sys.argv` begins with."""
    spec: ModuleSpec | None
    loader: Any

    def run(self, arguments: list[str]) -> None:
        """Run it as `__main__`, which it remains; what it raises is raised, with its own traceback."""
        main = ModuleType("__main__")
        package = self.spec.parent if self.spec is not None else None
        vars(main).update(
            __file__=self.path,
            __builtins__=builtins,
            __spec__=self.spec,
            __loader__=self.loader,
            __package__=package,
        )
        sys.modules["__main__"] = main
        sys.argv[:] = [self.name, *arguments]
        exec(self.code, vars(main))  # noqa: S102 - the program is what the user asked to run


def load_script(script: str) -> Launch:
    """Return the program in a file, or in the `__main__.py` of a folder, and put its folder on the search path.

    Raises:
        ProgramNotFound: the file is missing or cannot be read.
        SyntaxError: as Python says it.

    """
    try:
        file = Path(_path(script)).absolute()
        if file.is_dir():
            file /= "__main__.py"
        path = str(file)
        with io.open_code(path) as opened:
            source = opened.read()
    except OSError as error:
        raise ProgramNotFound(f"can't open {script!r}: {error.strerror}") from error
    _search_first(file.resolve().parent)
    return Launch(_compiled(source, path), path, script, None, SourceFileLoader("__main__", path))


def load_module(name: str) -> Launch:
    """Return the program in an importable module, or in the `__main__` of a package. Packages around it are imported.

    Raises:
        ProgramNotFound: there is no such module, or it has no Python code.

    """
    _search_first(Path.cwd())
    spec = _found(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = _found(f"{name}.__main__")
    get_code = getattr(spec.loader, "get_code", None) if spec is not None else None
    code = get_code(spec.name) if get_code is not None and spec is not None else None
    if spec is None or code is None:
        raise ProgramNotFound(f"no module named {name!r} that could be run")
    origin = spec.origin or name
    return Launch(code, origin, origin, spec, spec.loader)


def show(error: BaseException) -> None:
    """Print an error as Python does at the end of a program, without the frames that led into the program."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_globals.get("__name__", "").startswith("glrec_core."):
        found = found.tb_next
    sys.excepthook(type(error), error.with_traceback(found), found)


def _path(script: str) -> str:
    try:
        return checks.path("SCRIPT", script)
    except ConfigError as error:
        raise ProgramNotFound(str(error)) from error


def _search_first(folder: Path) -> None:
    """Put a folder where Python puts that of the program, unless Python was told not to (`-P`)."""
    if not sys.flags.safe_path:
        sys.path[0] = str(folder)


def _compiled(source: bytes, path: str) -> CodeType:
    if source.startswith(_EXECUTABLES):
        raise ProgramNotFound(
            f"{path!r} is an executable of its own; glrec run runs Python programs, and records what is drawn within Python"
        )
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except ValueError as error:  # null bytes: no text at all
        raise ProgramNotFound(f"{path!r} is not a Python program: {error}") from error


def _found(name: str) -> ModuleSpec | None:
    if name.startswith("."):
        return None  # relative, and to nothing
    try:
        return find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        return None
