"""Why NVENC cannot be used: each reason is a sentence of its own, seen with the real PyNvVideoCodec on the stand-in."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from glrec_core.cuda import library
from tests.gpu_support.call_log import CallLog
from tests.gpu_support.standin import Fault, Switches, environment, library_path
from tests.support.displays import run_program

DRIVER = """
import json, logging, sys
from glrec_core.encode.nvenc_probe import driver_problem
print(json.dumps(driver_problem()))
heavy = {"cupy", "cuda", "PyNvVideoCodec"} & {name.partition(".")[0] for name in sys.modules}
assert not heavy, heavy
"""

ASK = """
import json, sys
from glrec_core.encode.nvenc_probe import capabilities
from glrec_core.errors import BackendUnavailable
answers = []
for _ in range(2):
    try:
        answers.append(capabilities(0, sys.argv[2], sys.argv[1])["num_max_bframes"])
    except BackendUnavailable as error:
        answers.append(str(error))
print(json.dumps(answers))
"""


def problem(variables: dict[str, str]) -> str | None:
    answer: str | None = json.loads(run_program(DRIVER, env=variables).stdout)
    return answer


def answers(variables: dict[str, str], codec: str = "h264", gpu: str = "NVIDIA Thing") -> list[int | str]:
    found: list[int | str] = json.loads(run_program(ASK, codec, gpu, env=variables).stdout)
    return found


def test_no_libcuda(standin_libraries: Path) -> None:
    reason = problem(environment(standin_libraries, cpu_only=False))
    assert reason is not None
    assert reason.startswith(
        "there is no NVIDIA driver, or this container was started without it (libcuda.so.1"
    )


def test_no_nvenc_library(standin_libraries: Path) -> None:
    reason = problem(library_path(standin_libraries / "cpu-only"))
    assert reason is not None
    assert reason.startswith("the NVIDIA driver is there without its NVENC library (libnvidia-encode.so.1")


def test_a_container_without_the_video_capability(standin_libraries: Path) -> None:
    variables = library_path(standin_libraries / "cpu-only")
    reason = problem({**variables, "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"})
    assert reason is not None
    assert reason.startswith("this container was started without the video capability")
    for granted in ("compute,video", "all"):
        assert "NVENC library" in str(problem({**variables, "NVIDIA_DRIVER_CAPABILITIES": granted}))


def test_a_driver_that_is_too_old(standin_libraries: Path) -> None:
    reason = problem(environment(standin_libraries, Switches(api="11.1")))
    assert reason == "the driver's NVENC API is 11.1, and 12.1 is needed: update the driver to 530 or newer"


def test_a_driver_that_has_all(standin_libraries: Path) -> None:
    assert problem(environment(standin_libraries)) is None


def test_a_driver_older_than_the_cuda_packages(
    standin_libraries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
import importlib.metadata
from glrec_core.cuda import library
from glrec_core.encode import nvenc_probe
importlib.metadata.version = lambda name: "14.0.1"
print(nvenc_probe.driver_problem())
"""
    said = run_program(program, env=environment(standin_libraries)).stdout
    assert said.startswith("the driver serves CUDA 13.0, and the installed packages are for CUDA 14: update")


@pytest.mark.parametrize("missing", ["PyNvVideoCodec", "cupy", "cuda"])
def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None if name == missing else find_spec("av"))
    assert library.missing_package() == (
        f"the package {missing} is not installed; pip install 'glrec[nvenc]' (or nvenc-cuda13) brings it"
    )


def test_all_packages_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda _: find_spec("av"))
    assert library.missing_package() is None


def test_what_a_gpu_can_do_is_asked_once(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    assert answers(environment(pynvvideocodec_libraries, Switches(log=log))) == [4, 4]
    calls = CallLog.read(log)
    assert len(calls.calls("open")) == 1
    assert calls.leaks() == []


def test_a_gpu_without_nvenc_is_named_and_asked_once(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    switches = Switches(log=log, fail=Fault("open", status=2))
    assert (
        answers(environment(pynvvideocodec_libraries, switches)) == ["NVIDIA Thing has no NVENC engine"] * 2
    )
    assert CallLog.read(log).leaks() == []


def test_a_container_may_look_like_a_gpu_without_nvenc(pynvvideocodec_libraries: Path) -> None:
    variables = environment(pynvvideocodec_libraries, Switches(fail=Fault("open", status=2)))
    in_container = {**variables, "NVIDIA_DRIVER_CAPABILITIES": "utility,compute"}
    first, _ = answers(in_container)
    assert "without the video capability" in str(first)
    assert answers(in_container, gpu="NVIDIA H200")[0] == "NVIDIA H200 has no NVENC engine"


def test_a_codec_that_the_gpu_does_not_have(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    said = answers(environment(pynvvideocodec_libraries, Switches(log=log)), "hevc")
    assert said == ["NVIDIA Thing cannot encode hevc by NVENC"] * 2
    assert len(CallLog.read(log).calls("open")) == 1, (
        "each refused question leaks a session of PyNvVideoCodec's"
    )


def test_a_full_gpu_is_asked_again(pynvvideocodec_libraries: Path) -> None:
    program = """
from tests.gpu_support.nvenc_route import handles
import PyNvVideoCodec
held = PyNvVideoCodec.CreateEncoder(
    178, 98, "NV12", False, codec="h264", preset="P4", gop=30, bf=0,
    cudacontext=handles().context, cudastream=handles().stream,
)
from glrec_core.encode.nvenc_probe import capabilities
from glrec_core.errors import BackendUnavailable
try:
    capabilities(0, "NVIDIA Thing", "h264")
except BackendUnavailable as error:
    print(error)
del held
assert capabilities(0, "NVIDIA Thing", "h264")["num_max_bframes"] == 4
"""
    said = run_program(program, env=environment(pynvvideocodec_libraries, Switches(max_sessions=1))).stdout
    assert said.startswith("all encode sessions that this GPU's driver allows at a time are in use")


def test_a_status_without_a_meaning_of_its_own_is_passed_on(pynvvideocodec_libraries: Path) -> None:
    first, _ = answers(environment(pynvvideocodec_libraries, Switches(fail=Fault("open", status=20))))
    assert str(first).startswith("NVIDIA Thing does not open NVENC: ")
    assert "20" in str(first)
    assert "\n" not in str(first)
