"""A package that is there and broken, in whatever way, is a reason and never an exception: for each package, each probe.

Packages that pose as NVIDIA's and CuPy's lie before the true ones on the search path; the driver poses as present.
"""

import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from glrec_core.backends import mjpeg, nvenc, table
from glrec_core.config import Config
from glrec_core.encode import nvenc_probe
from glrec_core.errors import ConfigError
from glrec_core.probe import nvidia, opengl
from glrec_core.read import nvdec_probe, routes
from tests.support.film import write_film

PACKAGES = ("PyNvVideoCodec", "cupy", "cuda")
OURS = ("glrec_core.cuda.", "glrec_core.capture.cuda", "glrec_core.convert.cuda", "glrec_core.encode.nvenc")
"""Modules that keep what they import of those packages."""

KEPT = {
    "glrec_core.cuda.context",
    "glrec_core.cuda.library",
    "glrec_core.cuda.probing",
    "glrec_core.cuda.handles",
}

GL: Any = SimpleNamespace(
    es=False,
    vendor="NVIDIA Corporation",
    renderer="NVIDIA Thing/PCIe/SSE2",
    version_text="4.6.0 NVIDIA",
    is_software=True,
    has_compute=False,
    has_buffer_storage=False,
)

BROKEN_IMPORTS = {
    "ImportError": "raise ImportError('libcudart.so.99: cannot open shared object file')",
    "ModuleNotFoundError": "import no_such_module_of_its_own",
    "OSError": "raise OSError('libnvrtc.so: invalid ELF header')",
    "AttributeError": "import sys; sys.no_such_thing",
    "RuntimeError": "raise RuntimeError('Driver version is too old')",
    "TypeError": "len()",
    "KeyError": "{}['LD_LIBRARY_PATH']",
    "SyntaxError": "this is no Python",
    "MemoryError": "raise MemoryError",
    "SystemExit": "raise SystemExit(3)",
    "its own kind": "class Odd(BaseException): ...\nraise Odd('of a kind that nobody knows')",
}

CUPY = """
class _Any:
    def __getattr__(self, name):
        if name in {"CUDARuntimeError", "CUDADriverError", "CompileException", "OutOfMemoryError"}:
            return type(name, (RuntimeError,), {})
        return _Any()
    def __call__(self, *_, **__):
        return _Any()
    def __int__(self):
        return 1
class _Runtime(_Any):
    @staticmethod
    def getDeviceCount():
        return 1
class _Cuda(_Any):
    runtime = _Runtime()
cuda = _Cuda()
class ndarray: ...
RawModule = RawKernel = ElementwiseKernel = empty = asarray = _Any()
"""

BINDINGS = """
class _Any:
    def __getattr__(self, name):
        return _Any()
cudaGraphicsRegisterFlags = cudaGLDeviceList = _Any()
def cudaGLGetDevices(*_):
    return 0, 1, [0]
"""

PATHFINDER = """
class DynamicLibNotFoundError(RuntimeError): ...
def load_nvidia_dynamic_lib(name):
    raise DynamicLibNotFoundError(name)
"""

CODEC = """
class PyNvVCException(RuntimeError): ...
class NV_ENC_PIC_FLAGS:
    FORCEIDR = 2
def GetEncoderCaps(gpuid, codec):
    return dict.fromkeys(
        ("num_max_bframes", "supported_ratecontrol_modes", "support_yuv444_encode", "width_min", "height_min"), 0
    ) | dict.fromkeys(("width_max", "height_max", "mb_num_max"), 1 << 20) | {"supported_ratecontrol_modes": 3}
def CreateEncoder(*_, **__): ...
class _Members:
    __members__ = dict.fromkeys(("H264", "HEVC", "AV1", "VP9", "420", "444", "422"), 1)
cudaVideoCodec = cudaVideoChromaFormat = _Members
class PacketData: ...
def CreateDecoder(**_): ...
def GetDecoderCaps(**_):
    return {"num_decoder_engines": 1, "width_min": 1, "height_min": 1, "width_max": 9999, "height_max": 9999}
"""

WHOLE = {
    "PyNvVideoCodec/__init__.py": CODEC,
    "cupy/__init__.py": CUPY,
    "cuda/__init__.py": "",
    "cuda/bindings/__init__.py": "",
    "cuda/bindings/driver.py": BINDINGS,
    "cuda/bindings/runtime.py": BINDINGS,
    "cuda/pathfinder.py": PATHFINDER,
}

BROKEN_CODECS = {
    "has nothing in it": "",
    "lacks the question": CODEC.replace("GetEncoderCaps", "AskEncoder").replace(
        "GetDecoderCaps", "AskDecoder"
    ),
    "lacks its error": CODEC.replace("PyNvVCException", "PyNvError"),
    "lacks its flags": CODEC.replace("NV_ENC_PIC_FLAGS", "FLAGS").replace("cudaVideoCodec", "codecs"),
    "takes other arguments": CODEC.replace("(gpuid, codec)", "()").replace(
        "GetDecoderCaps(**_)", "GetDecoderCaps()"
    ),
    "answers with nothing": CODEC.replace("return dict", "return None and dict").replace(
        "return {", "return None and {"
    ),
    "answers with other names": CODEC.replace("num_max_bframes", "b").replace("num_decoder_engines", "d"),
    "raises when it is asked": CODEC.replace(
        "    return ", "    raise OSError('nvmlInit failed')\n    return "
    ),
    "raises its own error when it is asked": CODEC.replace(
        "    return ", "    raise PyNvVCException('no\\nreason')\n    return "
    ),
    "ends the process when it is asked": CODEC.replace("    return ", "    raise SystemExit(1)\n    return "),
}


