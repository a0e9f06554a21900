"""What `glrec_integrations.gymnasium` is; Gymnasium is not imported before its class is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import glrec_integrations.gymnasium

if TYPE_CHECKING:
    from glrec_integrations.gymnasium import RecordVideo

__all__ = ["RecordVideo"]


def __getattr__(name: str) -> Any:
    return getattr(glrec_integrations.gymnasium, name)
