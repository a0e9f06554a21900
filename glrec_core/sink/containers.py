"""The table of file formats: which extension means which container, and how that is written so that a crash spares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from glrec_core.errors import ConfigError
from glrec_core.sink.animations import OpenFile, gif_blocks, replace_webp_pictures
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.sink.unsplit import UnsplitFragments

_FRAGMENT_MS = 250
"""What a killed process loses of a file at most, besides what its encoder holds."""


def _as_it_is(data: bytes, first: bool) -> bytes:  # noqa: ARG001, FBT001 - see `Container.payload`
    return data


def _into_itself(file: GrowingFile) -> GrowingFile:
    return file


def _leave_alone(file: OpenFile) -> None:
    """Leave a finished file as the muxer wrote it."""


@dataclass(frozen=True, slots=True)
class Container:
    """One file format.

    Attributes:
        format: FFmpeg's name of the muxer.
        codecs: the codecs that players expect in it; the first is the default.
        options: the muxer's options while recording.
        fast_start: whether the finished file is rewritten as a plain one with its index in front.
        codec_tags: four-character codes by codec, where FFmpeg's own choice is not the one that Apple's players read.
        alpha_codecs: those of the codecs that can bring an alpha channel here; the first is the default with alpha.
        alpha_metadata: what the muxer must be told of a stream with alpha, by codec.
        writes_to: makes of the file that is recorded what the muxer writes to.
        payload: makes of a packet's data what the muxer takes; told whether it is the first.
        amend: corrects in place what the muxer cannot be told, in a finished file that is still open; may raise OSError.
        sounds: the sound codecs that players expect in it; the first is what others are encoded to. Formats without sound
            keep no chapters either.

    """

    format: str
    codecs: tuple[str, ...]
    options: Mapping[str, str]
    fast_start: bool = False
    codec_tags: Mapping[str, str] = field(default_factory=dict)
    alpha_codecs: tuple[str, ...] = ()
    alpha_metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    writes_to: Callable[[GrowingFile], GrowingFile | UnsplitFragments] = _into_itself
    payload: Callable[[bytes, bool], bytes] = _as_it_is
    amend: Callable[[OpenFile], None] = _leave_alone
    sounds: tuple[str, ...] = ()

    def codecs_for(self, *, alpha: bool) -> tuple[str, ...]:
        """Return the codecs that can be in it, with or without alpha; the first is the default."""
        return self.alpha_codecs if alpha else self.codecs


# Every fragment stands for itself, and each is written to the file as soon as it is complete. The index waits for the
# first fragment, whose timestamps decide the edit list: B-frames would start the film late without it. The trailer would
# be a table of the fragments' places, which `UnsplitFragments` moves.
_FRAGMENTED = MappingProxyType(
    {
        "movflags": "empty_moov+default_base_moof+delay_moov+skip_trailer",
        "frag_duration": str(_FRAGMENT_MS * 1000),
        "flush_packets": "1",
    }
)
_CLUSTERED = MappingProxyType({"cluster_time_limit": str(_FRAGMENT_MS), "flush_packets": "1"})
_LOOPED = MappingProxyType({"loop": "0", "flush_packets": "1"})
_APPLE_TAGS = MappingProxyType({"hevc": "hvc1"})
_ALPHA_MODE = MappingProxyType(
    {"vp9": {"alpha_mode": "1"}}
)  # Matroska's AlphaMode: there is more beside each block

CONTAINERS = {
    ".mp4": Container(
        "mp4",
        ("h264", "hevc", "av1", "vp9"),
        _FRAGMENTED,
        fast_start=True,
        writes_to=UnsplitFragments,
        codec_tags=_APPLE_TAGS,
        sounds=("aac", "mp3"),
    ),
    ".m4v": Container(
        "mp4",
        ("h264", "hevc"),
        _FRAGMENTED,
        fast_start=True,
        writes_to=UnsplitFragments,
        codec_tags=_APPLE_TAGS,
        sounds=("aac", "mp3"),
    ),
    ".mov": Container(
        "mov",
        ("h264", "hevc", "mjpeg", "prores"),
        _FRAGMENTED,
        fast_start=True,
        writes_to=UnsplitFragments,
        codec_tags=_APPLE_TAGS,
        alpha_codecs=("prores",),
        sounds=("aac", "mp3", "alac", "pcm_s16le", "pcm_s24le"),
    ),
    ".mkv": Container(
        "matroska",
        ("h264", "hevc", "av1", "vp9", "ffv1", "mjpeg"),
        _CLUSTERED,
        alpha_codecs=("ffv1", "vp9"),
        alpha_metadata=_ALPHA_MODE,
        sounds=("opus", "aac", "mp3", "flac", "vorbis", "pcm_s16le", "pcm_s24le"),
    ),
    ".webm": Container(
        "webm",
        ("vp9", "av1"),
        _CLUSTERED,
        alpha_codecs=("vp9",),
        alpha_metadata=_ALPHA_MODE,
        sounds=("opus", "vorbis"),
    ),
    ".gif": Container("gif", ("gif",), _LOOPED, payload=gif_blocks),
    ".webp": Container("webp", ("webp",), _LOOPED, alpha_codecs=("webp",), amend=replace_webp_pictures),
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
            f"{path}: the extension {path.suffix!r} is not known; choose one of: {known}, "
            "or numbered pictures such as %06d.png"
        ) from None
