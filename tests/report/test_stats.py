"""The account as an object: what `close()` settles, what a snapshot keeps, and its form in JSON."""

import json
import re
from pathlib import Path

import pytest

from glrec_core.errors import SinkError
from glrec_core.report.stats import Stats


def test_what_was_not_kept_is_lost() -> None:
    stats = Stats(drawn=12, recorded=9, lost=1, dropped=2, encoded=8, packets=8)
    for _ in range(2):
        stats.settle(7)
        assert (stats.recorded, stats.lost, stats.accounted) == (7, 3, 12)
    stats.settle(1000)
    assert (stats.recorded, stats.lost) == (10, 0)


def test_a_frame_that_an_exception_kept_from_being_counted_has_failed() -> None:
    stats = Stats(drawn=12, recorded=9, dropped=2)
    stats.settle(9)
    assert (stats.recorded, stats.failed, stats.accounted) == (9, 1, 12)


def test_a_snapshot_stays_as_it_is() -> None:
    stats = Stats(drawn=1)
    snapshot = stats.snapshot()
    assert snapshot == stats
    stats.drawn += 1
    stats.grab_time.add(1000)
    assert (snapshot.drawn, snapshot.grab_time.count) == (1, 0)


def test_the_account_is_a_line_of_json_for_each_recording(tmp_path: Path) -> None:
    stats = Stats(drawn=3, recorded=3, backend="host", reason="because of \u00dc")
    stats.grab_time.add(2_000_000)
    for _ in range(2):
        stats.append_json_line(tmp_path / "stats.jsonl")
    lines = (tmp_path / "stats.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1]) == stats.as_dict()
    values = json.loads(lines[0])
    assert (values["recorded"], values["backend"], values["grab_time"]["max_ms"]) == (3, "host", 2.0)


def test_the_account_goes_to_the_standard_output_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    Stats(drawn=5).append_json_line("-")
    assert json.loads(capsys.readouterr().out)["drawn"] == 5


def test_an_account_that_cannot_be_written_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"stats_json=.*No such file.*missing"):
        Stats().append_json_line(tmp_path / "missing" / "stats.jsonl")


@pytest.mark.parametrize(
    ("stats", "text"),
    [
        (Stats(), ""),
        (Stats(drawn=3, recorded=3), ""),
        (Stats(drawn=30, paused=30), "; of 30 drawn frames 30 came while it was paused"),
        (
            Stats(drawn=9, rate_limited=1, after_end=2, dropped=1, failed=3, lost=2),
            (
                "; of 9 drawn frames 1 came faster than the limit of the frame rate, 2 came after the end, "
                "1 came while the encoder was too slow, 3 came after a failure, 2 came and were lost"
            ),
        ),
    ],
)
def test_what_was_left_out_is_said_in_words(stats: Stats, text: str) -> None:
    assert stats.left_out == text
    assert sum(map(int, re.findall(r"(\d+) came", text))) == stats.drawn - stats.recorded
