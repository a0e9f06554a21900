"""The two ways from a file to frames, and which one is taken: NVDEC to CuPy arrays, or FFmpeg to NumPy arrays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from glrec_core.errors import BackendUnavailable, ConfigError
from glrec_core.read.decoding import Decoder
from glrec_core.read.facts import Facts
from glrec_core.read.geometry import Geometry
from glrec_core.read.host import HostRoute
from glrec_core.read.nvdec_probe import problem
from glrec_core.read.output import Output
from glrec_core.values.checks import shown

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_DEVICE = re.compile(r"cuda(?::(\d+))?", re.ASCII)


class Converter(Protocol):
    """Turns what one route's decoder makes into arrays of one kind."""

    def hold(self, content: Any) -> Any:
        """Return a decoded picture that stays valid while the decoder goes on."""
        ...

    def convert(self, content: Any) -> Any:
        """Return a decoded picture as an array that belongs to the caller."""
        ...

    def close(self) -> None:
        """Release everything; frames stay valid."""
        ...


class Route(Protocol):
    """Decodes one file on one device; `device` is "cpu" or "cuda:" and a number."""

    device: str

    def open_decoder(self, stream: VideoStream) -> Decoder:
        """Return a decoder for one pass through the file."""
        ...

    def open_converter(self, output: Output) -> Converter:
        """Return a converter for one pass through the file."""
        ...


def open_route(facts: Facts, plan: Geometry, device: str | None) -> Route:
    """Return the route of a device, or the best one for the file.

    Raises:
        ConfigError: there is no device of that name.
        BackendUnavailable: it was asked for, and cannot decode the file.

    """
    ordinal = 0 if device is None else _ordinal(device)
    if ordinal is None:
        return HostRoute(facts, plan)
    if (reason := problem(facts, ordinal)) is None:
        from glrec_core.read.nvdec import NvdecRoute

        return NvdecRoute(facts, plan, ordinal)
    if device is None:
        return HostRoute(facts, plan)
    raise BackendUnavailable(f"NVDEC cannot decode {facts.path.name}: {reason}; device='cpu' can")


def _ordinal(device: object) -> int | None:
    """Return the number of a GPU, or None for the CPU."""
    if isinstance(device, str) and device == "cpu":
        return None
    found = _DEVICE.fullmatch(device) if isinstance(device, str) else None
    if found is None:
        raise ConfigError(
            f"device={shown(device)} is not known; choose 'cpu', 'cuda' or 'cuda:' and a number"
        )
    return int(found[1] or 0)
