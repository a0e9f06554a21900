"""What `glrec_integrations.mujoco` is; MuJoCo is not imported before `Film` is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import glrec_integrations.mujoco
from glrec_integrations.mujoco import attach, draw

if TYPE_CHECKING:
    from glrec_integrations.mujoco import Film

__all__ = ["Film", "attach", "draw"]


def __getattr__(name: str) -> Any:
    return getattr(glrec_integrations.mujoco, name)
