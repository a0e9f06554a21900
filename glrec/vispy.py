"""What `glrec_integrations.vispy` is; vispy is not imported before one of its classes is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import glrec_integrations.vispy
from glrec_integrations.vispy import attach, disable, enable

if TYPE_CHECKING:
    from glrec_integrations.vispy import Canvas, SceneCanvas

__all__ = ["Canvas", "SceneCanvas", "attach", "disable", "enable"]


def __getattr__(name: str) -> Any:
    return getattr(glrec_integrations.vispy, name)
