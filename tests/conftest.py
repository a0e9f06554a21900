"""Fixtures shared by all tests."""

import os
from collections.abc import Iterator

import moderngl
import pytest
from hypothesis import settings

from tests.support import warm
from tests.support.contexts import standalone_context

settings.register_profile("patient", deadline=None)  # two tests at once on a busy machine are slow, not wrong
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long tests begin first, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def warm_interpreter() -> None:
    """Start what `run_program` makes its copies of; its imports run beside the first tests."""
    warm.open_server()


@pytest.fixture(autouse=True)
def ordinary_scheduling() -> Iterator[None]:
    """Undo what SVT-AV1 does to the test's thread as root where a test opens it by itself: real-time priority."""
    yield
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@pytest.fixture
def context() -> Iterator[moderngl.Context]:
    """Give a fresh OpenGL context without a window, current in the test's thread; its error flag must stay clear."""
    context = standalone_context()
    yield context
    with context:  # the test may have made another one current
        assert context.error == "GL_NO_ERROR"
    context.release()
