"""Starts the random numbers that a program does not seed itself at the same point in every run."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

_SEED = 0


def seed() -> None:
    """Seed Python's own generator."""
    random.seed(_SEED)


def seed_numpy(module: ModuleType) -> None:
    """Seed NumPy's global generator, and each `default_rng()` without a seed with another one: `module` is numpy.random."""
    module.seed(_SEED)
    default_rng, seeds = module.default_rng, module.SeedSequence(_SEED)

    def seeded_default_rng(seed: Any = None) -> Any:
        return default_rng(seeds.spawn(1)[0] if seed is None else seed)

    module.default_rng = seeded_default_rng  # type: ignore[attr-defined]
