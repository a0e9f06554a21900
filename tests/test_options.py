"""Options: each value of each is taken, in its one form, or refused at once by one clear error; unknown names tell the nearest.

What is held against every option is what users and their libraries come with: NumPy's numbers, the wrong kind, the
largest and smallest, texts that no file name can hold, and objects that misbehave.
"""

import json
import os
import subprocess
import sys
import typing
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core import Config, ConfigError, Options, ReplaySink, record
from glrec_core.spill.header import config_of, header_of
from tests.support.strange import ANYTHING, strange

NAMES = [each.name for each in fields(Config)]
record_anything: Any = record
"""Without the types that would refuse what is tried here."""


def refused_or_taken(make: Callable[[], Any]) -> Any:
    """Return what was made; None where it was refused as it should be. Anything else than ConfigError fails the test."""
    try:
        return make()
    except ConfigError as error:
        if not str(error).strip():
            pytest.fail("an error without a word")
        return None


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_taken_or_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in strange():
        config = refused_or_taken(lambda value=value: Config.of({name: value}))  # type: ignore[misc]
        if config is not None:
            json.dumps(header_of(config))  # a spill's header can hold it
            config_of(json.loads(json.dumps(header_of(config))))
        recorder = refused_or_taken(
            lambda value=value: record_anything(None, ReplaySink(), **{"codec": "h264", name: value})  # type: ignore[misc]
        )
        if recorder is not None:
            recorder.discard()
    assert list(tmp_path.iterdir()) == []


@given(options=st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3))
def test_any_values_together_are_taken_or_refused(options: dict[str, Any]) -> None:
    config = refused_or_taken(lambda: Config.of(options))
    if config is not None:
        json.dumps(header_of(config))


@given(number=st.integers(1, 90_000))
def test_numbers_of_numpy_are_numbers(number: int) -> None:
    for kind in (np.int32, np.int64, np.uint32):
        assert Config.of({"fps": kind(number)}).rate == number
        frames = Config.of({"frames": kind(number)}).frames
        assert (frames, type(frames)) == (number, int)


def test_the_typed_options_are_those_of_config() -> None:
    """`Options` is for type checkers, who need it written down; `Config` is what counts."""
    assert get_type_hints(Options) == get_type_hints(Config)
    assert list(Options.__annotations__) == NAMES


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("fp", "fps"),
        ("sise", "size"),
        ("crf", "quality"),
        ("framerate", "fps"),
        ("Bitrate", "bitrate"),
        ("FPS", "fps"),
        ("h265", "codec"),
        ("x264", "codec"),
        ("hevc", "codec"),
        ("keyint", "gop"),
    ],
)
def test_an_unknown_name_tells_the_nearest(name: str, near: str) -> None:
    with pytest.raises(
        ConfigError,
        match=rf"^{name}= is not an option of a recording; did you mean {near}\? Options are: fps, ",
    ):
        record_anything(None, "a.mp4", **{name: 1})


def test_a_name_like_none_tells_all() -> None:
    with pytest.raises(
        ConfigError, match=r"^zzz= is not an option of a recording\. Options are: fps, timing, "
    ):
        record_anything(None, "a.mp4", zzz=1)


@pytest.mark.parametrize(
    ("codec", "near"), [("h265", "hevc"), ("x264", "h264"), ("libx265", "hevc"), ("jpeg", "mjpeg")]
)
def test_what_others_call_a_codec_is_told(codec: str, near: str) -> None:
    with pytest.raises(ConfigError, match=rf"codec='{codec}' is not known; did you mean {near}\?"):
        record(None, "a.mp4", codec=codec)


def test_the_target_comes_first() -> None:
    for target in ("x.mp4", Path("x.mp4"), ReplaySink()):
        with pytest.raises(
            ConfigError, match=r"the target comes first, then where to record to: record\(window, "
        ):
            record(target)


WRONG = """
from glrec_core import record
import glrec_integrations.pyglet
from glrec_integrations.moderngl import recorded

record(None, "a.mp4", fps=[60])
record(None, "a.mp4", sise=(1, 2))
@recorded("a.mp4", frames="many", size=(64, 48))
def render(ctx: object, frame: object) -> None: ...
"""


def test_a_type_checker_finds_wrong_options(tmp_path: Path) -> None:
    program = tmp_path / "wrong.py"
    program.write_text(WRONG, encoding="utf-8")
    root = Path(__file__).resolve().parents[1]
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-incremental",
        "--follow-imports=silent",
        str(program),
    ]
    environment = {**os.environ, "MYPYPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[1] for line in errors] == ["6", "7", "8"], done.stdout
    for error, word in zip(errors, ("fps", "sise", "frames"), strict=True):
        assert f'"{word}"' in error


def test_hints_can_be_read_at_run_time() -> None:
    assert typing.get_type_hints(record)["options"] == typing.Unpack[Options]
