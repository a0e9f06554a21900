"""The hooks on calls of other libraries, on small libraries of the tests' own that are built in each of the usual ways.

Nothing here draws: a library stands for EGL and counts what comes through.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.displays import run_program

LIBRARIES = Path(__file__).parent / "libraries"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="swaps are heard on Linux only"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no compiler for the libraries"),
]

BUILDS = {
    "late": ["-Wl,-z,lazy"],
    "at once, then read-only": ["-Wl,-z,now", "-Wl,-z,relro"],
    "at once, and writable": ["-Wl,-z,now", "-Wl,-z,norelro"],
    "without stubs of the linker": ["-fno-plt", "-Wl,-z,now"],
    "with the older hash table": ["-Wl,--hash-style=sysv"],
    "stripped": ["-s"],
}
"""How the slots of a library are filled."""

START = """
import ctypes, os, sys
from glrec_core.hooks.swap.watch import watch
folder = sys.argv[1]
class Listener:
    def __init__(self): self.heard = []
    def called(self, name, first, second): self.heard.append((name, first, second))
    def met(self, name): pass
listener = Listener()
stop = watch().listen(listener)
shows = ctypes.CDLL(folder + "/libshows.so")
draws = ctypes.CDLL(folder + "/libdraws.so")
draws.next_write.restype = ctypes.c_void_p
def shown(): return ctypes.c_long.in_dll(shows, "shown").value
def last(): return list((ctypes.c_long * 4).in_dll(shows, "last"))
"""


@pytest.fixture
def built(tmp_path: Path) -> Callable[..., Path]:
    """Give what builds the libraries into a folder."""

    def build(*flags: str, shows: tuple[str, ...] = ()) -> Path:
        compile_library("shows", tmp_path / "libshows.so", *shows)
        linked = (f"-L{tmp_path}", "-lshows", "-ldl", "-pthread", "-Wl,-rpath,$ORIGIN:$ORIGIN/plugins")
        compile_library("draws", tmp_path / "libdraws.so", *flags, *linked)
        (tmp_path / "plugins").mkdir(exist_ok=True)
        shutil.copy(tmp_path / "libshows.so", tmp_path / "plugins" / "libshows.so")
        shutil.copy(tmp_path / "libdraws.so", tmp_path / "plugins" / "libplugin-of-draws.so")
        return tmp_path

    return build


def compile_library(name: str, path: Path, *flags: str) -> None:
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-o", str(path), str(LIBRARIES / f"{name}.c"), *flags],
        check=True,
        capture_output=True,
    )


def run(folder: Path, program: str) -> str:
    return run_program(START + program, str(folder)).stdout


@pytest.mark.parametrize("build", BUILDS)
def test_every_way_to_swap_is_heard_and_done(build: str, built: Callable[..., Path]) -> None:
    program = """
ways = {
    "directly": lambda d, s: draws.swap_directly(d, s),
    "data": lambda d, s: draws.swap_by_data(d, s),
    "default": lambda d, s: draws.swap_by_default(d, s),
    "address": lambda d, s: draws.swap_by_address(d, s),
    "handle": lambda d, s: draws.swap_by_handle((folder + "/libshows.so").encode(), d, s),
    "python": lambda d, s: shows.eglSwapBuffers(ctypes.c_void_p(d), ctypes.c_void_p(s)),
}
for number, (way, swap) in enumerate(ways.items(), 1):
    listener.heard.clear()
    result = swap(number, 100 + number)
    assert listener.heard == [("eglSwapBuffers", number, 100 + number)], (way, listener.heard)
    assert (result, shown(), last()[:2]) == (1, number, [number, 100 + number]), way
"""
    run(built(*BUILDS[build]), program)


def test_functions_that_are_chosen_at_run_time(built: Callable[..., Path]) -> None:
    program = """
assert (draws.swap_directly(1, 2), draws.swap_by_address(3, 4)) == (1, 1)
assert listener.heard == [("eglSwapBuffers", 1, 2), ("eglSwapBuffers", 3, 4)]
assert shown() == 2
"""
    run(built(shows=("-DBY_IFUNC",)), program)


def test_all_arguments_and_the_result_are_passed_on(built: Callable[..., Path]) -> None:
    program = """
rectangles = (ctypes.c_int * 4)(1, 2, 3, 4)
assert draws.swap_damage(5, 6, rectangles, 77) == 77
assert last() == [5, 6, ctypes.addressof(rectangles), 77]
assert listener.heard == [("eglSwapBuffersWithDamageKHR", 5, 6)]
"""
    run(built(), program)


def test_libraries_that_libraries_load(built: Callable[..., Path]) -> None:
    """By a bare name that only the loading library's own search path finds; and in a namespace of their own."""
    program = """
assert draws.swap_in_plugin(b"libplugin-of-draws.so", 1, 2) == 1
assert listener.heard == [("eglSwapBuffers", 1, 2)]
assert draws.swap_apart((folder + "/libdraws.so").encode(), 3, 4) == 1
assert listener.heard[1:] == [("eglSwapBuffers", 3, 4)]
"""
    run(built(), program)


