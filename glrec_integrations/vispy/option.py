"""The argument `record=` of a canvas: what it may be, and how a canvas is built around it.

All that was asked for is checked before the canvas makes its window; the recorder joins it once it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glrec_core import ConfigError, Options, Recorder, Sink, record
from glrec_integrations.vispy.adapter import CanvasAttachment
from glrec_integrations.vispy.toolkit import buffers_as_asked, tell_size

RecordOption = bool | str | Path | Sink | Mapping[str, Any] | None
"""True is a dated file in the working folder, a mapping is `path` and the options of `glrec_core.Config`, None is off."""


@contextmanager
def recorded(canvas: Any, option: RecordOption) -> Iterator[None]:
    """Record `canvas`, which is built within the `with` block, as `option` says; sets `canvas.recorder`.

    Raises:
        ConfigError: `option` cannot be honoured; raised before the block is entered.

    """
    recorder = _recorder(option)
    if recorder is None:
        yield
        return
    try:
        with buffers_as_asked(canvas):
            yield
        recorder.attached(CanvasAttachment(canvas, recorder))
    except BaseException:
        recorder.discard()
        raise
    canvas.recorder = recorder
    tell_size(canvas)


def _recorder(option: RecordOption) -> Recorder | None:
    if option is None or option is False:
        return None
    options = _options(option)
    path = options.pop("path", None)
    if path is not None and not isinstance(path, (str, Path, Sink)):
        raise ConfigError(
            f"record={option!r} is neither True, a path, a sink nor a dict such as dict(path='x.mp4', fps=60)"
        )
    wall: Options = {"timing": "wall"}  # as windows have it; what is asked for goes before
    return record(None, *([] if path is None else [path]), **{**wall, **options})


def _options(option: RecordOption) -> dict[str, Any]:
    if isinstance(option, Mapping):
        return dict(option)
    return {} if option is True else {"path": option}
