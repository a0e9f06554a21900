"""Every public function, class and method shows a line or two of its use, and what that calls exists as it is called.

The examples are not run: most need a window. They are compiled, their imports are imported, and each call of which the
called is known is bound to its signature: names are those of the public packages, and variables have the type that they are
made with, or that their names stand for in all of the documentation.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import glrec_core
from glrec_core import adapter, arrays, drawing, encoder, process, read, recover, sink, stages, wire
from glrec_core.hooks.program import Program
from glrec_core.sink.replay import ReplaySink
from glrec_core.stages import StoredSink
from glrec_integrations import glfw, moderngl, panda3d, pygame, pyglet, qt, vispy, vtk
from tests.docs.pages import PAGES

PACKAGES: tuple[types.ModuleType, ...] = (
    *(glrec_core, adapter, arrays, drawing, encoder, process, read, recover, wire),
    *(glfw, moderngl, panda3d, pygame, pyglet, qt, vispy, vtk),
)

STAGES = (stages.Sink, stages.MarkedSink, StoredSink, stages.Encoder, wire.Channel)
"""A stage's methods are described once, in the protocol that they implement."""

WITHOUT = {
    "glrec_core.errors.as_failure": "for threads of glrec's own",
    "glrec_core.recorder.recorder.Recorder.attached": "record() calls it",
    "glrec_core.recorder.recorder.Recorder.discard": "record() calls it",
    "glrec_core.report.stats.Stats.count_skip": "the recorder counts by it",
    "glrec_core.report.stats.Stats.settle": "the recorder counts by it",
    "glrec_core.sink.file.FileSink.reserve": "record() calls it",
    "glrec_core.sink.file.FileSink.release": "record() calls it",
    "glrec_core.sink.pictures.PictureSink.reserve": "record() calls it",
    "glrec_core.sink.pictures.PictureSink.release": "record() calls it",
    "glrec_core.values.frame.Frame": "plain data, which stages pass on",
    "glrec_core.values.frame.FrameSpec": "plain data",
    "glrec_core.values.frame.Packet": "plain data",
    "glrec_core.values.frame.StreamInfo": "plain data",
    "glrec_core.wire.session.Counts": "plain data",
    "glrec_core.wire.session.Received": "plain data",
    "glrec_core.wire.trial.WireReport": "plain data",
    "glrec_integrations.moderngl.offline_frame.OfflineFrame.advance": "glrec calls it after each frame",
}
"""What needs no example, and why. Errors and enumerations need none either."""

VARIABLES: dict[str, Any] = {
    "channel": wire.Channel,
    "encoder": arrays.ArrayEncoder,
    "framebuffer": drawing.OffscreenFramebuffer,
    "packet": glrec_core.Packet,
    "packetizer": wire.Packetizer,
    "player": read.Player,
    "program": Program,
    "quad": drawing.Quad,
    "reassembler": wire.Reassembler,
    "receiver": wire.UdpReceiver,
    "recorder": glrec_core.Recorder,
    "recording": glrec_core.Recording,
    "replay": ReplaySink,
    "film": arrays.VideoWriter,
    "sink": sink.file.FileSink,
    "stats": glrec_core.Stats,
    "tap": adapter.Tap,
    "timeline": encoder.Timeline,
    "trial": wire.WireTrial,
}
"""What a variable is that an example does not make."""

OPTIONS = set(glrec_core.Options.__annotations__)


class Public(typing.NamedTuple):
    """A public function or class, with its own name and the package or class that it is reached through."""

    value: Any
    owner: Any

    @property
    def name(self) -> str:
        return f"{self.value.__module__}.{self.value.__qualname__}"

    def __str__(self) -> str:
        return self.name


def _resolved(name: str) -> Any:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("glrec_"):
                return None  # of a framework that only `make test-frameworks` installs
            continue
        for part in parts[end:]:
            value = getattr(value, part)
        return value
    raise AssertionError(name)


def _members(module: types.ModuleType) -> list[str]:
    own = [name for name, each in vars(module).items() if getattr(each, "__module__", "") == module.__name__]
    return list(getattr(module, "__all__", None) or (name for name in own if not name.startswith("_")))


def _needs_none(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException | enum.Enum)


def _public(value: Any, owner: Any) -> Iterator[Public]:
    if inspect.ismodule(value):
        for name in _members(value):
            with suppress(ModuleNotFoundError):  # a framework that only `make test-frameworks` installs
                yield from _public(getattr(value, name), value)
    elif not str(getattr(value, "__module__", "")).startswith("glrec_") or _needs_none(value):
        return
    elif inspect.isfunction(value):
        yield Public(value, owner)
    elif isinstance(value, type):
        yield Public(value, owner)
        for each in value.__mro__:
            if each.__module__.startswith("glrec_"):
                yield from _methods(each)


def _methods(owner: type) -> Iterator[Public]:
    stage = {name for each in STAGES if each is not owner and _implements(owner, each) for name in vars(each)}
    for name, member in vars(owner).items():
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if inspect.isfunction(plain) and not name.startswith("_") and name not in stage:
            yield Public(plain, owner)


def _implements(owner: type, stage: type) -> bool:
    wanted = {name for name in (*vars(stage), *inspect.get_annotations(stage)) if not name.startswith("_")}
    return wanted <= {*dir(owner), *inspect.get_annotations(owner)}


