"""The one door of every encoder, glrec's own and those of plugins: `open(stream, config)`.

What differs between them (a device, a process, an executable) is bound before: `partial(NvencEncoder, handles=..., gpu=...)`. What
none of them takes is refused by `values.timeline.Entrance`, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable

from glrec_core.config import Config
from glrec_core.stages import Encoder
from glrec_core.values.clock import Clock
from glrec_core.values.frame import PixelFormat, Size, StreamInfo
from glrec_core.values.timeline import NOMINAL_RATE

OpenEncoder = Callable[[StreamInfo, Config], Encoder]
"""Opens an encoder for one picture size. The stream is as it should become; the encoder completes it (`Encoder.stream`)."""


def stream_for(codec: str, form: PixelFormat, size: Size, config: Config, clock: Clock) -> StreamInfo:
    """Return what an encoder is asked to make: a codec that decodes to `form`, at a clock's times."""
    rate = clock.frame_rate or NOMINAL_RATE
    return StreamInfo(codec, size, clock.time_base, rate, config.color_space, pixel_format=form)
