"""Records frames while Ctrl-C comes at random moments, catches each, and closes in the same storm.

    python storm.py FILE OVERFLOW SIGNALS

Prints as JSON what came of it: the signals that were caught, what was found changed afterwards, and the account.
"""

import faulthandler
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import cast

from glrec_core import Recorder, record
from glrec_core.config import Overflow
from tests.contract.adapter_programs import native
from tests.support.contexts import standalone_context
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop

PICTURES = 16
FOR_CLOSING = 10
LONGEST_SECONDS = 100
SIZE = (64, 48)


class Storm:
    """Sends signals, counts what is caught, and looks after each whether anything of OpenGL's was left changed."""

    def __init__(self, state: native.State, signals: int) -> None:
        self.signals = signals
        self.begun = False
        self.caught = 0
        self.changed = 0
        self.number = 0
        """Of the next picture."""
        self._state = state

    def rain(self) -> None:
        """Send SIGINT at random moments, each when the one before was caught; the last ones are for `close()`."""
        wait = random.Random(7)
        while not self.begun:
            time.sleep(0.001)
        for number in range(self.signals + FOR_CLOSING):
            while self.caught < number:
                if not self.begun:
                    return
                time.sleep(0.0005)
            time.sleep(wait.uniform(0.0002, 0.004))
            os.kill(os.getpid(), signal.SIGINT)

    def until_done(self, act: Callable[[], object]) -> None:
        """Call `act` until it comes to its end."""
        while True:
            try:
                act()
            except KeyboardInterrupt:
                self.caught += 1
            else:
                return

    def look(self) -> None:
        """Compare the state with what it was."""
        found: list[native.State] = []
        self.until_done(lambda: found.append(native.state()))
        self.changed += found[-1] != self._state or native.error() != 0


def draw(storm: Storm, recorder: Recorder, loops: list[BarcodeLoop]) -> None:
    """Tell of frames, one picture after the other, until most of the storm is over."""
    while storm.caught < storm.signals:
        try:
            while True:
                recorder.frame_drawn(loops[storm.number % PICTURES].framebuffer)
                storm.number += 1
        except KeyboardInterrupt:
            storm.caught += 1
        storm.look()


def main(path: str, overflow: Overflow, signals: int) -> None:
    """Record, close, and tell; show where it hangs if it does."""
    faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)
    context = standalone_context()
    loops = [BarcodeLoop(context, SIZE) for _ in range(PICTURES)]
    for number, loop in enumerate(loops):
        loop.draw(number)
    names = names_alive()
    native.OddState().set()
    names_with_odd_state = names_alive()
    recorder = record(None, path, timing="step", overflow=overflow, slots=3)
    storm = Storm(native.state(), signals)
    thread = threading.Thread(target=storm.rain)
    handler = signal.getsignal(signal.SIGINT)
    thread.start()  # a thread that is interrupted while it starts another one is Python's own affair
    storm.begun = True
    storm.until_done(lambda: draw(storm, recorder, loops))
    storm.until_done(recorder.close)
    storm.until_done(lambda: setattr(storm, "begun", False))
    storm.until_done(thread.join)
    recording = recorder.close()
    storm.look()
    account = recording.stats.as_dict()
    counts = ("drawn", "recorded", "dropped", "failed", "lost", "packets")
    found = {
        "caught": storm.caught,
        "changed": storm.changed,
        "handler": signal.getsignal(signal.SIGINT) is handler,
        "names": names_alive() == names_with_odd_state != names,
        "frames": recording.frames,
        "accounted": recording.stats.accounted,
        "threads": [each.name for each in threading.enumerate()],
        **{name: account[name] for name in counts},
    }
    sys.stdout.write(json.dumps(found) + "\n")


main(sys.argv[1], cast("Overflow", sys.argv[2]), int(sys.argv[3]))
