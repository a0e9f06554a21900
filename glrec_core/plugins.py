"""The one plugin manager: loads what is named in the entry-point group `glrec` and asks it for adapters and encoders."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pluggy

from glrec_core.adapter import AdapterSpec, Attachment, Tap
from glrec_core.encoder import EncoderOffer, EncoderSpec
from glrec_core.errors import AdapterNotFound, PluginError
from glrec_core.hooks.project import PROJECT

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@cache
def plugin_manager() -> pluggy.PluginManager:
    """Return the process's plugin manager with all installed plugins loaded and checked against the hooks.

    Raises:
        PluginError: one cannot be loaded, or has a hook that glrec does not know.

    """
    from importlib.metadata import entry_points  # takes as long to import as a fifth of this package

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(AdapterSpec)
    manager.add_hookspecs(EncoderSpec)
    for point in entry_points(group=PROJECT):
        _load(manager, point)
    return manager


def attach(target: object, tap: Tap) -> Attachment:
    """Let the first adapter that knows `target` hook it.

    Raises:
        AdapterNotFound: no adapter knows it.
        ConfigError: it cannot be recorded in its present state.
        PluginError: a plugin cannot be loaded.

    """
    attachment: Attachment | None = plugin_manager().hook.glrec_attach(target=target, tap=tap)
    if attachment is None:
        kind = f"{type(target).__module__}.{type(target).__qualname__}"
        raise AdapterNotFound(
            f"no adapter knows how to record a {kind}. Adapters and what they take: {known_targets()}. "
            "For a loop of your own, pass None and call recorder.frame_drawn(Framebuffer(...)) after each drawn frame."
        )
    return attachment


def known_targets() -> str:
    """Return what the installed adapters take, as each says it.

    Raises:
        PluginError: a plugin cannot be loaded.

    """
    return "; ".join(sorted(plugin_manager().hook.glrec_targets())) or "none is installed"


def encoder_offers() -> tuple[EncoderOffer, ...]:
    """Return the encoders that other packages bring, by name; of several of one name the first that was loaded.

    Raises:
        PluginError: a plugin cannot be loaded.

    """
    offers: dict[str, EncoderOffer] = {}
    for offered in plugin_manager().hook.glrec_encoders():
        for offer in offered:
            offers.setdefault(offer.name, offer)
    return tuple(offers[name] for name in sorted(offers))


def _load(manager: pluggy.PluginManager, point: EntryPoint) -> None:
    """Load one plugin; the same module may be named twice, as by an old and a new installation."""
    try:
        plugin = point.load()
        if not manager.is_registered(plugin):
            manager.register(plugin)
            manager.check_pending()
    except Exception as error:
        package = point.dist.name if point.dist else "an unknown package"
        raise PluginError(
            f"the plugin {point.name!r} of {package} ({point.value}) cannot be used: {type(error).__name__}: {error}. "
            f"Update {package} or uninstall it"
        ) from error
