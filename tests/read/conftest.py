"""The films that the player's tests read, each made once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.read.clips import CLIPS

Make = Callable[[str], Path]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return the path of one of `CLIPS`, by its name."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            made[name] = CLIPS[name].make(tmp_path_factory.mktemp(name))
        return made[name]

    return make
