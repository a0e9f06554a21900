"""Displays and programs start privately, report what went wrong, and always end."""

import socket
from pathlib import Path

import psutil
import pytest

from tests.support.displays import DisplayError, ProgramError, run_program, xvfb

# X11 protocol, connection setup: byte order, major version 11, minor 0, no authorisation; 1 in reply is success.
_HELLO = b"l\0\x0b\0\0\0\0\0\0\0\0\0"


def _connect(display: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(f"/tmp/.X11-unix/X{display.removeprefix(':')}")
        connection.sendall(_HELLO)
        return connection.recv(1)


def test_two_displays_answer_and_end() -> None:
    with xvfb() as first, xvfb("640x480x24") as second:
        assert first != second
        assert (_connect(first), _connect(second)) == (b"\1", b"\1")
    for display in (first, second):
        assert not Path(f"/tmp/.X{display.removeprefix(':')}-lock").exists()
        with pytest.raises(OSError, match=r"refused|No such file"):
            _connect(display)


def test_display_ends_with_a_failing_block() -> None:
    with pytest.raises(KeyError), xvfb() as display:
        raise KeyError
    with pytest.raises(OSError, match=r"refused|No such file"):
        _connect(display)


def test_refused_screen_is_reported_in_the_servers_words() -> None:
    with pytest.raises(DisplayError, match="Invalid screen configuration"), xvfb("no screen"):
        pytest.fail("a server started")


def test_missing_server_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(DisplayError, match="package xvfb"), xvfb():
        pytest.fail("a server started")


def test_gl_window_opens_on_the_display() -> None:
    source = """
        import glfw
        assert glfw.init()
        glfw.window_hint(glfw.VISIBLE, False)
        window = glfw.create_window(64, 48, "test", None, None)
        assert window, glfw.get_error()
        print(glfw.get_framebuffer_size(window))
        glfw.terminate()
    """
    with xvfb() as display:
        result = run_program("if True:\n" + source, env={"DISPLAY": display})
    assert result.stdout == "(64, 48)\n"


def test_program_has_its_arguments_environment_and_the_project() -> None:
    source = (
        "import os, sys, tests.support\nprint(sys.argv[1:], os.environ['GREETING'], 'PATH' in os.environ)"
    )
    result = run_program(source, "one", "two", env={"GREETING": "hello"})
    assert result.stdout == "['one', 'two'] hello True\n"
    assert result.returncode == 0


def test_program_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "named.py"
    path.write_text("print(__file__)")
    assert run_program(path).stdout == f"{path}\n"


def test_failing_program_shows_its_output_and_line() -> None:
    source = "print('so far')\nraise ValueError('too far')"
    with pytest.raises(ProgramError, match=r"returned 1\n(?s:.*)so far(?s:.*)raise ValueError(?s:.*)too far"):
        run_program(source)


def test_crashing_program_shows_its_signal() -> None:
    with pytest.raises(ProgramError, match="returned -11"):
        run_program("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")


def test_endless_program_is_killed_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    source = f"""if True:
        import pathlib, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path({str(child)!r}).write_text(str(child.pid))
        print("started", flush=True)
        time.sleep(600)
    """
    with pytest.raises(ProgramError, match=r"did not end within 5 s\nstdout:\nstarted"):
        run_program(source, timeout_seconds=5)
    _assert_gone(int(child.read_text()))


def test_child_left_behind_by_a_program_is_killed(tmp_path: Path) -> None:
    source = """if True:
        import subprocess, sys
        print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid)
    """
    _assert_gone(int(run_program(source).stdout))


def _assert_gone(process: int) -> None:
    try:
        status = psutil.Process(process).status()
    except psutil.NoSuchProcess:
        return
    assert status == psutil.STATUS_ZOMBIE
