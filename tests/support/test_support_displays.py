"""Displays and programs start privately, report what went wrong, and always end."""

import socket
from pathlib import Path

import pytest

from tests.support.displays import DisplayError, ProgramError, run_program, server_process, xvfb
from tests.support.processes import is_running

# X11 protocol, connection setup: byte order, major version 11, minor 0, no authorisation; 1 in reply is success.
_HELLO = b"l\0\x0b\0\0\0\0\0\0\0\0\0"


def _connect(display: str) -> bytes:
    """Say hello to the server and return the first byte of its answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(f"/tmp/.X11-unix/X{display.removeprefix(':')}")
        connection.sendall(_HELLO)
        return connection.recv(1)


def test_two_displays_answer_and_end() -> None:
    with xvfb() as first, xvfb("640x480x24") as second:
        assert first != second
        assert (_connect(first), _connect(second)) == (b"\1", b"\1")
        servers = [server_process(display) for display in (first, second)]
    assert not any(map(is_running, servers))


def test_display_ends_with_a_failing_block() -> None:
    servers = []

    def fail(display: str) -> None:
        servers.append(server_process(display))
        raise KeyError

    with pytest.raises(KeyError), xvfb() as display:
        fail(display)
    assert not is_running(servers[0])


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
    with pytest.raises(ProgramError, match=r"did not end within 15 s\nstdout:\nstarted"):
        run_program(source, timeout_seconds=15)
    assert not is_running(int(child.read_text()))


def test_child_left_behind_by_a_program_is_killed(tmp_path: Path) -> None:
    source = """if True:
        import subprocess, sys
        print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid)
    """
    assert not is_running(int(run_program(source).stdout))


def test_a_program_starts_with_none_of_the_tests_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a copy of another process, but has its own main module, arguments, folder, signals and threads."""
    monkeypatch.chdir(tmp_path)
    source = """if True:
        import os, signal, sys, threading
        assert sys.modules["__main__"].__dict__ is globals()
        assert sys.path[0] == os.path.dirname(__file__)
        assert os.getsid(0) == os.getpid()
        assert threading.active_count() == 1 == len(os.listdir("/proc/self/task"))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) == signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
        assert sys.stdin.read() == ""
        assert len(os.listdir("/proc/self/fd")) == 4, os.listdir("/proc/self/fd")  # one is the folder's
        print(os.getcwd())
    """
    assert run_program(source).stdout == f"{tmp_path}\n"


def test_what_one_program_changes_no_other_sees() -> None:
    run_program("import os, sys, numpy\nsys.left = os.environ['LEFT'] = 'over'\ndel numpy.array")
    run_program(
        "import os, sys, numpy\nnumpy.array\nassert 'LEFT' not in os.environ and not hasattr(sys, 'left')"
    )


def test_a_fresh_program_has_imported_nothing() -> None:
    program = "import sys\nprint('numpy' in sys.modules)"
    assert [run_program(program, fresh=fresh).stdout for fresh in (True, False)] == ["False\n", "True\n"]


def test_what_only_the_start_of_a_process_can_set_is_set(tmp_path: Path) -> None:
    """The dynamic linker reads its variables once: such programs are copies of another interpreter."""
    program = "import sys\nprint(sys.flags.optimize, 'LD_LIBRARY_PATH' in open('/proc/self/environ').read())"
    found = run_program(program, env={"LD_LIBRARY_PATH": str(tmp_path), "PYTHONOPTIMIZE": "1"})
    assert found.stdout == "1 True\n"