def test_what_is_not_found_is_not_found(built: Callable[..., Path]) -> None:
    program = """
assert draws.missing()
assert draws.next_write() == ctypes.cast(ctypes.CDLL(None).write, ctypes.c_void_p).value
"""
    run(built(), program)


def test_a_library_that_was_there_before_is_heard(built: Callable[..., Path]) -> None:
    program = START.replace("stop = watch().listen(listener)\n", "") + (
        "stop = watch().listen(listener)\n"
        "draws.swap_directly(1, 2)\n"
        "draws.swap_by_data(3, 4)\n"
        "assert listener.heard == [('eglSwapBuffers', 1, 2), ('eglSwapBuffers', 3, 4)]\n"
    )
    run_program(program, str(built("-Wl,-z,lazy")))


@pytest.mark.parametrize("build", BUILDS)
def test_pages_get_their_protection_back(build: str, built: Callable[..., Path]) -> None:
    program = START.replace("stop = watch().listen(listener)\n", "") + (
        "from pathlib import Path\n"
        "def pages():\n"
        "    lines = Path('/proc/self/maps').read_text().splitlines()\n"
        "    return [line for line in lines if 'libdraws' in line or 'libshows' in line]\n"
        "found = pages()\n"
        "stop = watch().listen(listener)\n"
        "assert pages() == found\n"
        "assert [name for path, name in watch().patched if 'libdraws' in path]\n"
    )
    run_program(program, str(built(*BUILDS[build])))


def test_switched_off_nothing_is_heard_and_all_goes_on(built: Callable[..., Path]) -> None:
    program = """
draws.keep()
stop()
draws.swap_directly(1, 2)
draws.swap_by_default(1, 2)
assert (listener.heard, shown()) == ([], 2)
other = Listener()
watch().listen(other)
draws.swap_directly(3, 4)
assert (listener.heard, other.heard, shown()) == ([], [("eglSwapBuffers", 3, 4)], 3)
"""
    run(built(), program)


def test_threads_that_python_does_not_know(built: Callable[..., Path]) -> None:
    program = """
draws.swap_in_thread(500)
assert [second or 0 for _, _, second in listener.heard] == list(range(500))
assert shown() == 500
"""
    run(built(), program)


def test_a_forked_child_hears_nothing(built: Callable[..., Path]) -> None:
    program = """
child = os.fork()
if child == 0:
    draws.swap_directly(1, 2)
    os._exit(0 if (listener.heard, shown()) == ([], 1) else 1)
assert os.waitpid(child, 0)[1] == 0
draws.swap_directly(1, 2)
assert len(listener.heard) == 1
"""
    run(built(), program)


def test_the_end_of_python_is_not_the_end_of_swaps(built: Callable[..., Path]) -> None:
    """Libraries swap, and close what they have, in destructors, when there is no Python any more."""
    assert run(built(), "draws.keep()\nprint('python ends', flush=True)") == "python ends\nended\n"


def test_errors_of_a_listener_stay_here(built: Callable[..., Path]) -> None:
    program = """
def fail(name, first, second): raise ValueError("misuse")
listener.called = fail
assert (draws.swap_directly(1, 2), shown()) == (1, 1)
"""
    done = run_program(START + program, str(built()))
    assert "misuse" in done.stderr


@pytest.mark.parametrize("where", ["in the listener", "before the first line of the callback"])
def test_an_interrupt_reaches_the_program(where: str, built: Callable[..., Path]) -> None:
    raising = "def fail(name, first, second): raise KeyboardInterrupt\nlistener.called = fail\n"
    program = """
import time
try:
    result = draws.interrupt_and_swap() if WHERE else draws.swap_directly(1, 2)
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    assert (result, shown()) == (1, 1)
    print("interrupted")
"""
    program = program.replace("WHERE", str("before" in where))
    if "listener" in where:
        program = raising + program
    done = run_program(START + program, str(built()))
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_threads_that_look_at_the_same_time_wait_for_each_other_only(built: Callable[..., Path]) -> None:
    """Neither may wait for the loader with the GIL in its hands, nor for the GIL with the loader's lock."""
    program = """
import sys, threading
sys.setswitchinterval(1e-6)
def look():
    for _ in range(20):
        watch()._mapped = None
        watch().look()
threads = [threading.Thread(target=look) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert draws.swap_directly(1, 2) == 1
print("looked")
"""
    assert run(built(), program) == "looked\n"


def test_memory_stays_flat(built: Callable[..., Path]) -> None:
    program = """
from pathlib import Path
def pages(): return int(Path("/proc/self/statm").read_text().split()[1])
class Deaf:
    def called(self, name, first, second): pass
    def met(self, name): pass
stop()
watch().listen(Deaf())
for way in (draws.swap_many, draws.swap_in_thread):
    way(2_000)
    before = pages()
    way(10_000)
    assert pages() - before < 64, f"{pages() - before} pages more"
for _ in range(1000):
    draws.swap_by_default(1, 2)
before = pages()
for _ in range(5000):
    draws.swap_by_default(1, 2)
assert pages() - before < 64
assert shown() == 30_000
"""
    run(built(), program)
