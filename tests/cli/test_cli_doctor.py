"""`glrec doctor`: a report that adds up, a self-test that proves it, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from glrec_core.backends.table import BACKENDS
from glrec_core.probe.anonymous import anonymous
from tests.cli.command import COMMAND, assert_refused, environment, glrec, glrec_json
from tests.support import systems
from tests.support.displays import xvfb

WAIT_SECONDS = 100.0
NO_DRIVER = {"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull}
NO_DISPLAY = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}


def check_report(report: dict[str, Any]) -> None:
    """Check names and types of all that is in the report."""
    assert set(report) - {"selftest"} == {
        "glrec", "python", "system", "opengl", "routes", "chosen", "nvidia", "ffmpeg", "packages", "frameworks",
        "adapters",
    }  # fmt: skip
    for name in ("glrec", "python", "system"):
        assert isinstance(report[name], str)
    assert set(report["opengl"]) == {"headless", "window"}
    for found in report["opengl"].values():
        assert set(found) in (
            {"problem"},
            {"display", "vendor", "renderer", "version", "software", "routes"},
        )
    for route in report["routes"]:
        assert route["codec"] in {None, "mjpeg"}
        assert {key: type(value) for key, value in route.items() if key != "codec"} == {
            "name": str, "usable": bool, "reason": str, "expectation": str
        }  # fmt: skip
        assert route["reason"]
    assert set(report["nvidia"]) == {"driver", "gpus", "cuda", "cuda_problem", "nvenc_problem"}
    assert set(report["ffmpeg"]) == {"pyav", "libraries", "encoders", "program", "program_version"}
    for adapter in report["adapters"]:
        assert set(adapter) == {"name", "package", "problem"}
    for table in (report["packages"], report["frameworks"], report["ffmpeg"]["libraries"]):
        assert all(isinstance(version, str) for version in table.values())


def test_the_report_adds_up() -> None:
    report = glrec_json("doctor", env=NO_DISPLAY)
    check_report(report)
    assert [route["name"] for route in report["routes"]] == [backend.name for backend in BACKENDS]
    assert report["routes"] == report["opengl"]["headless"]["routes"]
    assert report["chosen"] == next(route["name"] for route in report["routes"] if route["usable"])
    if not systems.on_windows:  # where there is always one
        problem = "none: neither of WAYLAND_DISPLAY and DISPLAY is set"
        assert report["opengl"]["window"] == {"problem": problem}
    assert {adapter["name"]: adapter["problem"] for adapter in report["adapters"]} | {
        "pyglet": None, "moderngl": None, "vispy": None
    } == {adapter["name"]: None for adapter in report["adapters"]}  # fmt: skip
    assert {"numpy", "av", "pluggy"} <= report["packages"].keys()
    assert {"pyglet", "moderngl-window", "vispy", "glfw", "pygame-ce"} <= report["frameworks"].keys()
    assert report["ffmpeg"]["encoders"]["libx264"] is True
    assert "selftest" not in report


@systems.linux
def test_a_windows_display_is_described() -> None:
    with xvfb() as display:
        report = glrec_json("doctor", env={**NO_DISPLAY, "DISPLAY": display})
    assert report["opengl"]["window"]["display"] == f"DISPLAY={display}"
    assert report["opengl"]["window"]["renderer"]


def test_people_get_sections() -> None:
    result = glrec("doctor", env=NO_DISPLAY)
    assert (result.returncode, result.stderr) == (0, "")
    titles = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert titles[0].startswith("glrec ")
    assert titles[1:] == ["OpenGL", "NVIDIA", "FFmpeg", "adapters", "routes, best first"]
    assert result.stdout.count("(taken)") == 1


CANARY = "secret canary"
PLUGINS = {
    "first": "raise OSError(2, 'No such file or directory', __file__)",
    "second": "raise RuntimeError('cannot read (' + __file__ + ')')",
    "third": "import warnings; warnings.warn(__file__); print(__file__); def",
    "fourth": "import os, sys, warnings; warnings.warn(__file__); print(__file__); print(__file__, file=sys.stderr)\n"
    "raise ImportError('cannot load ' + os.path.expanduser('~/my own/libmine.so') + ': wrong ELF class')",
    "fifth": "import getpass, platform\nraise RuntimeError(f'{getpass.getuser()} may not use {platform.node()} so')",
}


def canary_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user whose every file bears one name, with plugins that tell all that they know."""
    home = folder / CANARY
    packages = home / "packages of mine"
    for name, source in PLUGINS.items():
        information = packages / f"{name}-0.1.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        (information / "entry_points.txt").write_text(f"[glrec]\n{name} = {name}_secret_canary\n")
        (packages / f"{name}_secret_canary.py").write_text(source)
    (home / "environment").symlink_to(sys.prefix)
    ffmpeg = home / "bin" / "ffmpeg"
    ffmpeg.parent.mkdir()
    ffmpeg.write_text(f'#!/bin/sh\necho "{ffmpeg}: broken" >&2\nexit 1\n')
    ffmpeg.chmod(0o755)
    (home / "scratch").mkdir()
    search = os.pathsep.join([str(packages), environment()["PYTHONPATH"]])
    return {
        **environment(NO_DISPLAY),
        "PYTHONPATH": search,
        "HOME": str(home),
        "TMPDIR": str(home / "scratch"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "IMAGEIO_FFMPEG_EXE": str(ffmpeg),
        "LOGNAME": "canary-user",
        "DISPLAY": "canary-host:7",
    }


@systems.posix
@pytest.mark.parametrize(
    "options", [(), ("--json",), ("--selftest",), ("--selftest", "--json")], ids=" ".join
)
def test_the_report_names_no_file_user_or_host(options: tuple[str, ...], tmp_path: Path) -> None:
    variables = canary_environment(tmp_path)
    python = tmp_path / CANARY / "environment" / "bin" / "python"
    result = subprocess.run(
        [python, "-m", "glrec_core", "doctor", *options],
        env=variables,
        cwd=tmp_path / CANARY,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == int("--selftest" in options), result  # FFmpeg's program decodes nothing
    output = result.stdout + result.stderr
    for problem in ("No such file", "cannot read", "SyntaxError", "wrong ELF class", "may not use"):
        assert problem in output, output
    hidden = output
    for name in PLUGINS:  # what a module is called is what the user has to know
        hidden = hidden.replace(f"{name}_secret_canary", "")
    found = re.findall(rf".*(?:canary|my own|libmine|{re.escape(str(tmp_path))}|packages of mine).*", hidden)
    assert found == []
    if "--json" in options:
        json.loads(result.stdout)


PREFIXES = [sys.prefix, os.path.realpath(sys.prefix)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("libcuda.so.1: cannot open shared object file", "libcuda.so.1: cannot open shared object file"),
        (
            "no VA display found for device /dev/dri/renderD128.",
            "no VA display found for device /dev/dri/renderD128.",
        ),
        ("loads /usr/lib/x86_64-linux-gnu/libEGL.so.1", "loads /usr/lib/x86_64-linux-gnu/libEGL.so.1"),
        ("Mesa/X.org, 18 frames/s, 1 / 2, and/or", "Mesa/X.org, 18 frames/s, 1 / 2, and/or"),
        ("see https://example.com/a/b.html", "see https://example.com/a/b.html"),
        ("cannot open '/srv/film/a.mp4'", "cannot open '<path>'"),
        ("at /srv/film/a.mp4: no room", "at <path>: no room"),
        ("(/srv/film/a.mp4), file:///srv/b", "(<path>), <path>"),
        (r"cannot open 'C:\Users\jane\film.mp4'", "cannot open '<path>'"),
        (r"cannot open 'D:\\films\\a b\\film.mp4', says Windows", "cannot open '<path>', says Windows"),
        (r"C:\Windows\System32\opengl32.dll is not it", r"C:\Windows\System32\opengl32.dll is not it"),
        (r"C:\\Program Files\\Vendor\\a.dll", r"C:\\Program Files\\Vendor\\a.dll"),
        (
            r"an escape such as \u65e5, drive C: and a:\ itself",
            r"an escape such as \u65e5, drive C: and a:\ itself",
        ),
        pytest.param("a:/srv/b:/srv/c", "a:<path>:<path>", marks=systems.posix),
        pytest.param(
            r"of \\server\share\film.mp4 and c:/films/a.mp4",
            "of <path> and <path>",
            marks=pytest.mark.skipif(not systems.on_windows, reason="elsewhere these are words"),
        ),
        (f"of {PREFIXES[0]}/bin/python", "of <path>"),
        (f"of {PREFIXES[1]}/bin/python", "of <path>"),
        (str(Path.cwd()), "<path>"),
        (f"{Path.home()}/x/y z/a.py is broken", "<path> is broken"),
    ],
)
def test_paths_give_way_and_what_looks_like_one_stays(text: str, shown: str) -> None:
    assert anonymous(text) == shown
    assert anonymous({"a": [text, (text, 1)]}) == {"a": [shown, (shown, 1)]}


@systems.linux
def test_without_a_driver_it_says_so() -> None:
    report = glrec_json("doctor", "--selftest", code=1, env={**NO_DISPLAY, **NO_DRIVER})
    check_report(report)
    assert (report["routes"], report["chosen"], report["selftest"]) == ([], None, [])
    assert report["opengl"]["headless"]["problem"].startswith("no OpenGL context through EGL: ")
    result = glrec("doctor", env={**NO_DISPLAY, **NO_DRIVER})
    assert result.returncode == 1
    assert "apt install" in result.stdout


def test_a_broken_adapter_is_told(tmp_path: Path) -> None:
    information = tmp_path / "broken-0.1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: broken\nVersion: 0.1\n", encoding="ascii"
    )
    (information / "entry_points.txt").write_text("[glrec]\nbroken = no_such_module\n", encoding="ascii")
    search = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    command = [*COMMAND, "doctor", "--json"]
    result = subprocess.run(
        command,
        env={**environment(), "PYTHONPATH": search},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result
    assert "ModuleNotFoundError: No module named 'no_such_module'" in result.stdout


def test_the_self_test_proves_every_usable_route(tmp_path: Path) -> None:
    variables = {**NO_DISPLAY, "TMPDIR": str(tmp_path)}
    report = glrec_json("doctor", "--selftest", env=variables, timeout_seconds=250.0)
    check_report(report)
    usable = [route["name"] for route in report["routes"] if route["usable"]]
    assert [trial["route"] for trial in report["selftest"]] == usable
    for trial in report["selftest"]:
        assert trial["passed"] is True, trial
        assert trial["frames"] == 120
        assert min(trial["seconds"], trial["render_cost_ms"], trial["file_bytes"]) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_self_test_that_fails_says_why(tmp_path: Path) -> None:
    """A scratch folder that nobody can write to is the simplest way to make a recording fail."""
    missing = tmp_path / "missing"
    program = (
        "import tempfile\nfrom glrec_core.cli.main import main\nfrom glrec_core.probe import selftest\n"
        f"call = selftest.call\nselftest.call = lambda f, a, **o: call(f, {{**a, 'path': {str(missing)!r} + '/a.mp4'}}, **o)\n"
        "raise SystemExit(main(['doctor', '--selftest']))"
    )
    script = tmp_path / "program.py"
    script.write_text(program, encoding="ascii")
    result = subprocess.run(
        [COMMAND[0], script],
        env=environment(NO_DISPLAY),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    last = result.stdout.splitlines()[-1]
    assert "WRONG: " in last
    assert "the folder <path> does not exist" in last


@systems.posix
@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_self_test_that_is_ended_leaves_nothing(tmp_path: Path, how: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "doctor", "--selftest"],
        env=environment({**NO_DISPLAY, "TMPDIR": str(tmp_path)}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + WAIT_SECONDS
        while not list(tmp_path.glob("glrec-selftest-*/*.mp4")) and time.monotonic() < deadline:
            time.sleep(0.01)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        _, said = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == code
    assert said == ("glrec: interrupted\n" if how == signal.SIGINT else "")
    assert list(tmp_path.iterdir()) == []
    psutil.wait_procs(children, timeout=WAIT_SECONDS)
    assert [child for child in children if child.is_running()] == []


def test_it_takes_no_arguments() -> None:
    assert_refused(glrec("doctor", "file.mp4"), 2, "unrecognized arguments: file.mp4")
