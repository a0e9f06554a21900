"""Pictures with their alpha channel as a file holds them, animated ones and sequences included, by decoders of their own."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def decode_rgba(path: Path) -> list[Pixels]:
    """Return every frame as (height, width, 4), colours straight."""
    if "%" in path.name:
        return _sequence(path)
    by_extension = {".webm": _by_libvpx, ".webp": still_rgba, ".gif": still_rgba}
    return by_extension.get(path.suffix, _by_ffmpeg)(path)


def still_rgba(path: Path) -> list[Pixels]:
    """Return the pictures of an animated or plain image file as Pillow reads it."""
    with Image.open(path) as image:
        return [np.array(_at(image, index).convert("RGBA")) for index in range(getattr(image, "n_frames", 1))]


def durations_ms(path: Path) -> list[int]:
    """Return how long each picture of an animated image is shown."""
    with Image.open(path) as image:
        frames = range(getattr(image, "n_frames", 1))
        return [int(_at(image, index).info["duration"]) for index in frames]


def _at(image: Image.Image, index: int) -> Image.Image:
    image.seek(index)
    image.load()
    return image


def _sequence(pattern: Path) -> list[Pixels]:
    names = (pattern.with_name(pattern.name % number) for number in range(1_000_000))
    pictures = []
    for name in names:
        if not name.exists():
            break
        pictures += still_rgba(name)
    return pictures


def _by_libvpx(path: Path) -> list[Pixels]:
    """FFmpeg's own decoder of VP9 leaves the alpha channel out."""
    with av.open(path) as container:
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        packets = [packet for packet in container.demux(video=0) if packet.size]
        return [_rgba(frame) for packet in packets for frame in decoder.decode(packet)]


def _by_ffmpeg(path: Path) -> list[Pixels]:
    with av.open(path) as container:
        return [_rgba(frame) for frame in container.decode(video=0)]


def _rgba(frame: av.VideoFrame) -> Pixels:
    assert frame.format.name.startswith(("yuva", "bgra", "rgba")), f"{frame.format.name} has no alpha"
    return np.array(frame.to_ndarray(format="rgba"), np.uint8)
