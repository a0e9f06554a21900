"""Errors of other libraries become ours: the one table of what theirs are called, and the one way in which their text is kept.

Nothing is imported for the table: who raises an error is loaded.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from types import TracebackType

from glrec_core.errors import GlrecError

_Words = Callable[[BaseException], str]

Library = tuple[str, ...]
"""What a library raises: the types' names, each after the module that it is reached by."""

SYSTEM: Library = ("builtins:OSError",)
FFMPEG: Library = ("av:FFmpegError",)
PYAV: Library = (*FFMPEG, "builtins:ValueError")
"""FFmpeg, and PyAV where it refuses what it would have to give to FFmpeg."""
STORING: Library = (*SYSTEM, *FFMPEG)
"""What writes files: FFmpeg, and what it calls back to."""
DLPACK: Library = tuple(
    f"builtins:{name}"
    for name in ("BufferError", "RuntimeError", "TypeError", "ValueError", "AttributeError")
)
"""What libraries of arrays raise where they do not give one out: one that needs its gradient, for example."""
CUDA: Library = (
    "cupy:cuda.runtime.CUDARuntimeError",
    "cupy:cuda.driver.CUDADriverError",
    "cupy:cuda.compiler.CompileException",
    "cupy:cuda.memory.OutOfMemoryError",
)
NVRTC: Library = ("cupy:cuda.compiler.CompileException", "builtins:RuntimeError", "builtins:OSError")
"""CuPy's compiler, which loads libraries when it is first used."""
PYNVVIDEOCODEC: Library = ("PyNvVideoCodec:PyNvVCException", "builtins:RuntimeError")
PILLOW: Library = ("builtins:OSError", "builtins:ValueError", "builtins:MemoryError")


def reason(error: BaseException) -> str:
    """Return what FFmpeg or the system says, without the names of function and file."""
    return getattr(error, "strerror", None) or str(error)


def named(error: BaseException) -> str:
    """Return an error's type and text."""
    return f"{type(error).__name__}: {error}"


def translated(
    to: type[GlrecError],
    what: str,
    *kinds: Library | type[Exception],
    path: str | os.PathLike[str] | None = None,
    words: _Words = str,
    passing: tuple[type[Exception], ...] = (),
) -> AbstractContextManager[None]:
    """Raise what a library raises in the block as an error of ours, with its text, and with itself as the cause.

        with translated(VideoError, f"{path.name} cannot be read to its end", FFMPEG, words=reason):
            packet = next(packets)

    Our own errors pass, unless their type is among `kinds`.

    Args:
        to: the error that is raised; the system's number goes into one that has a place for it.
        what: what cannot be done; nothing but the library's text where it is empty.
        kinds: libraries of the table, or single types.
        path: the file that it is about, for errors that have a place for it.
        words: makes the text of the library's error.
        passing: what is left as it is, though it is among `kinds`.

    """
    return _Translation(to, what, kinds, path, words, passing)


@dataclass(slots=True)
class _Translation(AbstractContextManager[None]):
    """See `translated`; no generator, since it is entered several times for each frame."""

    to: type[GlrecError]
    what: str
    kinds: tuple[Library | type[Exception], ...]
    path: str | os.PathLike[str] | None
    words: _Words
    passing: tuple[type[Exception], ...]

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, self.passing):
            return
        if _is_among(error, self.kinds):
            raise self._told(error) from error

    def _told(self, error: Exception) -> GlrecError:
        of_the_system = issubclass(self.to, OSError)
        text = reason(error) if of_the_system else self.words(error)
        told = f"{self.what}: {text}" if self.what else text
        if not of_the_system:
            return self.to(told)
        path = os.fspath(self.path) if self.path is not None else None
        return self.to(getattr(error, "errno", None) or errno.EIO, told, path)


def _is_among(error: Exception, kinds: tuple[Library | type[Exception], ...]) -> bool:
    types = [kind for kind in kinds if isinstance(kind, type)]
    if isinstance(error, GlrecError):
        return isinstance(error, tuple(kind for kind in types if issubclass(kind, GlrecError)))
    names = [name for kind in kinds if not isinstance(kind, type) for name in kind]
    return isinstance(error, (*types, *chain.from_iterable(map(_known, names))))


def types_of(library: Library) -> tuple[type[Exception], ...]:
    """Return the types themselves, for who must find out what a broken package lacks before it is needed.

    Raises:
        AttributeError: the library lacks one, or is not loaded.

    """
    return tuple(map(_type, library))


def _type(name: str) -> type[Exception]:
    module, _, attributes = name.partition(":")
    found: type[Exception] = attrgetter(attributes)(sys.modules.get(module))
    return found


def _known(name: str) -> tuple[type[Exception], ...]:
    """Return a type of the table; none where its library is not loaded or lacks it."""
    try:
        found: object = _type(name)
    except AttributeError:
        return ()
    return (found,) if isinstance(found, type) else ()
