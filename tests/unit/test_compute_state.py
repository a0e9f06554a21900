"""A compute pass is a guest: whatever the host had bound is bound again, and is not in the way meanwhile."""

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import moderngl
import numpy as np
import pytest

from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.ring import Picture
from glrec_core.color import BT709
from glrec_core.frame import Size
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.state import ComputeState, ReadState
from tests.contract.adapter_programs import native
from tests.support import reference

SIZE = Size(64, 32)
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

    texture: int
    sampler: int
    slot: list[int]
    """Buffer, offset and size."""
    storage_buffer: int
    elsewhere: native.State


def bindings(gl: GL) -> Bindings:
    state = ComputeState(gl)
    elsewhere = native.state()
    active = gl.integer(g.ACTIVE_TEXTURE)
    gl.ActiveTexture(g.TEXTURE0 + state.texture_unit)
    texture, sampler = gl.integer(g.TEXTURE_BINDING_2D), gl.integer(g.SAMPLER_BINDING)
    gl.ActiveTexture(active)
    slot = [
        indexed(gl, name, state.storage_slot)
        for name in (
            g.SHADER_STORAGE_BUFFER_BINDING,
            g.SHADER_STORAGE_BUFFER_START,
            g.SHADER_STORAGE_BUFFER_SIZE,
        )
    ]
    return Bindings(texture, sampler, slot, gl.integer(g.SHADER_STORAGE_BUFFER_BINDING), elsewhere)


def indexed(gl: GL, name: int, index: int) -> int:
    value = ctypes.c_int64()
    gl.GetInteger64i_v(name, index, ctypes.byref(value))
    return value.value


def run_pass(context: moderngl.Context, gl: GL, rounds: int = 1) -> None:
    """Convert noise as a capture does; everything must be bound as before, and the last picture right."""
    rgba = np.random.default_rng(3).integers(0, 256, (SIZE.height, SIZE.width, 4), np.uint8)
    active = gl.integer(g.ACTIVE_TEXTURE)
    bound = gl.integer(g.TEXTURE_BINDING_2D)
    texture = context.texture(SIZE, 4, rgba[::-1].tobytes())
    gl.TexParameteri(g.TEXTURE_2D, g.TEXTURE_MAX_LEVEL, 0)  # as of our own targets, complete under any filter
    gl.ActiveTexture(active)  # moderngl makes textures on a unit of its own
    gl.BindTexture(g.TEXTURE_2D, bound)
    before = bindings(gl)
    with ReadState(gl):
        ring = ComputeRing(gl, SIZE, 1, color=BT709)
        for number in range(rounds):
            ring.read(Picture(0, texture.glo), number)
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
    texture = context.texture((4, 4), 4)
    sampler = context.sampler(
        filter=(moderngl.LINEAR_MIPMAP_LINEAR, moderngl.NEAREST), compare_func="<", anisotropy=4.0
    )
    texture.use(state.texture_unit)
    sampler.use(state.texture_unit)
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
    assert bound.texture
    assert bound.sampler
    assert bound.slot[1:] == [512, 1024]
    assert bound.storage_buffer not in {0, bound.slot[0]}
    assert gl.integer(g.CURRENT_PROGRAM)
    assert gl.integer(g.ACTIVE_TEXTURE) == g.TEXTURE0 + 3


def test_a_whole_buffer_stays_bound_as_a_whole(context: moderngl.Context, gl: GL, host: ComputeState) -> None:
    storage = context.buffer(reserve=256)
    gl.BindBufferBase(g.SHADER_STORAGE_BUFFER, host.storage_slot, storage.glo)
    run_pass(context, gl)
    assert indexed(gl, g.SHADER_STORAGE_BUFFER_BINDING, host.storage_slot) == storage.glo


def test_where_nothing_is_bound_nothing_is_afterwards(context: moderngl.Context, gl: GL) -> None:
    run_pass(context, gl)
    assert bindings(gl)[:4] == (0, 0, [0, 0, 0], 0)


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
        gl.BindTexture(g.TEXTURE_2D, 0)
        gl.BindBufferBase(g.SHADER_STORAGE_BUFFER, host.storage_slot, 0)
        raise ZeroDivisionError
    assert bindings(gl) == before
