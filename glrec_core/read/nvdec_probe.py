"""Whether NVDEC can decode a file here, and if not, why: in a sentence. What costs nothing is asked first."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from glrec_core.cuda.library import load, missing_package
from glrec_core.cuda.probing import answering
from glrec_core.errors import CaptureError
from glrec_core.read.facts import NVDEC_CODECS, Facts
from glrec_core.values.frame import Size

_CHROMA = {(1, 1): "444", (2, 1): "422", (2, 2): "420"}


@answering("NVDEC")
def problem(facts: Facts, ordinal: int) -> str | None:
    """Say what stands against decoding a file by NVDEC on a device, by its number in CUDA's order."""
    coding = facts.coding
    chroma = "Monochrome" if coding.gray else _CHROMA.get((coding.across, coding.down))
    if facts.codec not in NVDEC_CODECS or chroma is None or coding.is_rgb or coding.gray:
        return f"it does not take {facts.codec} in the format {facts.pixel_format}"
    return _machine_problem() or _refusal(ordinal, facts, chroma)


@cache
def _machine_problem() -> str | None:
    if missing := missing_package():
        return missing
    for library in ("cuda", "nvcuvid"):
        try:
            load(library)
        except OSError as error:
            return (
                f"there is no NVIDIA driver, or this container was started without its video part ({error})"
            )
    return _import_problem()


@answering("PyNvVideoCodec or CuPy")
def _import_problem() -> str | None:
    import cupy
    import PyNvVideoCodec  # noqa: F401

    import_module("glrec_core.read.nvdec")  # what a broken package lacks shows as well there
    try:
        cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"CUDA finds no device: {error}"
    return None


def _refusal(ordinal: int, facts: Facts, chroma: str) -> str | None:
    import cupy
    import PyNvVideoCodec

    from glrec_core.cuda.device import CudaDevice

    if ordinal >= cupy.cuda.runtime.getDeviceCount():
        return f"there is no device {ordinal}: CUDA counts {cupy.cuda.runtime.getDeviceCount()}, from 0 on"
    codec, bits = NVDEC_CODECS[facts.codec], facts.coding.bits
    try:
        CudaDevice.numbered(ordinal)
        found = _capabilities(ordinal, codec, chroma, bits)
    except CaptureError as error:
        return str(error)
    except (PyNvVideoCodec.PyNvVCException, RuntimeError) as error:
        return f"asking the GPU failed: {error}"
    if not found["num_decoder_engines"]:
        return f"the GPU has no decoder for {codec} {chroma} of {bits} bits"
    least, most = (Size(found[f"width_{end}"], found[f"height_{end}"]) for end in ("min", "max"))
    if not all(low <= side <= high for low, side, high in zip(least, facts.coded, most, strict=True)):
        return f"the GPU decodes {codec} from {least} to {most}, not {facts.coded}"
    return None


@cache
def _capabilities(ordinal: int, codec: str, chroma: str, bits: int) -> dict[str, int]:
    """Return what PyNvVideoCodec tells of a decoder: engines, and the least and the largest width and height."""
    import PyNvVideoCodec

    found: dict[str, int] = PyNvVideoCodec.GetDecoderCaps(
        gpuid=ordinal,
        codec=PyNvVideoCodec.cudaVideoCodec.__members__[codec],
        chromaformat=PyNvVideoCodec.cudaVideoChromaFormat.__members__[chroma],
        bitdepth=bits,
    )
    return found
