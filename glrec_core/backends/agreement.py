"""What options, sinks and backends agree on before anything is opened. The table is gone through once, and what it says is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from glrec_core.config import AUTO, Config
from glrec_core.errors import BackendUnavailable, ConfigError
from glrec_core.stages import Sink, StoredSink


class Row(Protocol):
    """What is the same of a backend for a context and of one for arrays."""

    @property
    def name(self) -> str:
        """What `backend=` calls it."""

    @property
    def codec(self) -> str | None:
        """The one codec that it makes; "auto" takes it for no other."""

    @property
    def by_name_only(self) -> bool:
        """Whether "auto" never takes it."""

    @property
    def check(self) -> Callable[[Config], None]:
        """Raises ConfigError for options that it cannot honour; touches no hardware."""


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class Agreement(Generic[AnyRow]):
    """The options, with the codec filled in, and the backends among which they leave the choice.

    Attributes:
        config: the options.
        rows: the backends, best first, each with why it cannot honour the options; None where it can.

    """

    config: Config
    rows: tuple[tuple[AnyRow, str | None], ...]

    @property
    def able(self) -> tuple[AnyRow, ...]:
        """Those that can honour the options, best first."""
        return tuple(row for row, refusal in self.rows if refusal is None)

    def narrowed(self, check: Callable[[AnyRow], None]) -> Agreement[AnyRow]:
        """Return what is left when those that can honour the options are asked for more.

        Raises:
            ConfigError: nothing is; the text is that of the last backend.

        """
        errors = [
            _refusal(row, check) if refusal is None else ConfigError(refusal) for row, refusal in self.rows
        ]
        if (last := errors[-1]) is not None and None not in errors:
            raise last
        refusals = [None if error is None else str(error) for error in errors]
        return replace(self, rows=tuple(zip((row for row, _ in self.rows), refusals, strict=True)))

    def choose(self, unavailable: Callable[[AnyRow], str | None], purpose: str) -> tuple[AnyRow, list[str]]:
        """Return the first backend that can serve here, and what keeps those before it from serving.

        `unavailable` says why one cannot; ConfigError says that its hardware does not honour the options.

        Raises:
            BackendUnavailable: none can, for what `purpose` says; the text holds every backend's reason.
            ConfigError: the hardware of the one that was asked for by name cannot honour the options.

        """
        reasons: list[str] = []
        for row, refusal in self.rows:
            try:
                reason = refusal or unavailable(row)
            except ConfigError as error:
                if self.config.backend == row.name:
                    raise
                reason = str(error)
            if reason is None:
                return row, reasons
            reasons.append(f"{row.name}: {reason}")
        raise BackendUnavailable(f"no backend can {purpose}. " + "; ".join(reasons))


def agree(config: Config, sinks: Sequence[Sink], rows: Sequence[AnyRow]) -> Agreement[AnyRow]:
    """Fill in the codec, and ask the backends and then the sinks whether they can honour the options.

    Raises:
        ConfigError: no backend can, or not the one asked for, or there is none of that name; or a sink cannot.

    """
    named = _named(config.backend, rows)
    only = named.codec if named is not None else None
    config = config.with_codec(only or _default_codec(sinks, config))
    among = [named] if named is not None else _automatic(config, rows)
    agreed = Agreement(config, tuple((row, None) for row in among)).narrowed(lambda row: row.check(config))
    for sink in sinks:
        sink.check(config.codec or "", alpha=config.alpha is not None)
    return agreed


def _refusal(row: AnyRow, check: Callable[[AnyRow], None]) -> ConfigError | None:
    try:
        check(row)
    except ConfigError as error:
        return error
    return None


def _named(name: str, rows: Sequence[AnyRow]) -> AnyRow | None:
    """Return the backend that is asked for, or None where the choice is free."""
    if name == AUTO:
        return None
    for row in rows:
        if row.name == name:
            return row
    known = ", ".join(row.name for row in rows)
    raise ConfigError(f"backend={name!r} is not known; choose one of: {AUTO}, {known}")


def _automatic(config: Config, rows: Sequence[AnyRow]) -> list[AnyRow]:
    return [row for row in rows if not row.by_name_only and row.codec in {None, config.codec}]


def _default_codec(sinks: Sequence[Sink], config: Config) -> str:
    """Return the codec for when none is asked for: that of the first sink that leaves files."""
    stored = next((sink for sink in sinks if isinstance(sink, StoredSink)), None)
    return stored.default_codec(alpha=config.alpha is not None) if stored is not None else "h264"
