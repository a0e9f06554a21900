"""Fixtures shared by all tests."""

from collections.abc import Iterator

import moderngl
import pytest


@pytest.fixture
def context() -> Iterator[moderngl.Context]:
    """Give a fresh OpenGL context without a window, current in the test's thread; its error flag must stay clear."""
    context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
    yield context
    assert context.error == "GL_NO_ERROR"
    context.release()
