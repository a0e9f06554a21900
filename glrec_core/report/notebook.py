"""How recordings show themselves in a notebook: as MIME bundles, which need nothing of Jupyter's."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

Bundle = dict[str, str]
"""What `_repr_mimebundle_` returns: text by MIME type."""

EMBED_BYTES = 10 << 20
"""Files up to this size, all together, are put into the notebook; it grows by a third more, since it stores text."""

_PLAYED = ("h264", "av1", "vp9")
"""What browsers decode wherever they run."""

_VIDEOS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm"}
_IMAGES = {".gif": "image/gif", ".webp": "image/webp"}


def films(paths: Sequence[Path], codec: str, text: str) -> Bundle:
    """Return finished files: films that a browser plays, up to `EMBED_BYTES`, and links to the others."""
    room, shown = EMBED_BYTES, []
    for path in paths:
        size_bytes = path.stat().st_size if path.is_file() else room + 1
        embedded = _embedded(path, codec) if size_bytes <= room else None
        if embedded is not None:
            room -= size_bytes
        shown.append(embedded or _link(path))
    return {"text/plain": text, "text/html": "<br>".join([*shown, html.escape(text)])}


def figures(rows: Mapping[str, object], thumbnail: bytes | None, text: str) -> Bundle:
    """Return the account of a recording that runs, beside a picture, which is a PNG file."""
    cells = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in rows.items()
    )
    picture = "" if thumbnail is None else f'<img alt="last keyframe" src="{_data("image/png", thumbnail)}">'
    return {"text/plain": text, "text/html": f"{picture}<table>{cells}</table>"}


def _embedded(path: Path, codec: str) -> str | None:
    suffix = path.suffix.lower()
    if suffix in _IMAGES:
        return f'<img alt="{html.escape(path.name)}" src="{_data(_IMAGES[suffix], path.read_bytes())}">'
    if suffix in _VIDEOS and codec in _PLAYED:
        return f'<video controls loop src="{_data(_VIDEOS[suffix], path.read_bytes())}"></video>'
    return None


def _link(path: Path) -> str:
    """Return a link as the notebook's folder sees the file, where the server serves it."""
    address = quote(os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path))
    return f'<a href="{address}">{html.escape(path.name)}</a>'


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
