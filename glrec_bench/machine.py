"""What a machine is, as far as figures depend on it. No name of a host, user or folder is in it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "av",
    "imageio",
    "imageio-ffmpeg",
    "moderngl",
    "moderngl-window",
    "numpy",
    "pyglet",
    "turbopipe",
    "vispy",
)
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swr")


def describe() -> dict[str, str]:
    """Return names and values; asks OpenGL, and so runs in the environment of the recorders."""
    import moderngl

    context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
    renderer = str(context.info["GL_RENDERER"])
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{_distribution()}, Linux {platform.release()}",
        "renderer": renderer,
        "OpenGL": str(context.info["GL_VERSION"]),
        "software renderer": "yes" if any(name in renderer.lower() for name in _SOFTWARE) else "no",
        "Python": platform.python_version(),
        **{name: found for name in _PACKAGES if (found := _version(name))},
    }


def is_software(machine: dict[str, str]) -> bool:
    """Return whether the renderer runs on the CPU."""
    return machine["software renderer"] == "yes"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
