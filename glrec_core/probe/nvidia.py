"""What there is of NVIDIA: the kernel's driver, CUDA, and what NVENC lacks. Needs no GPU and none of its packages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glrec_core.backends.nvenc import broken_package
from glrec_core.cuda.library import cuda_version, load, missing_package
from glrec_core.encode.nvenc_probe import driver_problem
from glrec_core.errors import GlrecError
from glrec_core.isolation import call
from glrec_core.values.progress import Progress

_TIMEOUT_SECONDS = 30.0
_PROC = Path("/proc/driver/nvidia")
_MODULE_VERSION = Path("/sys/module/nvidia/version")


@dataclass(frozen=True, slots=True)
class Nvidia:
    """The driver's version, the GPUs' names, the newest CUDA that it serves; and what stands against NVENC.

    `cuda_problem` and `nvenc_problem` are sentences, or None where nothing was found that stands against it. Whether the
    GPU has an NVENC engine shows only in a context on it: see the route `nvenc`.
    """

    driver: str | None
    gpus: tuple[str, ...]
    cuda: str | None
    cuda_problem: str | None
    nvenc_problem: str | None


def probe_nvidia() -> Nvidia:
    """Ask the driver, in a process of its own."""
    try:
        found = call(f"{__name__}:describe", {}, timeout_seconds=_TIMEOUT_SECONDS)
    except GlrecError as error:
        return Nvidia(_driver(), _gpus(), None, f"asking the driver {error}", None)
    return Nvidia(**{**found, "gpus": tuple(found["gpus"])})


def describe(_: Progress) -> dict[str, Any]:
    """Ask the driver; runs in a process of its own."""
    try:
        version, problem = str(cuda_version(load("cuda"))), None
    except OSError as error:
        version, problem = (
            None,
            f"there is no NVIDIA driver, or this container was started without it ({error})",
        )
    return asdict(
        Nvidia(
            _driver(), _gpus(), version, problem, driver_problem() or missing_package() or broken_package()
        )
    )


def _driver() -> str | None:
    return _MODULE_VERSION.read_text(encoding="ascii").strip() if _MODULE_VERSION.exists() else None


def _gpus() -> tuple[str, ...]:
    texts = (
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(_PROC.glob("gpus/*/information"))
    )
    lines = (line.partition(":") for text in texts for line in text.splitlines())
    return tuple(value.strip() for key, _, value in lines if key == "Model")
