"""The one plugin manager: finds adapters by the entry-point group `glrec` and asks them who knows a target."""

from __future__ import annotations

from functools import cache

import pluggy

from glrec_core.adapter import PROJECT, AdapterSpec, Attachment, Tap
from glrec_core.errors import AdapterNotFound


@cache
def plugin_manager() -> pluggy.PluginManager:
    """Return the process's plugin manager with all installed adapters loaded and checked against the hooks."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(AdapterSpec)
    manager.load_setuptools_entrypoints(PROJECT)
    manager.check_pending()
    return manager


def attach(target: object, tap: Tap) -> Attachment:
    """Let the first adapter that knows `target` hook it.

    Raises:
        AdapterNotFound: no adapter knows it.
        ConfigError: it cannot be recorded in its present state.

    """
    hook = plugin_manager().hook
    attachment: Attachment | None = hook.glrec_attach(target=target, tap=tap)
    if attachment is None:
        kind = f"{type(target).__module__}.{type(target).__qualname__}"
        known = "; ".join(sorted(hook.glrec_targets())) or "none is installed"
        raise AdapterNotFound(
            f"no adapter knows how to record a {kind}. Adapters and what they take: {known}. "
            "For a loop of your own, pass None and call recorder.frame_drawn(Framebuffer(...)) after each drawn frame."
        )
    return attachment
