"""`examples/plugin`, a package of its own, installed and used: an adapter, a part of `glrec run`, and an encoder."""

from pathlib import Path

import pytest

from tests.cli.command import glrec, glrec_json
from tests.plugins.installed import environment, install_example
from tests.support.displays import run_program
from tests.support.video import assert_recording, probe

SIZE, FRAMES, FPS = (320, 240), 30, 25

PROGRAM = f"""
from functools import partial
from easel import Easel
from glrec_core.testing import barcode

easel = Easel(*{SIZE})
for number in range({FRAMES}):
    barcode.draw(easel.paint, {SIZE}, number)
    easel.show()
easel.close()
"""

RECORDED = f"""
import sys
import glrec_core
from easel import Easel
from glrec_core.testing import barcode

with Easel(*{SIZE}) as easel:
    found = dict(vars(easel))
    recorder = glrec_core.record(easel, sys.argv[1], timing="step", fps={FPS}, {{options}})
    for number in range({FRAMES}):
        barcode.draw(easel.paint, {SIZE}, number)
        easel.show()
    recording = recorder.close()
    assert vars(easel) == {{{{**found, "shown": {FRAMES}}}}}
print(recording.route, recording.frames, recording.reason, sep="; ")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("installed"))


def test_its_adapter_and_its_encoder_record(installed: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mov"
    program = RECORDED.format(options='backend="easel-jpeg", quality=95')
    said = run_program(program, str(film), env=environment(installed)).stdout
    assert said.startswith(f"easel-jpeg; {FRAMES}; ")
    assert "encoded by a plugin" in said
    assert probe(film).codec == "mjpeg"
    assert_recording(film, FRAMES, SIZE, FPS)


def test_its_adapter_works_with_every_other_encoder(installed: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    said = run_program(RECORDED.format(options=""), str(film), env=environment(installed)).stdout
    assert said.startswith("host; ")
    assert_recording(film, FRAMES, SIZE, FPS)


def test_an_unmodified_program_is_run(installed: Path, tmp_path: Path) -> None:
    program, film = tmp_path / "program.py", tmp_path / "film.mov"
    program.write_text(PROGRAM)
    options = ["--headless", "--step", "--fps", str(FPS), "--backend", "easel-jpeg", "-o", str(film)]
    done = glrec("run", *options, program, env=environment(installed))
    assert done.returncode == 0, done.stderr
    assert_recording(film, FRAMES, SIZE, FPS)


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"quality": 96}, "film.mov", "easel-jpeg takes 95"),
        ({"codec": "h264"}, "film.mov", "makes 'mjpeg' only"),
        ({"preset": "fast"}, "film.mov", "preset='fast': backend='easel-jpeg' takes quality="),
        ({"gop": 5, "quality": 50}, "film.mov", "gop=5"),
        ({}, "film.mp4", "not codec='mjpeg'"),
        ({"name": "easel-png"}, "film.mov", "ffmpeg, easel-jpeg"),
    ],
)
def test_what_it_cannot_honour_is_refused(
    installed: Path, tmp_path: Path, options: dict[str, object], path: str, message: str
) -> None:
    backend = options.pop("name", "easel-jpeg")
    program = f"""
import glrec_core
try:
    glrec_core.record(None, {str(tmp_path / path)!r}, backend={backend!r}, **{options!r})
except glrec_core.ConfigError as error:
    print(error)
"""
    assert message in run_program(program, env=environment(installed)).stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_lists_it(installed: Path) -> None:
    report = glrec_json("doctor", env=environment(installed))
    adapters = {adapter["name"]: adapter for adapter in report["adapters"]}
    for name in ("easel", "easel-program", "easel-jpeg"):
        assert adapters[name] == {"name": name, "package": "glrec-easel", "problem": None}
    assert report["frameworks"]["glrec-easel"]
    routes = {route["name"]: route for route in report["routes"]}
    assert routes["easel-jpeg"]["usable"]
    assert report["chosen"] != "easel-jpeg"
