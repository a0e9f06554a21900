"""The last thing that is done of a recording: its account is completed by what the sinks kept, and what may surprise is told."""

from __future__ import annotations

from glrec_core.errors import SinkError
from glrec_core.recorder.job import Job
from glrec_core.stages import StoredSink
from glrec_core.system.interrupts import held_back


def settle(job: Job, *, steps_unasked: bool) -> None:
    """Complete the account, tell what a file that failed holds nevertheless, and write the account if asked.

    `steps_unasked` says that nobody asked for the step clock; see `_tell_of_pace`.

    Raises:
        OSError: the account cannot be written.

    """
    with held_back:
        stats, error = job.stats, job.reports.error
        stats.settle(_kept(job))
        if steps_unasked:
            _tell_of_pace(job)
        _tell_of_limit(job)
        if isinstance(error, SinkError) and error.frames_kept is not None:
            lost = stats.recorded + stats.lost + stats.failed - error.frames_kept
            job.reports.error = error.with_account(lost)
        if job.config.stats_json is not None:
            stats.snapshot().append_json_line(job.config.stats_json)


def _kept(job: Job) -> int:
    """Return how many frames the sink that kept most of them has; one that is no file has what it was given."""
    files = [sink.frames for sink in job.sinks if isinstance(sink, StoredSink)]
    given = job.stats.packets if len(files) < len(job.sinks) else 0
    return max(given, *files, 0)


def _tell_of_pace(job: Job) -> None:
    """Say where a film plays at another speed than its loop drew."""
    span = job.span
    if span.is_at_another_pace:
        job.reports.tell(
            f"the film shows in {span.shown_seconds:.2f} s what the loop drew in {span.drawn_seconds:.2f} s: each call is a "
            f"frame, {job.config.rate} in a second; timing='wall' keeps the times at which they were drawn"
        )


def _tell_of_limit(job: Job) -> None:
    """Say where the limit left most frames out."""
    stats = job.stats
    if 2 * stats.rate_limited > stats.drawn:
        job.reports.tell(
            f"{stats.rate_limited} of {stats.drawn} drawn frames were left out, since they came faster than "
            f"fps={job.config.rate} allows; timing='step' takes every one"
        )
