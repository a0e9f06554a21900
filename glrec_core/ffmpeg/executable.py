"""Where FFmpeg's executable is: another build than the one inside PyAV, with other encoders and decoders."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"\[([^\]@]+) @ 0x[0-9a-f]+\]")


def bundled_ffmpeg() -> str | None:
    """Return the path of imageio-ffmpeg's executable; None if that package, or its executable, is not installed.

    The environment variable IMAGEIO_FFMPEG_EXE names another one.
    """
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def any_ffmpeg() -> str | None:
    """Return that, or else what is called `ffmpeg` on the search path."""
    import shutil  # which brings all compressors of the standard library

    return bundled_ffmpeg() or shutil.which("ffmpeg")


def without_addresses(said: str) -> str:
    """Return what FFmpeg said without the addresses of its objects in memory, which are nobody's concern."""
    return _ADDRESS.sub(r"\1:", said)
