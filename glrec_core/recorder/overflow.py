"""Which queue serves which overflow policy, and what a spill says of its recording."""

from __future__ import annotations

from functools import partial

from glrec_core.config import SPILL_BACKEND, Config
from glrec_core.errors import ConfigError, SpillError
from glrec_core.pipeline.chain import Tell
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.spill_queue import SpillQueue
from glrec_core.report.stats import Stats
from glrec_core.spill.header import header_of
from glrec_core.spill.location import check_usable, spill_root
from glrec_core.spill.spill_file import SpillFile


def check_spill_dir(config: Config) -> None:
    """Check the directory for spilled frames before anything is recorded, if the user gave one.

    Raises:
        ConfigError: it cannot be used.

    """
    if config.spill_dir is None:
        return
    try:
        check_usable(spill_root(config.spill_dir))
    except SpillError as error:
        raise ConfigError(f"spill_dir={str(config.spill_dir)!r} cannot be used: {error}") from error


def open_queue(config: Config, slots: int, stats: Stats, tell: Tell) -> FrameQueue:
    """Return the queue between capture and encoder."""
    everything = config.backend == SPILL_BACKEND
    if not everything and config.overflow_policy != "spill":
        return FrameQueue(slots, block=config.overflow_policy == "block")
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
