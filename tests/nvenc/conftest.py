"""What the NVENC tests need on the machine; where it is missing they are skipped, and say why."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.gpu_support import standin
from tests.gpu_support.errors import StandinUnavailable


@pytest.fixture(scope="session")
def standin_libraries() -> Path:
    """The folder of the stand-in's libnvidia-encode.so.1."""
    try:
        return standin.build()
    except StandinUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def contract_check() -> Path:
    """The C program that drives the stand-in under the sanitizers."""
    try:
        return standin.build_contract_check()
    except StandinUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def pynvvideocodec_libraries(standin_libraries: Path) -> Path:
    """The same folder, for tests that run the real PyNvVideoCodec on it."""
    if find_spec("PyNvVideoCodec") is None:
        pytest.skip("PyNvVideoCodec is not installed (pip install 'glrec[nvenc]')")
    return standin_libraries
