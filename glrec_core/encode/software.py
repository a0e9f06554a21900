"""Which encoder on the CPU makes a codec."""

from __future__ import annotations

from fractions import Fraction

from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.stills import STILLS, StillEncoder
from glrec_core.stages import Encoder
from glrec_core.values.frame import Size


def open_encoder(
    size: Size, config: Config, codec: Codec, time_base: Fraction, frame_rate: Fraction | None
) -> Encoder:
    """Open the encoder of a row of the table for one picture size.

    Raises:
        ConfigError: the size is not one that the codec takes, or a package is missing.
        EncodeError: the encoder could not be opened.

    """
    if codec.name in STILLS:
        return StillEncoder(size, config, codec, frame_rate)
    from glrec_core.encode.pyav import PyAVEncoder

    return PyAVEncoder(size, config, codec, time_base, frame_rate)
