"""Records Gymnasium environments: `RecordVideo` with Gymnasium's own arguments, in constant memory and without MoviePy.

    from glrec_integrations.gymnasium import RecordVideo            # instead of gymnasium.wrappers
    from glrec_integrations.gymnasium.vector import RecordVideo     # instead of gymnasium.wrappers.vector

    env = RecordVideo(gymnasium.make("CartPole-v1", render_mode="rgb_array"), "videos")

Gymnasium's wrappers keep every frame until a video ends; these encode each one as it comes. Gymnasium is not imported before
one of them is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glrec_integrations.gymnasium.single import RecordVideo

__all__ = ["RecordVideo"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from glrec_integrations.gymnasium import single  # only now, since it imports Gymnasium

    return getattr(single, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
