"""What the tests of `glrec run` share."""

from collections.abc import Iterator

import pytest

from tests.support.displays import xvfb


@pytest.fixture(scope="session")
def display() -> Iterator[dict[str, str]]:
    """Give the environment of a program with a screen."""
    with xvfb() as name:
        yield {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb", "SDL_VIDEODRIVER": "x11"}
