"""Records whatever this program swaps, a recorder for each drawable: `glrec_core.record_swaps`."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, Self

from glrec_core.errors import BackendUnavailable, ConfigError, GlrecError
from glrec_core.hooks.swap.machine import Unsupported
from glrec_core.recorder.record import record
from glrec_core.recorder.recorder import Recorder
from glrec_core.report.recording import Recording
from glrec_core.sink.paths import nth
from glrec_core.stages import Sink
from glrec_core.swaps.attachment import join_plugins
from glrec_core.swaps.drawable import Drawable
from glrec_core.swaps.hub import hub

logger: logging.Logger = logging.getLogger("glrec")


class SwapRecording:
    """The recordings of all that a program swaps, from `record_swaps` until `close()`.

    For example:

        with glrec_core.record_swaps("film.mp4", fps=60) as swaps:
            run_the_program()
        print(swaps.recordings)
    """

    def __init__(self, sinks: tuple[str | Path | Sink, ...], options: dict[str, Any]) -> None:
        if options.get("hotkey") is not None:
            raise ConfigError(
                "hotkey: nothing tells of the keys of any OpenGL program; call recorder.toggle()"
            )
        self._sinks, self._options = sinks, {"timing": "wall", **options}
        record(None, *sinks, **self._options).discard()  # all that can be checked without a window
        self._recorders: list[Recorder] = []
        self._error: GlrecError | None = None
        try:
            join_plugins()
            self._stop = hub().find(self._found)
        except Unsupported as error:
            raise BackendUnavailable(f"record_swaps(): {error}") from error

    @property
    def recorders(self) -> tuple[Recorder, ...]:
        """The recorders of the drawables that have shown a frame, in that order.

        For example:

            for recorder in swaps.recorders:
                recorder.pause()
        """
        return tuple(self._recorders)

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """What has been recorded so far, by drawable; complete after `close()`.

        For example:

            for recording in swaps.recordings:
                print(recording.path, recording.frames)
        """
        return tuple(recorder.recording for recorder in self._recorders)

    def close(self) -> tuple[Recording, ...]:
        """Record no more, and finish all files. Closing again is harmless.

        For example:

            films = swaps.close()
            print(f"{len(films)} windows were recorded")

        Raises:
            GlrecError: the first failure of a recording; the others are finished all the same.

        """
        self._stop()
        error, self._error = self._error, None
        for recorder in self._recorders:
            try:
                recorder.close()
            except GlrecError as failure:
                error = error or failure
        if error is not None:
            raise error
        return self.recordings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except GlrecError:
            if kind is None:
                raise
            logger.exception("the recording failed as well")

    def _found(self, drawable: Drawable) -> bool:
        try:
            recorder = record(drawable, *self._outputs(len(self._recorders) + 1), **self._options)
        except GlrecError as error:
            self._error = self._error or error
            logger.error("recording does not begin: %s", error)  # noqa: TRY400 - the reason is in the text
        else:
            self._recorders.append(recorder)
        return True

    def _outputs(self, number: int) -> list[str | Path | Sink]:
        if number == 1:
            return list(self._sinks)
        return [nth(Path(sink), number) for sink in self._sinks if isinstance(sink, str | os.PathLike)]
