"""An encoder: Motion JPEG by Pillow. Each picture is a packet and a keyframe, and nothing is held back."""

import io
from dataclasses import replace
from importlib.util import find_spec

from glrec_core.encoder import (
    BackendUnavailable,
    Config,
    ConfigError,
    EncodeError,
    EncoderOffer,
    Frame,
    FrameSpec,
    Packet,
    PixelFormat,
    StreamInfo,
    Timeline,
    hookimpl,
)

DEFAULT_QUALITY, BEST_QUALITY = 90, 95
"""Of JPEG's scale; above 95, says Pillow, files only grow."""


@hookimpl
def glrec_encoders() -> list[EncoderOffer]:
    """Offer it as `backend="easel-jpeg"`."""
    offer = EncoderOffer(
        "easel-jpeg",
        codec="mjpeg",
        accepts=PixelFormat.BGR0,
        open=PillowEncoder,
        options=("quality",),
        check=check,
    )
    return [offer]


def check(config: Config) -> None:
    """Refuse what cannot be done, before a file is touched."""
    if find_spec("PIL") is None:
        raise BackendUnavailable("easel-jpeg needs Pillow; pip install pillow")
    if config.quality is not None and not 1 <= config.quality <= BEST_QUALITY:
        raise ConfigError(f"quality={config.quality}: easel-jpeg takes {BEST_QUALITY} (best) to 1")


class PillowEncoder:
    """Implements `glrec_core.encoder.Encoder`."""

    latency = 0  # nothing is read from a frame once `encode` has returned

    def __init__(self, stream: StreamInfo, config: Config) -> None:
        self.accepts = FrameSpec(stream.size, PixelFormat.BGR0)
        self.stream = replace(stream, pixel_format=PixelFormat.YUV420P)  # what decoders make of it
        self._quality = DEFAULT_QUALITY if config.quality is None else config.quality
        self._timeline = Timeline(stream.time_base, stream.frame_rate, gop=1)
        self._ended = False

    def encode(self, frame: Frame) -> list[Packet]:
        """Return the picture's JPEG."""
        from PIL import Image

        if self._ended:
            raise EncodeError("the stream has ended; it takes no more frames")
        if frame.spec != self.accepts:
            raise EncodeError(f"the frame is {frame.spec}, the encoder was opened for {self.accepts}")
        tick = self._timeline.tick(frame)
        [pixels] = frame.planes  # (height, width, 4): blue, green, red and a byte without meaning
        image, data = Image.fromarray(pixels[..., 2::-1]), io.BytesIO()
        image.save(data, "JPEG", quality=self._quality, subsampling="4:2:0")
        return [Packet(data.getvalue(), tick, tick, keyframe=True, duration=self._timeline.duration)]

    def drain(self) -> list[Packet]:
        """End the stream; nothing is held."""
        self._ended = True
        return []

    def close(self) -> None:
        """End the stream; there is nothing to release."""
        self._ended = True
