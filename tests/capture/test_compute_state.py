"""A compute pass is a guest: whatever the host had bound is bound again, and is not in the way meanwhile."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import moderngl
import numpy as np
import pytest

from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.ring import ReadSource
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.state import ComputeState, ReadState
from glrec_core.values.color import BT709
from glrec_core.values.frame import Size
from tests.contract.adapter_programs import native
from tests.support import reference

SIZE = Size(64, 32)
WRITE_ONLY, R32UI = 0x88B9, 0x8236
DOUBLE = """
    #version 430
    layout(local_size_x = 1) in;
    layout(std430, binding = 0) buffer Values { uint values[]; };
    void main() { values[gl_GlobalInvocationID.x] *= 2; }
"""


@pytest.fixture
def gl(context: moderngl.Context) -> GL:
    return current_gl()


class Bindings(NamedTuple):
    """What is bound where the pass binds, and the rest of the state as the adapters' tests look at it."""

    image: list[int]
    """Texture, level, whether layered, layer, access and format."""
    slot: list[int]
    """Buffer, offset and size."""
    storage_buffer: int
    elsewhere: native.State


IMAGE = (
    g.IMAGE_BINDING_NAME,
    g.IMAGE_BINDING_LEVEL,
    g.IMAGE_BINDING_LAYERED,
    g.IMAGE_BINDING_LAYER,
    g.IMAGE_BINDING_ACCESS,
    g.IMAGE_BINDING_FORMAT,
)
SLOT = (g.SHADER_STORAGE_BUFFER_BINDING, g.SHADER_STORAGE_BUFFER_START, g.SHADER_STORAGE_BUFFER_SIZE)


def bindings(gl: GL) -> Bindings:
    state = ComputeState(gl)
    return Bindings(
        [gl.indexed_integer(name, state.image_unit) for name in IMAGE],
        [gl.indexed_integer(name, state.storage_slot) for name in SLOT],
        gl.integer(g.SHADER_STORAGE_BUFFER_BINDING),
        native.state(),
    )


def run_pass(context: moderngl.Context, gl: GL, rounds: int = 1) -> None:
    """Convert noise as a capture does; everything must be bound as before, and the last picture right."""
    rgba = np.random.default_rng(3).integers(0, 256, (SIZE.height, SIZE.width, 4), np.uint8)
    active = gl.integer(g.ACTIVE_TEXTURE)
    bound = gl.integer(g.TEXTURE_BINDING_2D)
    texture = context.texture(SIZE, 4, rgba[::-1].tobytes())
    texture.swizzle = "BGR1"
    gl.ActiveTexture(active)  # moderngl makes textures on a unit of its own
    gl.BindTexture(g.TEXTURE_2D, bound)
    before = bindings(gl)
    with ReadState(gl):
        ring = ComputeRing(gl, SIZE, 1, color=BT709)
        for number in range(rounds):
            ring.read(ReadSource(0, texture.glo), number)
            for frame in ring.arrived(wait=True):
                with frame:
                    luma = frame.planes[0].copy()
        ring.delete()
    assert bindings(gl) == before
    assert np.abs(luma.astype(int) - reference.yuv420p(rgba).y).max() <= 1


@pytest.fixture
def host(context: moderngl.Context, gl: GL) -> Iterator[ComputeState]:
    """Bind something of the host's wherever the pass binds something of its own."""
    state = ComputeState(gl)
    texture = context.texture_array((4, 4, 3), 1, dtype="u4")
    gl.BindImageTexture(state.image_unit, texture.glo, 0, 0, 2, WRITE_ONLY, R32UI)
    storage = context.buffer(reserve=4096)
    gl.BindBufferRange(g.SHADER_STORAGE_BUFFER, state.storage_slot, storage.glo, 512, 1024)
    other = context.buffer(reserve=64)
    gl.BindBuffer(g.SHADER_STORAGE_BUFFER, other.glo)
    gl.ActiveTexture(g.TEXTURE0 + 3)
    program = context.compute_shader(DOUBLE)
    gl.UseProgram(program.glo)
    yield state
    gl.UseProgram(0)


def test_everything_is_as_it_was(context: moderngl.Context, gl: GL, host: ComputeState) -> None:
    run_pass(context, gl, rounds=3)
    bound = bindings(gl)
    assert bound.image[0]
    assert bound.image[1:] == [0, 0, 2, WRITE_ONLY, R32UI]
    assert bound.slot[1:] == [512, 1024]
    assert bound.storage_buffer not in {0, bound.slot[0]}
    assert gl.integer(g.CURRENT_PROGRAM)
    assert gl.integer(g.ACTIVE_TEXTURE) == g.TEXTURE0 + 3


def test_a_whole_buffer_stays_bound_as_a_whole(context: moderngl.Context, gl: GL, host: ComputeState) -> None:
    storage = context.buffer(reserve=256)
    gl.BindBufferBase(g.SHADER_STORAGE_BUFFER, host.storage_slot, storage.glo)
    run_pass(context, gl)
    assert gl.indexed_integer(g.SHADER_STORAGE_BUFFER_BINDING, host.storage_slot) == storage.glo


def test_where_nothing_is_bound_nothing_is_afterwards(context: moderngl.Context, gl: GL) -> None:
    run_pass(context, gl)
    bound = bindings(gl)
    assert (bound.image[0], bound.slot, bound.storage_buffer) == (0, [0, 0, 0], 0)


def test_what_the_host_does_next_works_on_its_own_objects(context: moderngl.Context, gl: GL) -> None:
    program = context.compute_shader(DOUBLE)
    values = context.buffer(np.arange(8, dtype=np.uint32).tobytes())
    values.bind_to_storage_buffer(0)
    gl.UseProgram(program.glo)
    run_pass(context, gl)
    gl.DispatchCompute(8, 1, 1)
    context.memory_barrier()
    assert np.frombuffer(values.read(), np.uint32).tolist() == list(range(0, 16, 2))
    gl.UseProgram(0)


def test_a_program_that_the_host_has_deleted_leaves_no_error(context: moderngl.Context, gl: GL) -> None:
    program = context.compute_shader(DOUBLE)
    gl.UseProgram(program.glo)
    gl.DeleteProgram(program.glo)
    assert gl.integer(g.CURRENT_PROGRAM) == program.glo
    with ComputeState(gl):
        gl.UseProgram(0)
    assert gl.integer(g.CURRENT_PROGRAM) == 0  # and the fixture checks that no error is pending


def test_it_is_restored_after_an_error_too(context: moderngl.Context, gl: GL, host: ComputeState) -> None:
    before = bindings(gl)
    with suppress(ZeroDivisionError), ComputeState(gl):
        gl.UseProgram(0)
        gl.BindImageTexture(host.image_unit, 0, 0, 0, 0, g.READ_ONLY, g.RGBA8)
        gl.BindBufferBase(g.SHADER_STORAGE_BUFFER, host.storage_slot, 0)
        raise ZeroDivisionError
    assert bindings(gl) == before
