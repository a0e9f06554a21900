"""The recorder's options on the command line are `Config`'s own: names, values, and what is said of wrong ones."""

import argparse
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

from glrec_core import Config
from glrec_core.cli.main import COMMANDS, load, make_parser
from glrec_core.cli.options import add_options, as_typed, given
from glrec_core.cli.parser import Parser
from glrec_core.cli.run import _RECORDING
from glrec_core.config import Options, choices
from glrec_core.encode.codecs import CODECS, LOSSLESS_CODECS
from tests.cli.command import assert_refused, glrec, glrec_json
from tests.support.sound import hear, make_sound

NAMES = ("fps", *_RECORDING)
TYPED = [
    ("fps", "30000/1001", Fraction(30000, 1001)),
    ("size", "1280x720", (1280, 720)),
    ("timing", "step", "step"),
    ("codec", "av1", "av1"),
    ("preset", "slow", "slow"),
    ("quality", "23", 23),
    ("bitrate", "8M", 8_000_000),
    ("bitrate", "1.5k", 1500),
    ("lossless", None, True),
    ("audio", "a b.wav", "a b.wav"),
    ("backend", "host", "host"),
    ("overflow", "drop", "drop"),
    ("overwrite", None, True),
]


def parsed(name: str, *words: str) -> dict[str, Any]:
    parser = Parser(prog="glrec")
    add_options(parser, *NAMES)
    return given(parser.parse_known([f"--{name}", *words]), NAMES)


def test_every_one_is_an_option_of_the_recorder() -> None:
    assert set(NAMES) <= Options.__annotations__.keys()
    assert {"bitrate", "audio", "timing", "lossless"} <= set(NAMES)
    assert {name for name, *_ in TYPED} == set(NAMES)


@pytest.mark.parametrize(("name", "text", "value"), TYPED)
def test_what_is_typed_is_what_config_takes(name: str, text: str | None, value: object) -> None:
    options = parsed(name, *([] if text is None else [text]))
    assert options == {name: value}
    assert getattr(Config(**options), name) == value


@pytest.mark.parametrize("name", [name for name, text, _ in TYPED if text is not None])
@given_by(
    text=st.text(max_size=12)
    | st.sampled_from(["0", "-1", "9" * 30, "1e9", "0x0", "99999x1", "", "nan", "8"])
)
def test_what_is_refused_is_refused_by_config_or_no_spelling_of_it(name: str, text: str) -> None:
    """Nothing that `Config` takes is refused, nothing that it refuses is taken, and no other error comes."""
    parser = Parser(prog="glrec", exit_on_error=False)
    add_options(parser, name)
    try:
        (value,) = vars(parser.parse_args([f"--{name}={text}"])).values()
    except argparse.ArgumentError as error:
        words = str(error)
        assert words.startswith(f"argument --{name}: ")
        assert f"{name}=" not in words.replace(repr(text), "")
        assert "None" not in words.replace(repr(text), "")
    else:
        Config(**{name: value})


@pytest.mark.parametrize("name", [name for name in NAMES if choices(name)])
def test_the_help_and_the_error_list_the_same_choices(name: str) -> None:
    shown = glrec("run", "--help").stdout
    assert f"--{name} {{{','.join(choices(name))}}}" in shown
    listed = ", ".join(map(repr, choices(name)))
    assert_refused(glrec("run", f"--{name}", "nonsense", "a.py"), 2, f"--{name}", f"choose one of: {listed}")


@pytest.mark.parametrize("command", ["run", "loopback"])
def test_the_help_and_the_error_list_the_codecs_of_the_table(command: str, tmp_path: Path) -> None:
    text = " ".join(glrec(command, "--help").stdout.split())
    *first, last = CODECS
    assert f"{', '.join(first)} or {last} (default: the container's)" in text
    words = {"run": ["a.py"], "loopback": ["-o", "a.mp4"]}[command]
    result = glrec(command, "--codec", "nonsense", *words, cwd=tmp_path)
    assert_refused(result, 2, "--codec 'nonsense'", f"choose one of: {', '.join(CODECS)}")


