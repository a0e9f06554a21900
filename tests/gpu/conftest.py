"""What the tests on a GPU share: the stand-in and the packages, and a context for CuPy's kernels in their own thread."""

import pytest

from tests.nvenc.conftest import pynvvideocodec_libraries, standin_libraries

__all__ = ["pynvvideocodec_libraries", "standin_libraries"]


@pytest.fixture(autouse=True)
def context_of_the_tests_own() -> None:
    """Let CUDA's runtime make its context current: tests use CuPy within glrec's blocks and outside of them.

    CuPy looks for a context at a thread's first kernel only. `test_contexts.py` tells what is current otherwise.
    """
    try:
        import cupy
    except ImportError:
        return
    try:
        cupy.cuda.runtime.memGetInfo()
    except cupy.cuda.runtime.CUDARuntimeError:
        return
