"""What can be learnt of the NVIDIA driver from its libraries alone, before any CUDA package is imported."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from typing import NamedTuple

from glrec_core.system.libraries import open_library


class Version(NamedTuple):
    """Major and minor number."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


def load(library: str) -> ctypes.CDLL:
    """Load a library of the driver: "cuda", "nvenc" or "nvcuvid".

    Raises:
        OSError: it is not there; the text is the loader's.

    """
    return open_library(library)


def cuda_version(driver: ctypes.CDLL) -> Version:
    """Return the newest CUDA version that libcuda serves (cuDriverGetVersion, which needs no GPU)."""
    value = ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(value))
    return Version(value.value // 1000, value.value % 1000 // 10)


def missing_package() -> str | None:
    """Say which package of the extra is not installed, if one is not."""
    for module in ("PyNvVideoCodec", "cupy", "cuda"):
        if find_spec(module) is None:
            return f"the package {module} is not installed; pip install 'glrec[nvenc]' (or nvenc-cuda13) brings it"
    return None