def test_the_help_lists_the_lossless_codecs_of_the_table() -> None:
    text = " ".join(glrec("run", "--help").stdout.split())
    *first, last = LOSSLESS_CODECS
    assert f"({', '.join(first)} or {last})" in text


def test_no_command_lists_codecs_of_its_own() -> None:
    for command in COMMANDS:
        for action in make_parser(command, load(command))._actions:
            if "ffv1" in (action.help or "") and action.dest != "lossless":
                assert all(codec in (action.help or "") for codec in CODECS), (command, action)


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("codec='x' is not known", "--codec 'x' is not known"),
        ("bitrate= cannot be combined with quality= or lossless=True; give one of them",
         "--bitrate cannot be combined with --quality or --lossless; give one of them"),
        ("spill_dir='/a' is nowhere", "spill_dir='/a' is nowhere"),
        ("lossless=True is not possible with codec='av1'", "--lossless is not possible with --codec 'av1'"),
        ("fps=100: players show at most 50; set fps=", "--fps 100: players show at most 50; set --fps"),
        ("my/size=3.mp4 and 'codec=a' stay", "my/size=3.mp4 and 'codec=a' stay"),
        ("nothing to do", "nothing to do"),
    ],
)  # fmt: skip
def test_errors_name_options_as_they_are_typed(python: str, typed: str) -> None:
    assert as_typed(python) == typed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bitrate", "8M", "--quality", "20"], "--bitrate cannot be combined with --quality or --lossless"),
        (["--lossless", "--codec", "vp9"], "--lossless is not possible with --codec 'vp9'"),
        (["--codec", "h265"], "argument --codec: 'h265' is not known; did you mean hevc?"),
        (["--audio", "nowhere.wav", "-o", "a.mp4"], "--audio '"),
        (["--step", "--timing", "wall"], "--step gives each frame its exact time"),
        (["--bitrate", "8"], "argument --bitrate: '8' must be a whole number from 1000"),
        (["--bitrate", "fast"], "'fast' is not a bit rate"),
    ],
)
def test_what_cannot_be_is_told_before_the_program_starts(
    words: list[str], said: str, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('started')", encoding="ascii")
    result = glrec("run", *words, program, cwd=tmp_path)
    assert_refused(result, 2, said)
    assert list(tmp_path.iterdir()) == [program]


DRAWS = """
from glrec_core import mark_frame
from glrec_core.drawing import OffscreenFramebuffer
from glrec_core.values.frame import Size
from glrec_core.gl.headless import first_context, headless_displays

with first_context(headless_displays), OffscreenFramebuffer(Size(64, 48)) as target:
    for _ in range(100):
        mark_frame(target.framebuffer)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(DRAWS, encoding="ascii")
    return path


def test_timing_step_gives_frames_their_exact_times(program: Path, tmp_path: Path) -> None:
    words = ["--timing", "step", "--fps", "50", "--seconds", "0.4", "-o", "a.mp4"]
    assert glrec("run", *words, program, cwd=tmp_path).returncode == 0
    assert glrec_json("verify", tmp_path / "a.mp4", "--frames", "20", "--fps", "50")["passed"] is True


def test_lossless_and_bitrate_reach_the_encoder(program: Path, tmp_path: Path) -> None:
    assert glrec("run", "--lossless", "--frames", "5", "-o", "a.mp4", program, cwd=tmp_path).returncode == 0
    assert glrec_json("info", tmp_path / "a.mp4")["pixel_format"].startswith("gbr")
    assert (
        glrec("run", "--bitrate", "500k", "--frames", "5", "-o", "b.mp4", program, cwd=tmp_path).returncode
        == 0
    )


@pytest.mark.parametrize("output", [["-o", "a.mp4"], []], ids=["named", "dated"])
def test_audio_is_in_the_film(output: list[str], program: Path, tmp_path: Path) -> None:
    sound = make_sound(tmp_path / "sound.wav", "pcm_s16le", [0.2])
    words = ["--timing", "step", "--frames", "30", "--audio", str(sound), *output]
    result = glrec("run", *words, program, cwd=tmp_path)
    assert result.returncode == 0, result
    (film,) = tmp_path.glob("*.mp4")
    assert hear(film).tones == pytest.approx([0.2], abs=0.02)
