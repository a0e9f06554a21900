"""`ArrayEncoder` on NVENC: the real PyNvVideoCodec on the stand-in, without a GPU, held to the same contract."""

import os
import re
import sys
from pathlib import Path

from tests.gpu_support.call_log import CallLog
from tests.gpu_support.standin import Fault, Switches, environment
from tests.nvenc.conftest import pynvvideocodec_libraries, standin_libraries
from tests.support.displays import run_program
from tests.support.processes import process_group

__all__ = ["pynvvideocodec_libraries", "standin_libraries"]


def test_the_contract_of_array_encoders_holds(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    contract = Path(__file__).parent / "test_array_contract.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(contract)]
    log, report = tmp_path / "calls.log", tmp_path / "report"
    switches = Switches(late_read=True, log=log)  # a buffer that is written again too early shows
    variables = {
        **os.environ,
        **environment(pynvvideocodec_libraries, switches),
        "GLREC_ON_NVENC_STANDIN": "1",
    }
    with (
        report.open("wb") as output,
        process_group(command, stdout=output, stderr=output, env=variables) as run,
    ):
        status = run.wait(100)
    assert status == 0, report.read_text()
    assert re.search(r"^(\d+) passed", report.read_text(), re.MULTILINE), report.read_text()
    assert CallLog.read(log).leaks() == []


OPTIONS = """
import numpy as np
from glrec_core.arrays import ArrayEncoder
from tests.gpu_support.array_route import use_as_backend
use_as_backend()
with ArrayEncoder(320, 240, preset="p3", fps="30000/1001", bitrate=2_000_000) as encoder:
    assert (encoder.backend, encoder.held, encoder.reason) == ("nvenc", 3, "nvenc serves")
    encoder.encode(np.zeros((360, 320), np.uint8))
    encoder.flush()
"""


def test_options_reach_the_driver(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    run_program(OPTIONS, env=environment(pynvvideocodec_libraries, Switches(log=log)))
    (init,) = CallLog.read(log).calls("init")
    asked = {"preset": 3, "tuning": 2, "gop": 30, "fps": "30000/1001", "rc": 1, "avg": 2_000_000}
    assert {name: init[name] for name in asked} == asked
    assert init["frameIntervalP"] == 1  # no B-frames


REFUSALS = """
import pytest
from glrec_core import ConfigError
from glrec_core.arrays import ArrayEncoder
from tests.gpu_support.array_route import use_as_backend
use_as_backend()
for options in ({"low_latency": True}, {"depth": 0}, {"depth": 2}):
    with pytest.raises(ConfigError, match="PyNvVideoCodec always holds 3 frames back, and [02] are allowed"):
        ArrayEncoder(320, 240, **options)
assert ArrayEncoder(320, 240, depth=3).held == 3
"""


def test_low_latency_is_refused_with_the_reason(pynvvideocodec_libraries: Path) -> None:
    run_program(REFUSALS, env=environment(pynvvideocodec_libraries))


FAILURE = """
import numpy as np, pytest
from glrec_core import EncodeError
from glrec_core.arrays import ArrayEncoder
from tests.gpu_support.array_route import use_as_backend
use_as_backend()
picture = np.zeros((360, 320), np.uint8)
with ArrayEncoder(320, 240) as encoder:
    with pytest.raises(EncodeError, match="NVENC failed: .*20"):
        for _ in range(9):
            encoder.encode(picture)
"""


def test_a_driver_that_dies_says_so(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    switches = Switches(fail=Fault("encode", status=20, nth=5), log=log)
    run_program(FAILURE, env=environment(pynvvideocodec_libraries, switches))
    assert len(CallLog.read(log).calls("destroy")) == len(CallLog.read(log).calls("open"))
