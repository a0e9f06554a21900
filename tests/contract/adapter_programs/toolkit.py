"""What the contract asks of a framework: the same few acts for each, so that a check in these words runs against every adapter.

A row of the contract is a subclass of `Toolkit` in a file of `rows`, and a line in `toolkits.py`. Its methods do what a
program of the framework does, by the framework's own means. Nothing in them knows of glrec but `adapter`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any, ClassVar, Literal, Protocol

from glrec_core.adapter import Attachment, Tap

SIZE = (160, 120)
"""Of every target, in pixels."""

Act = Callable[[], None]

Ability = Literal["several targets", "closed targets", "collected targets", "keys"]
"""What most frameworks have: targets beside each other, that tell that they are closed, that nothing else keeps alive; keys."""

Lacks = Mapping[Ability, str]
Environment = Mapping[str, str]


def nothing() -> None:
    """Do nothing after a frame."""


class Adapter(Protocol):
    """What an adapter's module offers to the plugin manager."""

    def glrec_attach(self, target: object, tap: Tap) -> Attachment | None: ...

    def glrec_targets(self) -> str: ...


class Toolkit(ABC):
    """One framework. Frameworks are imported in the methods only, `framework` first by `open`."""

    name: str
    """Of the adapter, as its line of `glrec_targets` begins."""

    framework: str
    """The module that an adapter must not import."""

    on_display = False
    """Whether it needs a window system: it gets an X server of its own, and GLX. Else it draws by EGL without a surface."""

    environment: ClassVar[Environment] = {}
    """Variables that must be set before the framework is imported."""

    lacks: ClassVar[Lacks] = {}
    """What the framework does not have, and why: checks that need it are skipped for that reason."""

    @abstractmethod
    def adapter(self) -> Adapter:
        """Import the adapter."""

    @abstractmethod
    def open(self) -> Any:
        """Open a target of SIZE, ready to draw."""

    @abstractmethod
    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        """Draw one frame as the framework's own loop would: current, `draw()`, swap; then `after()` at once.

        `after` finds the context current, and nothing of the framework's has run since the adapter heard of the frame.
        What `draw`, `after` and the adapter raise must come out of here, unless the framework swallows it.
        """

    @abstractmethod
    def close(self, target: Any) -> None:
        """Close the target as its user would."""

    @abstractmethod
    def fingerprint(self, target: Any) -> dict[str, Any]:
        """Return all places in which a hook could sit: names, by their owner, and what is there; also once it is closed.

        Two fingerprints of one target are equal if and only if the same hooks sit in it. A list stands for handlers.
        """

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        """Have the program's own handler be told the names of keys that go down. Not called if `lacks` names keys."""
        raise NotImplementedError

    def press(self, target: Any, key: str) -> None:
        """Press a key on the target, F8 or F9, as the framework itself would tell of it: down for a frame at least."""
        raise NotImplementedError


def attributes(thing: object) -> dict[str, int | None]:
    """Name each instance attribute, with the identity of what can be called; counters and caches may change."""
    found = getattr(thing, "__dict__", {})  # None has none: the context of a closed pyglet window
    return {name: id(value) if callable(value) else None for name, value in found.items()}


def functions(module: ModuleType) -> dict[str, int]:
    """Name each function of a module, with its identity; what stands in for one has a name of its own here."""
    return {
        name if isinstance(value, FunctionType | type(len)) else f"{name} ({type(value).__name__})": id(value)
        for name, value in vars(module).items()
        if callable(value)
    }


def is_imported(framework: str, modules: dict[str, ModuleType]) -> bool:
    """Whether any part of a framework has been imported."""
    return any(name == framework or name.startswith(f"{framework}.") for name in modules)
