"""The options of spilling: what is the default, and what contradicts itself."""

from pathlib import Path
from typing import Any

import platformdirs
import pytest

from glrec_core.backends.table import agree
from glrec_core.config import Config
from glrec_core.errors import ConfigError
from glrec_core.recorder.frame_queue import BlockQueue, DropQueue
from glrec_core.recorder.job import Job
from glrec_core.recorder.overflow import open_queue
from glrec_core.recorder.spill_queue import SpillQueue
from glrec_core.spill.location import spill_root


@pytest.mark.parametrize(
    ("options", "policy", "kind"),
    [
        ({"timing": "wall"}, "spill", SpillQueue),
        ({"timing": "step"}, "block", BlockQueue),
        ({"timing": "step", "overflow": "spill"}, "spill", SpillQueue),
        ({"timing": "wall", "overflow": "drop"}, "drop", DropQueue),
        ({"timing": "wall", "overflow": "block"}, "block", BlockQueue),
        ({"timing": "step", "backend": "spill"}, "block", SpillQueue),
    ],
)
def test_windows_spill_and_offline_rendering_waits_unless_told(
    options: dict[str, Any], policy: str, kind: type
) -> None:
    config = Config(**options)
    assert config.overflow_policy == policy
    assert type(open_queue(8, Job.of(agree(config, ()), ()))) is kind


@pytest.mark.parametrize(
    "options",
    [
        {"spill_memory_bytes": -1},
        {"spill_memory_bytes": 1.5},
        {"keep_spill": True},
        {"keep_spill": True, "overflow": "spill"},
        {"overflow": "spill", "backend": "spill"},
        {"overflow": "drop", "backend": "spill"},
    ],
)
def test_what_contradicts_itself_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        Config(**options)


def test_frames_are_spilled_to_the_users_cache_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert spill_root() == platformdirs.user_cache_path("glrec", appauthor=False) / "spill"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert spill_root("~/frames") == tmp_path / "frames"
