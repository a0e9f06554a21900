"""Programs of no toolkit: python swaps.py KIND ENDING. They draw numbered pictures until they are ended, as ENDING says."""

import sys
import time

from glrec_core.testing import barcode
from tests.contract.adapter_programs import native
from tests.support.swapping import EglBuffer, EglWindow, GlxWindow, Shown

SIZE = (320, 240)
KINDS = {"glx": GlxWindow, "egl": EglWindow, "buffer": EglBuffer}


def show(window: Shown, number: int, size: tuple[int, int] = SIZE) -> None:
    window.make_current()
    barcode.draw(native.fill, size, number)
    window.swap()


def hears(window: GlxWindow) -> None:
    """End as its user would end it, with an exit code of its own."""
    number = 0
    while not window.asked_to_close():
        show(window, number)
        number += 1
    window.close()
    sys.stdout.write("closed by its user\n")
    sys.exit(7)


def deaf(window: Shown) -> None:
    """Look at no event."""
    for number in range(1_000_000):
        show(window, number)


def stubborn(window: Shown) -> None:
    """Go on whatever comes."""
    number = 0
    while True:
        try:
            show(window, number)
            number += 1
        except BaseException:  # noqa: BLE001 - that is what it is about
            sys.stdout.write("I go on\n")
            sys.stdout.flush()


def still(window: GlxWindow) -> None:
    """Show three pictures, and then none any more."""
    for number in range(3):
        show(window, number)
    while not window.asked_to_close():
        time.sleep(0.01)


def by_itself(window: Shown) -> None:
    for number in range(10):
        show(window, number)
    window.close()


def without_closing(window: Shown) -> None:
    for number in range(10):
        show(window, number)


def two_windows(window: Shown) -> None:
    other = GlxWindow(SIZE)
    for number in range(10):
        show(window, number)
        show(other, 100 + number)
    other.close()
    window.close()


if __name__ == "__main__":
    globals()[sys.argv[2]](KINDS[sys.argv[1]](SIZE))
