"""`import glrec`: what a user needs under one name, the same objects as everywhere, loaded when they are used."""

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import glrec
import glrec_core
from glrec_core import arrays, process, read, recover
from tests.support.displays import run_program

FRAMEWORKS = ("glfw", "gymnasium", "moderngl", "mujoco", "panda3d", "pygame", "pyglet", "qt", "vispy", "vtk")
PROGRAM = """
import glrec

def draw(window: object) -> glrec.Recording:
    recorder: glrec.Recorder = glrec.attach(window, "film.mp4", fps=60, {option})
    return recorder.close()

@glrec.recorded("spin.mp4", size=(64, 48), frames=3)
def render(ctx: object, frame: object) -> None: ...

glrec.pyglet.attach
print(glrec.__version__)
"""


def test_each_name_is_the_same_object() -> None:
    assert set(glrec._HOMES) == set(glrec.__all__)
    assert glrec.record is glrec.attach is glrec_core.record
    assert glrec.Recorder is glrec_core.Recorder
    assert (glrec.write_video, glrec.Player) == (arrays.write_video, read.Player)
    assert (glrec.read, glrec.recover, glrec.process) == (process.read, recover.recover, process)
    assert glrec.__version__ == version("glrec")
    for name in glrec.__all__:
        assert getattr(glrec, name) is not None


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_frameworks_module_has_what_the_integration_has(name: str) -> None:
    face, integration = import_module(f"glrec.{name}"), import_module(f"glrec_integrations.{name}")
    assert face is getattr(glrec, name)
    assert face.__all__ == integration.__all__
    if "attach" in face.__all__:
        assert face.attach is integration.attach


def test_dir_shows_what_a_user_needs_and_nothing_else() -> None:
    assert dir(glrec) == sorted([*glrec.__all__, "__version__"])
    with pytest.raises(AttributeError, match=r"no attribute 'recrod'; dir\(glrec\)"):
        getattr(glrec, "recrod")  # noqa: B009 - type checkers know that there is none


def test_nothing_is_loaded_before_it_is_used() -> None:
    program = "import sys, glrec\nprint(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(run_program(program, fresh=True).stdout.split())
    assert "glrec" in loaded
    assert loaded & {"glrec_core", "glrec_integrations", "numpy", "av", *FRAMEWORKS} == set()
    lazily = "import sys, glrec.vispy, glrec.pyglet\nprint('vispy' in sys.modules, 'pyglet' in sys.modules)"
    assert run_program(lazily, fresh=True).stdout == "False False\n"


@pytest.mark.parametrize(("option", "errors"), [("quality=20", 0), ("qualty=20", 1)])
def test_type_checkers_know_it_all(tmp_path: Path, option: str, errors: int) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(option=option))
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental", str(program)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"MYPYPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("error:") == errors, done.stdout + done.stderr
