"""Whether NVENC can be used here, and if not, why: each reason is a sentence of its own.

What costs nothing is asked first, and nothing of CUDA is imported before the driver's libraries are known to be there.
What a GPU says is asked once: a question that it refuses leaves a session of PyNvVideoCodec's behind.
"""

from __future__ import annotations

import ctypes
import os
import re
from functools import cache

from glrec_core.cuda.context import destroy, kept
from glrec_core.cuda.library import Version, cuda_version, load
from glrec_core.cuda.probing import in_words
from glrec_core.encode.nvenc_options import Capabilities
from glrec_core.encode.nvenc_status import (
    OUT_OF_MEMORY,
    SESSION_LIMIT,
    UNSUPPORTED_DEVICE,
    UNSUPPORTED_PARAM,
    first_line,
    status_of,
)
from glrec_core.errors import BackendUnavailable

_CONTAINER_VARIABLE = "NVIDIA_DRIVER_CAPABILITIES"

_WITHOUT_NVENC = re.compile(r"\b(A30|A100|A800|H100|H200|H800|GH200)\b")
"""GPUs that have no encoder at all: NVIDIA's Video Encode and Decode GPU Support Matrix, 2026. A container may hide the
engines of the others."""

_LEAST_NVENC = Version(12, 1)
_LEAST_DRIVER = "530"
"""The first Linux driver with NVENC API 12.1, the oldest that PyNvVideoCodec 2.2 takes (Video Codec SDK 12.1, read me)."""


def driver_problem(least: Version = _LEAST_NVENC, driver: str = _LEAST_DRIVER) -> str | None:
    """Say what the driver lacks for NVENC, if it lacks something: a library, or a version.

    `least` is the API that is needed, and `driver` the first that has it; those of PyNvVideoCodec where none is given.
    """
    try:
        cuda = load("cuda")
    except OSError as error:
        return f"there is no NVIDIA driver, or this container was started without it ({error})"
    try:
        nvenc = load("nvenc")
    except OSError as error:
        return _container_problem() or (
            f"the NVIDIA driver is there without its NVENC library ({error}); install the driver's encode package, or "
            f"start the container with {_CONTAINER_VARIABLE}=compute,graphics,utility,video"
        )
    return _nvenc_too_old(nvenc, least, driver) or _cuda_too_old(cuda)


def capabilities(device: int, gpu: str, codec: str) -> Capabilities:
    """Return what a GPU, by its number in CUDA's order and its name, says that it can do for a codec.

    Raises:
        BackendUnavailable: it has no NVENC, not for this codec, or none free; the text is the reason.

    """
    found = _asked(device, gpu, codec)
    if isinstance(found, str):
        raise BackendUnavailable(found)
    return found


def _asked(device: int, gpu: str, codec: str) -> Capabilities | str:
    """Return what the GPU said, or the reason; a full GPU may answer otherwise next time and is not remembered."""
    try:
        return _remembered(device, gpu, codec)
    except _NoSessionFreeError:
        return SESSION_LIMIT


class _NoSessionFreeError(Exception):
    """The GPU could not be asked now."""


@cache
def _remembered(device: int, gpu: str, codec: str) -> Capabilities | str:
    left: list[int] = []
    try:
        import PyNvVideoCodec

        with kept() as left:  # PyNvVideoCodec leaves a context of its own current where it fails
            return dict(PyNvVideoCodec.GetEncoderCaps(gpuid=device, codec=codec))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - of a broken package, anything: a reason
        if type(error).__name__ != "PyNvVCException":
            return f"PyNvVideoCodec cannot be used: {in_words(error)}"
        if status_of(error) == UNSUPPORTED_DEVICE:  # else an open session of PyNvVideoCodec's may be in it
            for context in left:
                destroy(context)
        return _refusal(error, gpu, codec)


def _refusal(error: BaseException, gpu: str, codec: str) -> str:
    """Return what an error of PyNvVideoCodec's own means.

    Raises:
        _NoSessionFreeError: nothing for later.

    """
    status = status_of(error)
    if status == OUT_OF_MEMORY:
        raise _NoSessionFreeError from error
    if status == UNSUPPORTED_PARAM:
        return f"{gpu} cannot encode {codec} by NVENC"
    if status == UNSUPPORTED_DEVICE:
        nothing_there = f"{gpu} has no NVENC engine"
        return nothing_there if _WITHOUT_NVENC.search(gpu) else _container_problem() or nothing_there
    return f"{gpu} does not open NVENC: {first_line(error)}"


def _container_problem() -> str | None:
    """Say that this container was started without the video capability, if its environment tells."""
    given = os.environ.get(_CONTAINER_VARIABLE)
    if given is None or {"video", "all"} & set(given.split(",")):
        return None
    return (
        f"this container was started without the video capability ({_CONTAINER_VARIABLE}={given}); start it with "
        f"{_CONTAINER_VARIABLE}=all"
    )


def _nvenc_too_old(library: ctypes.CDLL, least: Version, driver: str) -> str | None:
    value = ctypes.c_uint32()
    library.NvEncodeAPIGetMaxSupportedVersion(ctypes.byref(value))
    has = Version(value.value >> 4, value.value & 0xF)
    if has >= least:
        return None
    return f"the driver's NVENC API is {has}, and {least} is needed: update the driver to {driver} or newer"


def _cuda_too_old(library: ctypes.CDLL) -> str | None:
    """Compare with the CUDA version that the installed packages are made for."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and needed on a GPU only

    try:
        needed = int(version("cuda-bindings").partition(".")[0])
    except PackageNotFoundError:
        return None  # `missing_package` tells
    has = cuda_version(library)
    if has.major >= needed:
        return None
    return (
        f"the driver serves CUDA {has}, and the installed packages are for CUDA {needed}: update the driver, or install "
        "the other extra of glrec[nvenc] and glrec[nvenc-cuda13]"
    )
