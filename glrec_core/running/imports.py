"""Notices when the program imports a module, and acts before the program sees it. It imports nothing by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

OnImport = Callable[[ModuleType], None]


class ImportWatch(MetaPathFinder):
    """A finder, ahead of all others, that lets them find a module and is called back when it has been executed."""

    def __init__(self, callbacks: Mapping[str, Sequence[OnImport]]) -> None:
        self._callbacks = callbacks

    def install(self) -> None:
        """Watch from now on; modules that are there already are reported at once."""
        sys.meta_path.insert(0, self)
        for name, callbacks in self._callbacks.items():
            if (module := sys.modules.get(name)) is not None:
                _report(module, callbacks)

    def remove(self) -> None:
        """Watch no longer."""
        sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the other finders find, with a loader that reports."""
        callbacks = self._callbacks.get(name)
        if callbacks is None:
            return None
        spec = self._found_by_others(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _ReportingLoader(spec.loader, callbacks)
        return spec

    def _found_by_others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                return spec
        return None


class _ReportingLoader(Loader):
    """Gives way to the real loader before the module is executed, so that the module never sees this one."""

    def __init__(self, loader: Loader, callbacks: Sequence[OnImport]) -> None:
        self._loader = loader
        self._callbacks = callbacks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Let the real loader do it."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module, then report it."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _report(module, self._callbacks)


def _report(module: ModuleType, callbacks: Sequence[OnImport]) -> None:
    for callback in callbacks:
        callback(module)
