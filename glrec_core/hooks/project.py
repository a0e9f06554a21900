"""The name under which packages plug into glrec, and pluggy's two marks for it."""

from __future__ import annotations

import pluggy

PROJECT = "glrec"
"""Name of the pluggy project and of the entry-point group."""

hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker(PROJECT)
"""Marks what may be plugged in."""

hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker(PROJECT)
"""Marks a function that plugs in."""
