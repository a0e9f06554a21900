"""The table of file formats: which extension means which container, and how that is written so that a crash spares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from glrec_core.errors import ConfigError

_FRAGMENT_MS = 250
"""What a killed process loses of a file at most, besides what its encoder holds."""


@dataclass(frozen=True, slots=True)
class Container:
    """One file format.

    Attributes:
        format: FFmpeg's name of the muxer.
        codecs: the codecs that players expect in it; the first is the default.
        options: the muxer's options while recording.
        fast_start: whether the finished file is rewritten as a plain one with its index in front.
        codec_tags: four-character codes by codec, where FFmpeg's own choice is not the one that Apple's players read.

    """

    format: str
    codecs: tuple[str, ...]
    options: Mapping[str, str]
    fast_start: bool = False
    codec_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def default_codec(self) -> str:
        """The codec for when none is asked for."""
        return self.codecs[0]


# Every fragment stands for itself, and each is written to the file as soon as it is complete. The index waits for the
# first fragment, whose timestamps decide the edit list: B-frames would start the film late without it.
_FRAGMENTED = MappingProxyType(
    {
        "movflags": "empty_moov+default_base_moof+delay_moov",
        "frag_duration": str(_FRAGMENT_MS * 1000),
        "flush_packets": "1",
    }
)
_CLUSTERED = MappingProxyType({"cluster_time_limit": str(_FRAGMENT_MS), "flush_packets": "1"})
_APPLE_TAGS = MappingProxyType({"hevc": "hvc1"})

CONTAINERS = {
    ".mp4": Container(
        "mp4", ("h264", "hevc", "av1", "vp9"), _FRAGMENTED, fast_start=True, codec_tags=_APPLE_TAGS
    ),
    ".m4v": Container("mp4", ("h264", "hevc"), _FRAGMENTED, fast_start=True, codec_tags=_APPLE_TAGS),
    ".mov": Container("mov", ("h264", "hevc", "mjpeg"), _FRAGMENTED, fast_start=True, codec_tags=_APPLE_TAGS),
    ".mkv": Container("matroska", ("h264", "hevc", "av1", "vp9", "ffv1", "mjpeg"), _CLUSTERED),
    ".webm": Container("webm", ("vp9", "av1"), _CLUSTERED),
}
"""By extension, in lower case."""


def container_for(path: Path) -> Container:
    """Return the format that the path's extension stands for.

    Raises:
        ConfigError: it stands for none that can be written.

    """
    try:
        return CONTAINERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(CONTAINERS)
        raise ConfigError(
            f"{path}: the extension {path.suffix!r} is not known; choose one of: {known}"
        ) from None
