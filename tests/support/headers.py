"""What the headers of an H.264 or HEVC stream say, read by FFmpeg's own parser of them."""

import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg

_PARSE_SECONDS = 60
_FIELD = re.compile(r"\d+\s+(\w+)(?:\[\d+\])*\s+[01]+ = (-?\d+)$", re.MULTILINE)


def header_fields(access_units: Iterable[bytes], codec: str = "h264") -> list[tuple[str, int]]:
    """Return name and value of every header field of an Annex B stream, in order; names are the standard's."""
    with tempfile.TemporaryDirectory() as folder:
        stream = Path(folder) / f"stream.{codec}"
        stream.write_bytes(b"".join(access_units))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-f", codec, "-i", str(stream), "-c", "copy"]
        command += ["-bsf:v", "trace_headers", "-f", "null", "-"]
        parsed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_PARSE_SECONDS)
    return [(name, int(value)) for name, value in _FIELD.findall(parsed.stderr)]


def header_values(access_units: Iterable[bytes], name: str, codec: str = "h264") -> set[int]:
    """Return all values that one field has in a stream."""
    return {value for found, value in header_fields(access_units, codec) if found == name}
