"""A client of PyNvVideoCodec for programs that run on the stand-in: open, encode, decode. Import it in a program
that has the stand-in's environment, never in the process of the tests.
"""

import io
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import av
import numpy as np
import PyNvVideoCodec
from numpy.typing import NDArray

from tests.gpu_support.host_memory import HostFrame

WIDTH, HEIGHT = (
    178,
    98,
)  # neither is a multiple of the macroblock's 16, and both are above the driver's minimum


class AccessUnit(NamedTuple):
    """One coded picture; its input is the one of that index, counted from 0."""

    data: bytes
    input_index: int
    picture_type: int


def open_encoder(**options: Any) -> Any:
    """Return a PyNvVideoCodec encoder for NV12 of WIDTH x HEIGHT; `options` replace the defaults here."""
    defaults = {
        "codec": "h264",
        "preset": "P4",
        "tuning_info": "high_quality",
        "rc": "vbr",
        "bitrate": 4_000_000,
    }
    defaults |= {"maxbitrate": 8_000_000, "gop": 8, "bf": 0, "fps": "60000/1001"}
    return PyNvVideoCodec.CreateEncoder(WIDTH, HEIGHT, "NV12", False, **(defaults | options))


def noise(count: int) -> list[NDArray[np.uint8]]:
    """Return NV12 pictures of random samples, shape (HEIGHT * 3 / 2, WIDTH)."""
    generator = np.random.default_rng(20261121)
    return [generator.integers(0, 256, (HEIGHT * 3 // 2, WIDTH), dtype=np.uint8) for _ in range(count)]


def encode(
    encoder: Any, pictures: Sequence[NDArray[np.uint8]], idr_at: Collection[int] = ()
) -> list[list[AccessUnit]]:
    """Encode and drain; return what each call gave, the last entry being the drain's."""
    force = int(PyNvVideoCodec.NV_ENC_PIC_FLAGS.FORCEIDR)
    calls = []
    for index, picture in enumerate(pictures):
        calls.append(_units(encoder.Encode(HostFrame(picture), force if index in idr_at else 0)))
    return [*calls, _units(encoder.EndEncode())]


def flatten(calls: Sequence[Sequence[AccessUnit]]) -> list[AccessUnit]:
    """Return the access units of all calls, in decode order."""
    return [unit for units in calls for unit in units]


def decode(units: Sequence[AccessUnit]) -> list[NDArray[np.uint8]]:
    """Return the pictures in display order, as NV12."""
    stream = io.BytesIO(b"".join(unit.data for unit in units))
    with av.open(stream, mode="r", format="h264") as container:
        frames = [frame.to_ndarray(format="nv12") for frame in container.decode(video=0)]
    return [np.asarray(frame, dtype=np.uint8) for frame in frames]


def _units(packets: Sequence[dict[str, Any]]) -> list[AccessUnit]:
    return [AccessUnit(packet["data"], packet["timestamp"], packet["picture_type"]) for packet in packets]
