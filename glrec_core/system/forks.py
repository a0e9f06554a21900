"""What the child of a fork owns of its parent's recordings: nothing.

A forked child has copies of all objects, but none of the threads, and its file descriptors are its parent's files. So
whatever records remembers the process that made it, and does nothing in any other.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet


class Owned(Protocol):
    """What has descriptors that a forked child must not keep: a lock would be held as long as the child lives."""

    def disown(self) -> None:
        """Close this process's copies of the descriptors and do nothing else, now or later.

        Runs in the child, right after the fork, where no other thread exists: it must wait for no lock and raise nothing.
        """


_generation = 0
_never_freed_by_children: WeakSet[object] = WeakSet()
_disowned_by_children: WeakSet[Owned] = WeakSet()


class Maker:
    """The process that makes something, as it was when this object was made."""

    __slots__ = ("_generation",)

    def __init__(self) -> None:
        self._generation = _generation

    @property
    def is_here(self) -> bool:
        """Whether this is that process, and not a child that was forked off."""
        return self._generation == _generation


def keep_in_children(thing: object) -> None:
    """See to it that no child frees `thing`: encoders would wait for their threads, and muxers end their parent's file."""
    _never_freed_by_children.add(thing)


def disown_in_children(owned: Owned) -> None:
    """See to it that every child that is forked from now on disowns it; to be called before it opens anything."""
    _disowned_by_children.add(owned)


def close_copy(descriptor: int) -> None:
    """Close a child's copy of a descriptor, if there is one; that of the parent stays open."""
    if descriptor >= 0:
        with suppress(OSError):
            os.close(descriptor)


def _begin_child() -> None:
    global _generation  # noqa: PLW0603 - it stands for the process
    _generation += 1
    for thing in list(_never_freed_by_children):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    for owned in list(_disowned_by_children):
        owned.disown()
    _disowned_by_children.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_child)
