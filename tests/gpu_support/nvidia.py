"""The GPU of the current OpenGL context, for tests that need an NVIDIA one; import it there only."""

from typing import Any

import pytest

from glrec_core.gl.functions import current_gl


def skip_without_nvidia_gpu() -> None:
    """Skip the test unless the current context is on an NVIDIA GPU and CUDA's packages are there."""
    gl = current_gl()
    if not gl.vendor.startswith("NVIDIA"):
        pytest.skip(f"the OpenGL context is on {gl.renderer}, not on an NVIDIA GPU")
    pytest.importorskip("cupy", reason="cupy is not installed (pip install 'glrec[nvenc]')")
    pytest.importorskip("cuda.bindings", reason="cuda-bindings is not installed (pip install 'glrec[nvenc]')")


def open_stream() -> Any:
    """Return a stream of the device that draws the current context."""
    from glrec_core.cuda.device import CudaDevice, CudaStream

    return CudaStream(CudaDevice.of_current_gl_context())


def used_bytes() -> int:
    """Return how much of the GPU's memory is in use, once CuPy holds none for later."""
    import cupy

    cupy.get_default_memory_pool().free_all_blocks()
    free, total = cupy.cuda.runtime.memGetInfo()
    return int(total - free)