def _all() -> dict[str, Public]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    described = [_resolved(name) for name in re.findall(r"^::: (\S+)", text, re.MULTILINE)]
    found = [each for value in (*PACKAGES, *described) for each in _public(value, inspect.getmodule(value))]
    # Those of `glrec_core.testing` have a form that can be run, and are: tests/docs/test_testing_page.py.
    return {each.name: each for each in found if not each.name.startswith("glrec_core.testing.")}


ALL = _all()
SHOWN = [ALL[name] for name in sorted(ALL) if name not in WITHOUT]


def _example(public: Public) -> str:
    """Return the first indented block that stands by itself."""
    doc = inspect.cleandoc(public.value.__doc__ or "")
    match = re.search(r"\n\n((?:    .*\n|\n)*    .*)(?:\n\n|\Z)", doc)
    return inspect.cleandoc("\n" + match[1]) if match else ""


def test_the_exceptions_are_public_names_without_an_example() -> None:
    assert {name for name in WITHOUT if name not in ALL or _example(ALL[name])} == set()


@pytest.mark.parametrize("public", SHOWN, ids=str)
def test_a_public_name_shows_its_use(public: Public) -> None:
    example = _example(public)
    assert example, f"{public} has no indented block after its first paragraph"
    assert re.search(rf"\b{public.value.__name__}\b", example) or isinstance(public.value, type)


@pytest.mark.parametrize("public", SHOWN, ids=str)
def test_what_an_example_calls_is_there_as_it_calls_it(public: Public) -> None:
    _Check(public).visit(ast.parse(_example(public)))


class _Check(ast.NodeVisitor):
    """Follows an example as far as the types of its variables are known."""

    def __init__(self, public: Public) -> None:
        self._types = dict(VARIABLES)
        for each in (public.owner, public.value):
            if isinstance(each, type):
                self._types |= dict.fromkeys(_names_for(each), each)
        package = importlib.import_module(public.value.__module__)
        self._names = {name: getattr(each, name) for each in PACKAGES for name in _members(each)}
        self._names |= {name: value for name, value in vars(package).items() if not name.startswith("_")}
        self._names["record"] = (
            self._names["record"] if package.__name__.startswith("glrec_integrations") else glrec_core.record
        )

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            importlib.import_module(each.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            assert node.module
            _resolved(f"{node.module}.{each.name}")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._types[target.id] = self._type(node.value)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.optional_vars, ast.Name):
                self._types[item.optional_vars.id] = self._type(item.context_expr)
        for each in node.body:
            self.visit(each)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        owner = self._type(node.value)
        if owner is not None:
            assert hasattr(owner, node.attr) or node.attr in _annotated(owner), f"{owner} has no {node.attr}"

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        called = self._called(node.func)
        if called is not None and _is_ours(called):
            _bind(called, node)

    def _called(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return None if node.id in self._types else self._names.get(node.id)
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and inspect.isclass(self._names.get(node.value.id)):
                return getattr(self._names[node.value.id], node.attr)
            return _method(self._type(node.value), node.attr)
        return None

    def _type(self, node: ast.expr) -> Any:
        """Return the class of what an expression gives, None if it is not known."""
        if isinstance(node, ast.Name):
            return self._types.get(node.id)
        if isinstance(node, ast.Attribute):
            attribute = inspect.getattr_static(self._type(node.value), node.attr, None)
            return _returned(attribute.fget) if isinstance(attribute, property) else None
        if (
            isinstance(node, ast.Call)
            and (called := self._called(node.func)) is not None
            and _is_ours(called)
        ):
            return called if inspect.isclass(called) else _returned(called)
        return None


def _names_for(owner: type) -> Iterator[str]:
    """Yield what a variable of the class is called: KeyEdge is an edge, MethodHook a hook."""
    yield owner.__name__.lower()
    yield re.findall(r"[A-Z][a-z]*", owner.__name__)[-1].lower()


def _annotated(owner: Any) -> set[str]:
    return {name for each in owner.__mro__ for name in getattr(each, "__annotations__", {})}


def _is_ours(value: Any) -> bool:
    ours = callable(value) and str(getattr(value, "__module__", "")).startswith("glrec_")
    return ours and not (inspect.isclass(value) and issubclass(value, BaseException))


def _method(owner: Any, name: str) -> Any:
    """Return a method without its `self`."""
    found = inspect.getattr_static(owner, name, None) if owner is not None else None
    return found if inspect.isfunction(found) else None


def _returned(function: Any) -> Any:
    if function is None:
        return None
    try:
        found = typing.get_type_hints(function).get("return")
    except (NameError, TypeError):  # names that are imported for type checkers only
        return None
    return found if inspect.isclass(found) and found.__module__.startswith("glrec_") else None


def _bind(called: Any, node: ast.Call) -> None:
    if any(isinstance(each, ast.Starred) for each in node.args) or any(
        each.arg is None for each in node.keywords
    ):
        return
    signature = inspect.signature(called)
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].name == "self":
        signature = signature.replace(parameters=parameters[1:])
    given = {each.arg: each for each in node.keywords if each.arg}
    signature.bind(*node.args, **given)
    named = signature.parameters.keys()
    if inspect.Parameter.VAR_KEYWORD in {each.kind for each in parameters} and not inspect.isclass(called):
        assert given.keys() <= OPTIONS | named, (
            f"{called.__qualname__}() has no {given.keys() - OPTIONS - named}"
        )
