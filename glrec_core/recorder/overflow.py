"""Which queue serves which overflow policy, and what a spill says of its recording.

What frames on disk need is imported for recordings that may have some, by `preload_spill`: it is a tenth of the whole package.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module

from glrec_core.config import SPILL_BACKEND, Config
from glrec_core.errors import ConfigError, SpillError
from glrec_core.pipeline.chain import Tell
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.report.stats import Stats


def check_spill_dir(config: Config) -> None:
    """Check the directory for spilled frames before anything is recorded, if the user gave one.

    Raises:
        ConfigError: it cannot be used.

    """
    if config.spill_dir is None:
        return
    from glrec_core.spill.location import check_usable, spill_root

    try:
        check_usable(spill_root(config.spill_dir))
    except SpillError as error:
        raise ConfigError(f"spill_dir={str(config.spill_dir)!r} cannot be used: {error}") from error


def may_spill(config: Config) -> bool:
    """Return whether frames of this recording may come to lie on disk before they are encoded."""
    return config.backend == SPILL_BACKEND or config.overflow_policy == "spill"


def preload_spill(_: Config) -> None:
    """Import beforehand what `open_queue` does for a recording whose frames may come to lie on disk."""
    for module in ("recorder.spill_queue", "spill.header", "spill.location", "spill.spill_file"):
        import_module(f"glrec_core.{module}")


def open_queue(config: Config, slots: int, stats: Stats, tell: Tell) -> FrameQueue:
    """Return the queue between capture and encoder."""
    if not may_spill(config):
        return FrameQueue(slots, block=config.overflow_policy == "block")
    from glrec_core.recorder.spill_queue import SpillQueue
    from glrec_core.spill.header import header_of
    from glrec_core.spill.location import spill_root
    from glrec_core.spill.spill_file import SpillFile

    everything = config.backend == SPILL_BACKEND
    open_file = partial(SpillFile, spill_root(config.spill_dir), header_of(config), keep_all=everything)
    return SpillQueue(
        slots,
        open_file,
        stats,
        tell,
        memory_bytes=config.spill_memory_bytes,
        everything=everything,
        keep=config.keep_spill,
    )
