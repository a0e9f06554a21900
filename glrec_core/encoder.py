"""All that an encoder in its own package may import: how to offer it to the recorder, and what it must do.

The package names a module in the entry-point group `glrec`; that module's hook returns what it offers. `backend=` with an
offer's name then records with it; `backend="auto"` never does. A complete module:

    from glrec_core.encoder import Config, Encoder, EncoderOffer, PixelFormat, StreamInfo, hookimpl

    @hookimpl
    def glrec_encoders() -> list[EncoderOffer]:
        return [EncoderOffer("my-h264", codec="h264", accepts=PixelFormat.YUV420P, open=MyEncoder)]

    class MyEncoder:                                    # an `Encoder`: accepts, latency, stream, encode, drain, close
        def __init__(self, stream: StreamInfo, config: Config) -> None: ...

`Timeline` turns a frame's time into ticks and says where keyframes are due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from glrec_core.config import Config, changed, options_of
from glrec_core.errors import BackendUnavailable, ConfigError, EncodeError
from glrec_core.hooks.project import hookimpl, hookspec
from glrec_core.stages import Encoder
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo
from glrec_core.values.owners import ENCODER
from glrec_core.values.timeline import Timeline

__all__ = [
    "BackendUnavailable",
    "Config",
    "ConfigError",
    "EncodeError",
    "Encoder",
    "EncoderOffer",
    "Frame",
    "FrameSpec",
    "Packet",
    "PixelFormat",
    "Size",
    "StreamInfo",
    "Timeline",
    "hookimpl",
    "hookspec",
]

ENCODER_OPTIONS: tuple[str, ...] = options_of(ENCODER)
"""The options of `Config` that are the encoder's to honour; all others are honoured around it."""


def _nothing_more(_: Config) -> None:
    """Check of an offer whose `options` say it all."""


@dataclass(frozen=True, slots=True)
class EncoderOffer:
    """An encoder that a package brings.

        offer = EncoderOffer("my-h264", codec="h264", accepts=PixelFormat.YUV420P, open=MyEncoder)
        encoder = offer.open(stream, config)

    Attributes:
        name: what `backend=` calls it; the names of glrec's own backends are taken.
        codec: FFmpeg's name of the codec that it makes, which decides which containers can take it.
        accepts: the pixel format of its frames, in host memory: YUV420P, NV12, YUV444P or BGR0.
        open: makes the `Encoder` for one picture size. The stream holds size, time base, nominal frame rate and colours;
            the encoder gives it back as its `stream`, with `extradata` where the codec has any and the `pixel_format` that
            a decoder makes of it where that is not `accepts`. It is called on the encode thread, once for each part of the
            recording, and again after a failure.
        options: the names in `ENCODER_OPTIONS` that it honours; a recording that sets another is refused.
        check: raises ConfigError for values that it cannot honour, or BackendUnavailable, with what is missing, where it
            cannot serve on this machine. It is called before any file is touched.
        chroma_location: where subsampled chroma sits, by FFmpeg's name.

    """

    name: str
    codec: str
    accepts: PixelFormat
    open: Callable[[StreamInfo, Config], Encoder]
    options: Iterable[str] = ()
    check: Callable[[Config], None] = _nothing_more
    chroma_location: str = "left"

    def check_options(self, config: Config) -> None:
        """Check the options of a recording, the codec among them.

            offer = EncoderOffer("my-h264", codec="h264", accepts=PixelFormat.YUV420P, open=MyEncoder)
            offer.check_options(Config(backend="my-h264"))

        Raises:
            ConfigError: one cannot be honoured.
            BackendUnavailable: the encoder cannot serve on this machine.

        """
        if config.codec not in {None, self.codec}:
            raise ConfigError(
                f"codec={config.codec!r}: backend={self.name!r} makes {self.codec!r} only; leave codec= out"
            )
        asked, honoured = changed(config, ENCODER_OPTIONS), set(self.options)
        for name in sorted(asked.keys() - honoured):
            takes = ", ".join(f"{each}=" for each in self.options) or "none of the encoder's options"
            raise ConfigError(
                f"{name}={asked[name]!r}: backend={self.name!r} takes {takes}; leave {name}= out"
            )
        self.check(config)


class EncoderSpec:
    """The hook that a package with encoders implements, registered under the entry-point group `glrec`."""

    @hookspec
    def glrec_encoders(self) -> Iterable[EncoderOffer]:  # type: ignore[empty-body]
        """Return the encoders that this package brings, without importing anything heavy.

        For example:

            @hookimpl
            def glrec_encoders() -> Iterable[EncoderOffer]:
                return [EncoderOffer("my-h264", codec="h264", accepts=PixelFormat.YUV420P, open=MyEncoder)]
        """