class Fake:
    """Packages on the search path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name, text in WHOLE.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        invalidate_caches()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Whole packages, and a driver that has all."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(nvenc, "driver_problem", lambda: None)
    monkeypatch.setattr(nvidia, "driver_problem", lambda: None)
    monkeypatch.setattr(mjpeg, "_missing_driver", lambda: None)
    monkeypatch.setattr(nvdec_probe, "load", lambda _: None)
    before = dict(sys.modules)
    _forget()
    yield Fake(tmp_path / "site")
    _forget()
    sys.modules.update(before)


def _forget() -> None:
    for name in list(sys.modules):
        package = name.partition(".")[0] in PACKAGES
        if package or (name.startswith((*OURS, "glrec_core.read.nvdec")) and not _kept(name)):
            del sys.modules[name]
    for cached in (nvenc_probe._remembered, nvdec_probe._machine_problem, nvdec_probe._capabilities):
        cached.cache_clear()


def _kept(name: str) -> bool:
    return name in KEPT or name.endswith(("_probe", "_options", "_status", "layout", "kernel_text"))


def assert_host_serves(said: str) -> None:
    """A choice of backends goes on to the host with the reason; so do doctor's table and its line for NVIDIA."""
    backend, reason = table.choose(table.agree(Config(), ()), GL)
    assert backend.name == "host"
    assert said in reason
    for row, codec in ((table.NVENC, None), (table.MJPEG, "mjpeg")):
        route = opengl._route(row, GL)
        assert not route.usable
        assert route.reason
        assert "\n" not in route.reason
        with_codec = row.unavailable(GL, Config(codec=codec), None)
        assert with_codec == route.reason


@pytest.mark.parametrize(
    "package", ["PyNvVideoCodec/__init__.py", "cupy/__init__.py", "cuda/bindings/driver.py"]
)
@pytest.mark.parametrize("how", BROKEN_IMPORTS)
def test_a_package_that_cannot_be_imported(packages: Fake, package: str, how: str) -> None:
    packages.write(package, BROKEN_IMPORTS[how])
    assert_host_serves("an installed package cannot be used: ")
    found = nvidia.describe(lambda *_: None)["nvenc_problem"]
    assert found.startswith("an installed package cannot be used: ")
    assert ": Odd: " in found if how == "its own kind" else f": {how}" in found


@pytest.mark.parametrize("how", BROKEN_IMPORTS)
def test_a_package_that_fails_while_it_is_looked_for(packages: Fake, how: str) -> None:
    """To find `cuda.bindings` imports what is above it."""
    packages.write("cuda/__init__.py", BROKEN_IMPORTS[how])
    assert_host_serves("nvenc: ")
    assert "nvJPEG cannot be used: " in str(mjpeg.unavailable(GL, Config(codec="mjpeg"), None))


@pytest.mark.parametrize("name", ["RawModule", "ndarray"])
def test_a_cupy_that_lacks_a_part(packages: Fake, name: str) -> None:
    packages.write(
        "cupy/__init__.py", CUPY.replace(name, f"other_{name}").replace("cuda = _Cuda()", "cuda = None")
    )
    assert_host_serves("AttributeError: ")


@pytest.mark.parametrize("how", BROKEN_CODECS)
def test_a_pynvvideocodec_that(packages: Fake, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packages.write("PyNvVideoCodec/__init__.py", BROKEN_CODECS[how])
    device = SimpleNamespace(ordinal=0, name="NVIDIA Thing")
    monkeypatch.setattr(nvenc, "_drawing_device", lambda: device)
    reason = nvenc.unavailable(GL, Config(), None)
    if how == "lacks its error":
        assert reason is None, "it is not needed to record"
        return
    assert reason
    assert "\n" not in reason
    assert table.choose(table.agree(Config(), ()), GL)[1].startswith(f"nvenc: {reason}; ")


def test_one_that_is_whole_serves(packages: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    device = SimpleNamespace(ordinal=0, name="NVIDIA Thing")
    monkeypatch.setattr(nvenc, "_drawing_device", lambda: device)
    assert nvenc.unavailable(GL, Config(), None) is None
    assert nvidia.describe(lambda *_: None)["nvenc_problem"] is None
    with pytest.raises(ConfigError, match="b_frames=2: h264 by the NVENC of NVIDIA Thing takes at most 0"):
        nvenc.unavailable(GL, Config(b_frames=2), None)


def test_ctrl_c_remains_ctrl_c(packages: Fake) -> None:
    packages.write("PyNvVideoCodec/__init__.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        nvenc.unavailable(GL, Config(), None)


@pytest.mark.parametrize("how", [*BROKEN_IMPORTS, *BROKEN_CODECS])
def test_a_film_is_read_on_the_cpu(packages: Fake, tmp_path: Path, how: str) -> None:
    packages.write("PyNvVideoCodec/__init__.py", {**BROKEN_IMPORTS, **BROKEN_CODECS}[how])
    from glrec_core.read.facts import read_facts
    from glrec_core.read.geometry import geometry

    facts = read_facts(write_film(tmp_path / "a.mp4", range(2), (160, 120)))
    route = routes.open_route(facts, geometry(facts.coded, facts.turns, None, None), None)
    assert route.device == "cpu"
