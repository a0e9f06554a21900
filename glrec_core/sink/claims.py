"""Which paths this process writes to: no two sinks may, since one would cut or replace the other's film.

A claim is on a place, which links and mounts may give several paths, and on the file that is there. It goes with its
holder, if it was not released before.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from weakref import WeakSet

from glrec_core.errors import ConfigError, SinkError


class Identity(NamedTuple):
    """What the system knows a file by, whatever its name."""

    device: int
    number: int

    @classmethod
    def of(cls, file: int | Path) -> Identity | None:
        """Return that of a path, links followed, or of a descriptor; None where there is no file."""
        try:
            found = os.stat(file)  # noqa: PTH116 - of a descriptor as well
        except OSError:
            return None
        return cls(found.st_dev, found.st_ino)


class Claim:
    """The right to write to a path.

    Args:
        path: absolute; no file needs to be there.
        names: the names of a sequence of pictures, which the path stands for.

    Raises:
        ConfigError: somebody in this process has it already.

    """

    def __init__(self, path: Path, names: re.Pattern[str] | None = None) -> None:
        self.path = path
        self._place = _place(path)
        self._names = names
        self._opened: Identity | None = None
        with _lock:
            _check(path)
            _claims.add(self)

    def opened(self, identity: Identity) -> None:
        """Cover the file that was opened as well, whatever becomes of its name."""
        self._opened = identity

    def covers(self, path: Path) -> bool:
        """Whether writing to a path could harm what is written here."""
        folder, name = _place(path)
        mine, own_name = self._place
        if folder == mine and (name == own_name or (self._names is not None and self._names.fullmatch(name))):
            return True
        identity = Identity.of(path)
        return identity is not None and identity in {self._opened, Identity.of(self.path)}

    def release(self) -> None:
        """Give the path back; safe to call twice."""
        with _lock:
            _claims.discard(self)


class Holdings:
    """The claims of one sink: on its own path from the beginning of a recording on, and on those of further parts.

    It does not know the sink, so that a sink that is forgotten takes its claims with it at once.
    """

    def __init__(self) -> None:
        self.held: list[Claim] = []
        """The own path's first, then one for each further part."""

    def reserve(self, path: Path, claim_own: Callable[[], Claim]) -> None:
        """Claim the sink's own path by `claim_own`, for a recording that is about to begin; errors call it `path`.

        Raises:
            ConfigError: somebody in this process has it, or the sink is given to a recording already.

        """
        if self.held:
            raise ConfigError(f"{path}: this sink is given to another recording already; make one for each")
        self.held = [claim_own()]

    def begin_part(
        self, path: Path, claim_own: Callable[[], Claim], claim: Callable[[], Claim | None], what: str
    ) -> None:
        """Claim what a part needs: the sink's own path where nobody has reserved it, and then what `claim` claims.

        Raises:
            SinkError: somebody in this process has it; `what` says of `path` what cannot be done.

        """
        try:
            if not self.held:
                self.held = [claim_own()]
            if (part := claim()) is not None:
                self.held.append(part)
        except ConfigError as error:
            raise SinkError(errno.EBUSY, f"{what}: {error}", str(path)) from error

    def forget_part(self) -> None:
        """Give back the claim on a further part, which was not begun."""
        if len(self.held) > 1:
            self.held.pop().release()

    def release(self) -> None:
        """Give everything back; safe to call twice."""
        held, self.held = self.held, []
        for claim in held:
            claim.release()


_claims: WeakSet[Claim] = WeakSet()
_lock = threading.Lock()


def check_unclaimed(path: Path, own: Collection[Claim] = ()) -> None:
    """Raise ConfigError if somebody in this process writes to a path; one's own claims do not count."""
    with _lock:
        _check(path, own)


def is_claimed(path: Path, own: Collection[Claim] = ()) -> bool:
    """Whether somebody in this process writes to a path; one's own claims do not count."""
    with _lock:
        return _is_claimed(path, own)


@runtime_checkable
class ReservingSink(Protocol):
    """A sink that writes to a path of its own."""

    def reserve(self) -> None:
        """Claim the path for a recording that is about to begin.

        Raises:
            ConfigError: somebody in this process writes to it, or the sink is given to another recording.

        """

    def release(self) -> None:
        """Give the path back: the recording has ended, or never began. Safe to call twice."""


def reserve(sinks: Iterable[object]) -> None:
    """Claim the paths of all sinks that have one, or of none.

    Raises:
        ConfigError: two of them have the same, or somebody in this process writes to one.

    """
    reserved: list[object] = []
    try:
        for sink in sinks:
            if isinstance(sink, ReservingSink):
                sink.reserve()
                reserved.append(sink)
    except BaseException:
        release(reserved)
        raise


def release(sinks: Iterable[object]) -> None:
    """Give the paths of sinks back."""
    for sink in sinks:
        if isinstance(sink, ReservingSink):
            sink.release()


def _check(path: Path, own: Collection[Claim] = ()) -> None:
    if _is_claimed(path, own):
        raise ConfigError(
            f"{path}: this program records to that file already; close() that recording first, or give each one, and "
            "each sink, a path of its own"
        )


def _is_claimed(path: Path, own: Collection[Claim]) -> bool:
    return any(claim not in own and claim.covers(path) for claim in _claims)


def _place(path: Path) -> tuple[Identity | str, str]:
    """Return the folder and the name in it, where links have led."""
    real = Path(os.path.realpath(path))
    return Identity.of(real.parent) or str(real.parent), os.path.normcase(real.name)


def _renew_lock() -> None:
    """Give a forked child a lock that no thread of its parent's holds."""
    global _lock  # noqa: PLW0603 - there is one
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
