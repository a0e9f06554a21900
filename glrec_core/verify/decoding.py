"""Decodes every picture of a file, and notes what a viewer would see: times, complaints, standstill, the test picture."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from glrec_core.media.source import opened_video
from glrec_core.values.foreign import reason
from glrec_core.values.progress import Progress
from glrec_core.verify import pattern

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_BYTE = 8
_MOST_COMPLAINTS = 5
_REPORT_SECONDS = 0.1


@dataclass(slots=True)
class Decoded:
    """What came out of the decoder.

    Attributes:
        ticks: the time of each picture in ticks of the stream, in the order in which they came; None where it has none.
        complaints: the decoder's own words, the first few of them.
        complaint_count: how many there were in all.
        identical: pictures that are equal to the one before, bit for bit.
        numbers: the frame number in each picture; None where none can be read. Empty unless it is a test clip.
        faults: what is wrong with pictures whose number was read, the first few, as sentences.

    """

    ticks: list[int | None] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    complaint_count: int = 0
    identical: int = 0
    numbers: list[int | None] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Count a complaint, and keep it if it is among the first."""
        self.complaint_count += 1
        if len(self.complaints) < _MOST_COMPLAINTS and text not in self.complaints:
            self.complaints.append(text)


def decode(path: Path, *, frames: int, barcode: bool, progress: Progress) -> Decoded:
    """Decode a file in this process, without a limit on the time it takes.

    Args:
        path: the file.
        frames: how many are expected, for `progress`.
        barcode: read the test picture, whether or not the first picture is one.
        progress: told about ten times a second.

    Raises:
        VideoError: it is no video.

    """
    # FFmpeg's log is not read: from its threads, PyAV's can block the decoder. Pictures and errors tell.
    decoded, last_crc, due = Decoded(), 0, monotonic()
    with opened_video(path) as (container, stream):
        for index, picture in enumerate(_pictures(container, stream, decoded)):
            decoded.ticks.append(picture.pts)
            if picture.is_corrupt:
                decoded.complain(f"frame {index} is damaged")
            last_crc, crc = _checksum(picture), last_crc
            decoded.identical += index > 0 and crc == last_crc
            if index == 0:
                barcode = barcode or _reading(picture).number is not None
            if barcode:
                _note_reading(decoded, index, picture)
            if monotonic() >= due:
                progress(index + 1, frames)
                due = monotonic() + _REPORT_SECONDS
    return decoded


def _pictures(container: InputContainer, stream: VideoStream, decoded: Decoded) -> Iterator[VideoFrame]:
    """Yield what can be decoded; what cannot is noted and left out."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError as error:
            decoded.complain(f"the file cannot be read to its end: {reason(error)}")
            return
        try:
            yield from packet.decode()
        except av.FFmpegError as error:
            decoded.complain(f"a packet cannot be decoded: {reason(error)}")


def _checksum(picture: VideoFrame) -> int:
    """Return a checksum of the samples as they are decoded, of any format and size: PyAV's arrays know few, and only even ones."""
    checksum = 0
    for index, plane in enumerate(picture.planes):
        samples = np.frombuffer(memoryview(plane), np.uint8)
        if plane.line_size:  # a palette has no lines
            samples = samples.reshape(-1, plane.line_size)[:, : _line_bytes(picture, index)]
        checksum = zlib.crc32(np.ascontiguousarray(samples).data, checksum)
    return checksum


def _line_bytes(picture: VideoFrame, plane: int) -> int:
    """Return what a line of a plane takes; what a decoder leaves behind its end is no picture."""
    form = picture.format
    if not any(each.plane for each in form.components):
        return -(-picture.width * form.padded_bits_per_pixel // _BYTE)
    return sum(each.width * -(-each.bits // _BYTE) for each in form.components if each.plane == plane)


def _reading(picture: VideoFrame) -> pattern.Reading:
    return pattern.read(picture.to_ndarray(format="rgb24"))


def _note_reading(decoded: Decoded, index: int, picture: VideoFrame) -> None:
    reading = _reading(picture)
    decoded.numbers.append(reading.number)
    if reading.number is not None and reading.fault and len(decoded.faults) < _MOST_COMPLAINTS:
        decoded.faults.append(f"frame {index}: {reading.fault}")
