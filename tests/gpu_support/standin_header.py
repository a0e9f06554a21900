"""NVIDIA's `nvEncodeAPI.h`: the stand-in is compiled against it, and it is not ours to commit. It is taken from a
pinned source archive on PyPI, once, or from the file that NVENC_HEADER names.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.gpu_support.errors import StandinUnavailable

HEADER_NAME = "nvEncodeAPI.h"
API_VERSION = (12, 1)  # the oldest that PyNvVideoCodec 2.2 accepts, and the one that the stand-in fills
SOURCE = Path(__file__).resolve().parents[1] / "nvenc_standin" / "header_source.txt"
_DOWNLOAD_SECONDS = 300


def header_folder(cache: Path) -> Path:
    """Return a folder that holds nvEncodeAPI.h of API 12.1, below `cache` unless NVENC_HEADER names the file.

    Raises StandinUnavailable when the header cannot be had or is of another version.
    """
    if given := os.environ.get("NVENC_HEADER"):
        return _checked(Path(given)).parent
    header = cache / "header" / HEADER_NAME
    if not header.is_file():
        _download(header)
    return _checked(header).parent


def _checked(header: Path) -> Path:
    try:
        text = header.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StandinUnavailable(f"the NVENC header {header} cannot be read: {error}") from error
    found = tuple(_define(text, f"NVENCAPI_{part}_VERSION") for part in ("MAJOR", "MINOR"))
    if found != API_VERSION or header.name != HEADER_NAME:
        raise StandinUnavailable(
            f"{header} has NVENC API {found}; a file {HEADER_NAME} of {API_VERSION} is needed"
        )
    return header


def _define(text: str, name: str) -> int | None:
    match = re.search(rf"^#define\s+{name}\s+(\d+)", text, re.MULTILINE)
    return int(match[1]) if match else None


def _download(header: Path) -> None:
    header.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=header.parent) as folder:
        output = _unpack_source(Path(folder))
        found = next(Path(folder).rglob(HEADER_NAME), None)
        if found is None:
            raise StandinUnavailable(
                f"pip brought no {HEADER_NAME} (see {SOURCE.name}); it said:\n{output[-2000:]}"
            )
        found.replace(header)


def _unpack_source(folder: Path) -> str:
    """Let pip fetch, verify and unpack the archive into `folder`; return what pip printed.

    pip then tries to prepare a build, which fails where the archive's build tools are missing. That does not
    matter: the unpacked files stay (`--no-clean`), and the hash was checked before they were unpacked.
    """
    command = [sys.executable, "-m", "pip", "download", "--requirement", str(SOURCE), "--require-hashes"]
    command += [
        "--no-deps",
        "--no-binary",
        ":all:",
        "--no-build-isolation",
        "--no-clean",
        "--dest",
        str(folder),
    ]
    environment = {**os.environ, "TMPDIR": str(folder)}
    try:
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise StandinUnavailable(f"pip brought no {HEADER_NAME} within {_DOWNLOAD_SECONDS} s") from error
    return result.stdout + result.stderr
