"""Which encoder on the CPU makes a codec."""

from __future__ import annotations

from glrec_core.config import Config
from glrec_core.encode.codecs import choose_codec
from glrec_core.encode.stills import STILLS, StillEncoder
from glrec_core.stages import Encoder
from glrec_core.values.frame import PixelFormat, StreamInfo


def open_encoder(stream: StreamInfo, config: Config, captured: PixelFormat | None = None) -> Encoder:
    """Open the encoder that the options ask for, for one picture size.

    `captured` is the format of the frames as they are captured: an encoder that can read those is given them.

    Raises:
        ConfigError: an option cannot be honoured, the size is not one that the codec takes, or a package is missing.
        EncodeError: the encoder could not be opened.

    """
    codec = choose_codec(config)
    if codec.name in STILLS:
        return StillEncoder(stream, config)
    from glrec_core.encode.pyav import PyAVEncoder

    return PyAVEncoder(stream, config, codec if captured is None else codec.taking(captured))
