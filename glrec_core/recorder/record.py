"""`record()`: options and paths are checked as a whole, sinks are opened by what they are called, and the target is hooked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

from glrec_core import plugins
from glrec_core.backends import table
from glrec_core.config import Config, Options, changed, options_of
from glrec_core.errors import ConfigError
from glrec_core.recorder.recorder import Recorder
from glrec_core.report.stats import check_account_target
from glrec_core.sink.claims import release, reserve
from glrec_core.sink.stored import open_dated, open_stored
from glrec_core.stages import Sink
from glrec_core.values.checks import shown
from glrec_core.values.owners import SINK


def record(target: object, *sinks: str | Path | Sink, **options: Unpack[Options]) -> Recorder:
    """Record `target` to every sink, from its next frame on.

        recorder = record(window, "film.mp4", fps=60)
        recording = recorder.close()

    The first recording of a process imports what encodes it, which takes some 0.1 s here, and not a frame's time later.

    Args:
        target: a window or canvas that an installed adapter knows; None for a loop of your own, which then calls
            `recorder.frame_drawn(Framebuffer(name, size))` after each drawn frame.
        sinks: paths of files (the extension decides the container), patterns of numbered pictures ("frames/%06d.png") or
            `Sink` objects; without any, an MP4 file in the working folder that is named by date and time.
        options: see `Config`. In a loop of your own `timing` is "step" by default: one frame of the film for each call, at
            exactly n/fps, however fast the loop runs. Windows have "wall".

    Raises:
        ConfigError: an option or a path cannot be honoured, or this program records to that path already. No file has
            been touched.
        AdapterNotFound: no adapter knows the target.
        BackendUnavailable: the target's context cannot be recorded on this machine.
        CaptureError: the target's context is older than OpenGL 3.0 and OpenGL ES 3.0.
        PluginError: an installed plugin cannot be loaded. Only a target or a plugin's backend needs them.

    """
    _check_order(target)
    config = Config.of({**_defaults(target), **options})
    _check_paths_options(config, sinks)
    opened = [_open_sink(sink, config) for sink in sinks] or [open_dated(config.audio)]
    reserve(opened)
    try:
        return _recorder(target, config, opened, steps_unasked=target is None and "timing" not in options)
    except BaseException:
        release(opened)
        raise


def _recorder(target: object, config: Config, opened: list[Sink], *, steps_unasked: bool) -> Recorder:
    agreed = table.agree(config, opened)
    if config.spill_dir is not None:
        from glrec_core.recorder.overflow import check_spill_dir

        check_spill_dir(config.spill_dir)
    check_account_target(config.stats_json)
    recorder = Recorder(agreed, opened, steps_unasked=steps_unasked)
    if target is not None:
        _attach(recorder, target)
    return recorder


def _open_sink(sink: str | os.PathLike[str] | Sink, config: Config) -> Sink:
    if isinstance(sink, Sink):
        return sink
    if isinstance(sink, (str, os.PathLike)):
        return open_stored(sink, overwrite=config.overwrite, audio=config.audio)
    raise ConfigError(
        f"{shown(sink)} is neither a path nor a sink; give a file name such as 'out.mp4' or a Sink object"
    )


def _check_paths_options(config: Config, sinks: tuple[object, ...]) -> None:
    """Refuse what is said of files that are given as paths, where all are given as sinks."""
    if not sinks or not all(isinstance(sink, Sink) for sink in sinks):
        return
    for name, value in changed(config, options_of(SINK)).items():
        raise ConfigError(
            f"{name}={value!r} goes with paths of files, and there is none; give it to FileSink(path, {name}=...)"
        )


def _defaults(target: object) -> Options:
    return {"timing": "step"} if target is None else {}


def _check_order(target: object) -> None:
    if isinstance(target, str | os.PathLike | Sink):
        raise ConfigError(
            f"record({shown(target)}): the target comes first, then where to record to: record(window, {shown(target)}), "
            f"or record(None, {shown(target)}) for a loop of your own"
        )


def _attach(recorder: Recorder, target: object) -> None:
    try:
        recorder.attached(plugins.attach(target, recorder))
    except BaseException:
        recorder.discard()
        raise
