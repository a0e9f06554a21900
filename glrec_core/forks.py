"""Who owns what after `fork()`: the child gets a copy of every object and descriptor, and owns nothing of it.

Without this, a child that ends would finish, cut or delete what its parent still writes. And one that lives on would hold
the parent's locks, which go with the last copy of a descriptor.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Owned(Protocol):
    """Something that has a file, a folder or a lock."""

    def disown(self) -> None:
        """Close this process's copies of descriptors, and from now on touch nothing outside of its memory.

        Runs in the child, right after the fork, where no other thread exists: it must take no lock and raise nothing.
        """


_owned: WeakSet[Owned] = WeakSet()


def disown_after_fork(owned: Owned) -> None:
    """Have a child that is forked from now on disown an object; to be called before it opens anything."""
    _owned.add(owned)


def close_copy(descriptor: int) -> None:
    """Close a child's copy of a descriptor, if there is one; that of the parent stays open."""
    if descriptor >= 0:
        try:
            os.close(descriptor)
        except OSError:  # closed by the parent while it forked
            return


def _disown_all() -> None:
    for owned in list(_owned):
        owned.disown()
    _owned.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
