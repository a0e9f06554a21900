"""What becomes of plugins that are broken, and of what they raise."""

from pathlib import Path

import pytest

from tests.cli.command import assert_refused, glrec, glrec_json
from tests.plugins.installed import environment, install_module
from tests.support.displays import run_program

ENCODER = """
from glrec_core.encoder import EncoderOffer, FrameSpec, Packet, PixelFormat, hookimpl

@hookimpl
def glrec_encoders():
    return [EncoderOffer("toy", codec="ffv1", accepts=PixelFormat.YUV420P, open=Toy)]

class Toy:
    latency = 0
    def __init__(self, stream, config):
        if {fail!r} == "open": raise KeyError("no device")
        self.stream, self.accepts = stream, FrameSpec(stream.size, PixelFormat.YUV420P)
    def encode(self, frame):
        if {fail!r} == "encode": raise ValueError("no picture")
        return [Packet(b"0", frame.pts_ns, frame.pts_ns, True)]
    def drain(self):
        if {fail!r} == "drain": raise OSError("no end")
        return []
    def close(self): pass
"""

RECORD = """
import moderngl, glrec_core

class Deaf:
    def check(self, codec, **_): assert codec == "ffv1"
    def open(self, stream): print(stream.codec, stream.size, stream.frame_rate)
    def write(self, packet): pass
    def close(self): pass

context = moderngl.create_context(standalone=True, backend="egl")
framebuffer = context.simple_framebuffer((33, 17))
framebuffer.use()
recorder = glrec_core.record(None, Deaf(), backend="toy", timing="step", fps=25)
for _ in range(3):
    recorder.frame_drawn(glrec_core.bound_framebuffer())
try:
    print("frames", recorder.close().frames)
except glrec_core.GlrecError as error:
    print(type(error).__name__, error)
"""


def test_an_encoder_gets_padded_sizes_the_rate_and_its_own_codec_by_default(tmp_path: Path) -> None:
    install_module(tmp_path, "toy", ENCODER.format(fail=""))
    said = run_program(RECORD, env=environment(tmp_path)).stdout
    assert said == "ffv1 34x18 25\nframes 3\n"


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        ("open", "the encoder 'toy' could not be opened: KeyError: 'no device'"),
        ("encode", "the encoder 'toy' failed at "),
    ],
)
def test_what_an_encoder_raises_is_told_as_its_failure(tmp_path: Path, fail: str, message: str) -> None:
    install_module(tmp_path, "toy", ENCODER.format(fail=fail))
    said = run_program(RECORD, env=environment(tmp_path)).stdout
    assert said.splitlines()[-1].startswith(f"EncodeError {message}"), said


def test_a_failure_at_the_end_that_costs_no_frame_is_told_and_ends_nothing(tmp_path: Path) -> None:
    install_module(tmp_path, "toy", ENCODER.format(fail="drain"))
    done = run_program(RECORD, env=environment(tmp_path))
    assert done.stdout.splitlines()[-1] == "frames 3"
    assert "the encoder 'toy' failed at the end of the stream: OSError: no end" in done.stderr


BROKEN = {
    "missing": (None, "ModuleNotFoundError"),
    "raising": ("raise ValueError('not today')", "ValueError: not today"),
    "stranger": (
        "from glrec_core.adapter import hookimpl\n@hookimpl\ndef glrec_unknown(): ...",
        "unknown hook 'glrec_unknown'",
    ),
    "mistaken": (
        "from glrec_core.adapter import hookimpl\n@hookimpl\ndef glrec_attach(target, tap, more): ...",
        "'more'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_with_its_package(tmp_path: Path, name: str) -> None:
    source, reason = BROKEN[name]
    install_module(tmp_path, name, source)
    program = """
import glrec_core
try:
    glrec_core.record(object())
except glrec_core.PluginError as error:
    print(error)
"""
    said = run_program(program, env=environment(tmp_path)).stdout
    assert said.startswith(f"the plugin {name!r} of {name}-package ({name}) cannot be used: ")
    assert reason in said
    assert f"Update {name}-package or uninstall it" in said


def test_who_needs_no_plugin_is_not_disturbed_by_a_broken_one(tmp_path: Path) -> None:
    folder = install_module(tmp_path, "missing", None)
    program = RECORD.replace('backend="toy"', 'codec="ffv1"')
    assert run_program(program, env=environment(folder)).stdout.endswith("frames 3\n")


ADAPTER = """
from glrec_core.adapter import hookimpl

@hookimpl
def glrec_targets(): return "toy: toy.Window"

@hookimpl
def glrec_frameworks(): return ["toy-package", "not-installed"]

@hookimpl
def glrec_imports(): return {"colorsys": lambda module, program: print(module.__name__, program.step)}
"""


def test_an_adapters_targets_are_named_where_none_is_known(tmp_path: Path) -> None:
    install_module(tmp_path, "toy", ADAPTER)
    program = """
import glrec_core
try:
    glrec_core.record(object())
except glrec_core.AdapterNotFound as error:
    print(error)
"""
    assert "toy: toy.Window" in run_program(program, env=environment(tmp_path)).stdout


def test_what_an_adapter_takes_is_told_of_a_program_that_draws_nothing(tmp_path: Path) -> None:
    install_module(tmp_path, "toy", ADAPTER)
    program = tmp_path / "program.py"
    program.write_text("")
    done = glrec("run", "--headless", program, env=environment(tmp_path))
    assert "toy: toy.Window" in done.stderr


def test_an_adapters_frameworks_are_told_by_doctor(tmp_path: Path) -> None:
    install_module(tmp_path, "toy", ADAPTER)
    report = glrec_json("doctor", env=environment(tmp_path))
    assert report["frameworks"]["toy-package"] == "1.0"
    assert "not-installed" not in report["frameworks"]


@pytest.mark.parametrize("returned", ["None", "[7]"])
def test_an_adapter_that_names_no_frameworks_right_is_told_by_doctor(tmp_path: Path, returned: str) -> None:
    install_module(tmp_path, "toy", ADAPTER.replace('["toy-package", "not-installed"]', returned))
    report = glrec_json("doctor", env=environment(tmp_path))
    [problem] = [adapter["problem"] for adapter in report["adapters"] if adapter["name"] == "toy"]
    assert "Error: " in problem
    assert "pyglet" in report["frameworks"]


def test_a_plugin_hears_of_the_programs_imports(tmp_path: Path) -> None:
    install_module(tmp_path, "toy", ADAPTER)
    program = tmp_path / "program.py"
    program.write_text("import colorsys\nprint('imported')")
    done = glrec("run", "--headless", "--step", program, env=environment(tmp_path))
    assert done.stdout == "colorsys True\nimported\n"


def test_the_command_names_a_broken_plugin_before_the_program_starts(tmp_path: Path) -> None:
    install_module(tmp_path, "missing", None)
    program = tmp_path / "program.py"
    program.write_text("print('started')")
    done = glrec("run", "--headless", program, env=environment(tmp_path))
    assert_refused(done, 1, "missing-package", "ModuleNotFoundError")
