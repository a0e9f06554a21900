"""No call leaves another CUDA context current than it found: without a GPU, on the stand-in, by the driver's own word."""

from pathlib import Path

import pytest

from tests.gpu_support.contexts import STATES
from tests.gpu_support.standin import Fault, Switches, environment
from tests.support.displays import run_program

PROBE = """
import sys
from collections.abc import Iterator
from glrec_core.encode.nvenc_probe import capabilities
from glrec_core.errors import BackendUnavailable
from tests.gpu_support.contexts import changed_by, driver

def steps() -> Iterator[str]:
    for codec in ("h264", "hevc", "av1"):
        try:
            capabilities(0, "NVIDIA Thing", codec)
        except BackendUnavailable as error:
            print(error)
        yield f"capabilities of {codec}"

assert not (changed := changed_by(steps, sys.argv[1])), changed
print(driver().cuda_stub_live_objects())
"""

FAULTS = {
    "works": None,
    "has no NVENC": Fault("open", status=2),
    "is full": Fault("open", status=10),
    "fails": Fault("open", status=20),
    "does not tell": Fault("caps", status=20),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("fault", FAULTS)
def test_asking_a_gpu_that(pynvvideocodec_libraries: Path, fault: str, state: str) -> None:
    """PyNvVideoCodec makes a context of its own for it, and leaves that behind where the GPU refuses."""
    variables = environment(pynvvideocodec_libraries, Switches(fail=FAULTS[fault]))
    said = run_program(PROBE, state, env=variables).stdout
    if fault == "has no NVENC":
        assert said.splitlines()[-1] == "0", "a context that stays takes half a gigabyte of an H200"


ENCODE = """
import sys
from collections.abc import Iterator
from contextlib import suppress
from glrec_core.config import Config
from glrec_core.encode.nvenc_probe import capabilities
from glrec_core.errors import GlrecError
from tests.gpu_support.contexts import changed_by, stack, pop
from tests.gpu_support.nvenc_route import GPU, handles, lend, noise, open_encoder

handles()
capabilities(0, GPU, "h264")

def steps() -> Iterator[str]:
    with suppress(GlrecError):
        encoder = open_encoder(Config())
        yield "opening"
        for number, rows in enumerate(noise(encoder.accepts, 8)):
            with lend(encoder.accepts, rows, number * 10**9) as frame, suppress(GlrecError):
                encoder.encode(frame)
            yield "encode"
        encoder.drain()
        yield "drain"
        encoder.close()
        yield "close"
    yield "a failure"

for _ in range(2):
    assert not (changed := changed_by(steps, sys.argv[1])), changed
"""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "fault",
    [None, Fault("open", 2, nth=2), Fault("open", 10, nth=3), Fault("encode", 20, nth=3), Fault("init", 8)],
)
def test_an_encoder(pynvvideocodec_libraries: Path, fault: Fault | None, state: str) -> None:
    """PyNvVideoCodec asks once more when it opens one: the second session of a program is that question, the third the encoder."""
    run_program(ENCODE, state, env=environment(pynvvideocodec_libraries, Switches(fail=fault)))


CONTEXT = """
import random, sys, threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from glrec_core.cuda import context as ours
from tests.gpu_support import contexts
from tests.gpu_support.contexts import changed_by, current, foreign, pop, primary, push, stack

device = ours.PrimaryContext(0)
assert device.context == primary()
generator = random.Random(5)


def misbehave() -> None:
    # What a library may leave behind: contexts upon the current one.
    for _ in range(generator.randrange(3)):
        push(theirs)


def block(depth: int = 0) -> None:
    before = stack()
    with suppress(ArithmeticError), generator.choice((ours.kept, lambda: device))() as entered:
        if entered is device:
            assert current() == device.context
        if depth < 4:
            block(depth + 1)
        misbehave()
        if generator.random() < 0.3:
            raise ArithmeticError
    assert stack() == before, (stack(), before)


def replaced() -> None:
    # A library that sets a context in place of the current one, as CUDA's runtime does.
    before = current()
    with ours.kept():
        if before:
            pop()
        push(theirs)
    assert current() == before


def steps() -> Iterator[str]:
    for number in range(100):
        block()
        yield f"block {number}"
    replaced()
    yield "one in place of another"
    caller = threading.current_thread()
    had = current()

    def work() -> threading.Thread:
        assert current() == device.context
        return threading.current_thread()

    assert (device.done(work) is caller) == bool(had), "kernels start in the caller's thread only where it has a context"
    yield "done"
    seen = ours.done_elsewhere(lambda: (current(), threading.current_thread()))
    assert seen[0] == had and seen[1] is not caller
    yield "done elsewhere"
    with suppress(ArithmeticError):
        device.done(lambda: 1 // 0)
    yield "a failure of what is done"


with foreign() as theirs:
    assert not (changed := changed_by(steps, sys.argv[1])), changed
assert threading.active_count() == 1
"""


@pytest.mark.parametrize("state", STATES)
def test_a_block_gives_back_what_was_current_whatever_is_left_in_it(
    standin_libraries: Path, state: str
) -> None:
    run_program(CONTEXT, state, env=environment(standin_libraries))


RECORD = """
import sys
from collections.abc import Iterator
import moderngl
from glrec_core import record
from glrec_core.arrays import ArrayEncoder
from tests.gpu_support import array_route, nvenc_route
from tests.gpu_support.contexts import changed_by
from glrec_core.testing import barcode
from tests.support.recording import BarcodeLoop

nvenc_route.handles()
nvenc_route.use_as_backend()
array_route.use_as_backend()


def recording() -> Iterator[str]:
    context = moderngl.create_context(standalone=True, backend="egl")
    loop = BarcodeLoop(context)
    yield "a context of OpenGL's"
    recorder = record(None, sys.argv[2], overwrite=True, timing="step", backend="nvenc")
    yield "record"
    loop.record(recorder, range(3))
    yield "frame_drawn"
    recorder.close()
    yield "close"
    context.release()


def arrays() -> Iterator[str]:
    encoder = ArrayEncoder(320, 240)
    yield "ArrayEncoder"
    for number in range(6):
        encoder.encode(barcode.expected((320, 240), number))
        yield "encode"
    encoder.flush()
    yield "flush"


for steps in (recording, arrays):
    assert not (changed := changed_by(steps, sys.argv[1])), changed
"""


@pytest.mark.parametrize("state", STATES)
def test_recordings_and_encoders(pynvvideocodec_libraries: Path, tmp_path: Path, state: str) -> None:
    run_program(RECORD, state, str(tmp_path / "film.mp4"), env=environment(pynvvideocodec_libraries))
