"""One run of FFmpeg's executable that encodes: pictures in by one pipe, packets out by another, its complaints kept.

Both streams are NUT, which keeps timestamps of any time base: so nothing has to be counted to know which packet is whose. A
thread reads, since FFmpeg stops when nobody takes its output while a picture is being written to it. The process has a
process group of its own: Ctrl-C in a terminal ends the program that is recorded, which then ends the process. A group that
has lost its parent is woken by the kernel: one that was stopped then ends, too.

No wait for the process is longer than it shows signs of life (`patience`).
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import av
import numpy as np

from glrec_core.encode.patience import Patience
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg.executable import without_addresses
from glrec_core.ffmpeg.terms import tag_color
from glrec_core.system.pipes import patient_pipe
from glrec_core.system.processes import kill_group, own_group
from glrec_core.values.frame import Frame, Packet, StreamInfo

_MOST_SAID = 2000
_WITHOUT_PROBING = {"probesize": "32", "analyzeduration": "0"}


class EncoderProcess:
    """FFmpeg at work on one stream. All methods belong to one thread.

    Raises:
        EncodeError: it cannot be started.

    """

    def __init__(self, command: Sequence[str], encoder: str, stream: StreamInfo) -> None:
        """Start `command`, which reads NUT from its standard input and writes NUT, of `encoder`, to its standard output."""
        self._name = f"{Path(command[0]).name} ({encoder})"
        self._stream = stream
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the arguments are this package's own
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                bufsize=0,
                **own_group(),
            )
        except OSError as error:
            self._said.close()
            raise EncodeError(f"{self._name} cannot be started: {error}") from error
        self._patience = Patience(self._process.pid)
        self._packets: SimpleQueue[Packet] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="glrec-ffmpeg", daemon=True)
        self._reader.start()
        self._pipe = _Pipe(self._process.stdin, self._patience)
        self._input = av.open(self._pipe, "w", format="nut", options={"flush_packets": "1"})
        self._pictures = self._input.add_stream("rawvideo")
        self._pictures.width, self._pictures.height = stream.size
        self._pictures.pix_fmt = stream.pixel_format.value
        self._pictures.time_base = stream.time_base
        self._pictures.codec_context.time_base = stream.time_base
        tag_color(self._pictures.codec_context, stream.color, rgb=stream.rgb)
        self._failed = self._closed = False

    @property
    def process_id(self) -> int:
        """Number of the process."""
        return self._process.pid

    def write(self, frame: Frame, tick: int) -> None:
        """Give it one picture to be shown at `tick`; waits while it is busy.

        Raises:
            EncodeError: it has ended or hangs; the text holds what it said.

        """
        picture = av.Packet(sum(plane.nbytes for plane in frame.planes))
        target, begin = np.frombuffer(memoryview(picture), np.uint8), 0
        for plane in frame.planes:
            end = begin + plane.nbytes
            target[begin:end].reshape(plane.shape)[...] = plane
            begin = end
        picture.stream, picture.time_base = self._pictures, self._stream.time_base
        picture.pts = picture.dts = tick
        picture.is_keyframe = True
        try:
            self._input.mux(picture)
        except (OSError, av.FFmpegError) as error:
            raise self._failure(error) from error

    def ready(self) -> list[Packet]:
        """Return the packets that have come since the last call, in order."""
        return [self._packets.get() for _ in range(self._packets.qsize())]

    def end(self) -> list[Packet]:
        """Tell it that no picture follows, wait for its end and return the packets that are left.

        After a failure: return what it gave out before.

        Raises:
            EncodeError: it fails now or hangs; the text holds what it said.

        """
        if self._failed:
            self._reader.join()
            return self.ready()
        try:
            self._input.close()
            self._pipe.finish()
            self._close_input()
            self._patience.wait(self._has_given_all)
            self._patience.wait(self._has_ended)
        except (OSError, av.FFmpegError) as error:
            raise self._failure(error) from error
        if self._process.returncode != 0:
            raise self._failure(None)
        return self.ready()

    def close(self) -> None:
        """End the process, however far it is, and everything that belongs to it. Closing again is harmless."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        self._process.wait()
        self._close_input()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._said.close()

    def _has_given_all(self, seconds: float) -> bool:
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def _has_ended(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def _kill(self) -> None:
        """End the process, and what it may have started: either would keep the pipes open."""
        if self._process.poll() is None:
            kill_group(self._process)

    def _close_input(self) -> None:
        assert self._process.stdin is not None
        self._pipe.end()
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def _read(self) -> None:
        with (
            suppress(OSError, av.FFmpegError),  # why the output ends early is what the process says
            av.open(
                _Output(self._process.stdout, self._patience), "r", format="nut", options=_WITHOUT_PROBING
            ) as output,
        ):
            for packet in output.demux(output.streams.video[0]):
                if packet.size:
                    self._packets.put(self._packet(packet))

    def _packet(self, packet: av.Packet[Any]) -> Packet:
        assert packet.pts is not None
        tick = round(packet.pts * packet.time_base / self._stream.time_base)
        return Packet(bytes(packet), tick, tick, packet.is_keyframe)

    def _failure(self, error: BaseException | None) -> EncodeError:
        """Return what went wrong, in FFmpeg's words if it has ended; it is killed if it has not."""
        self._failed = True
        if not isinstance(error, TimeoutError):  # a pipe breaks before the process has ended
            try:
                self._patience.wait(self._has_ended)
            except TimeoutError as hung:
                error = hung
        code = self._process.poll()
        if code is None:
            self._kill()
            return EncodeError(f"{self._name} hangs: {error}")
        self._said.seek(0)
        said = (
            without_addresses(self._said.read().decode(errors="replace")).strip()[-_MOST_SAID:]
            or "it said nothing"
        )
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return EncodeError(f"{self._name} {how}: {said}")


class _Pipe:
    """The standard input of a process as PyAV writes to it; one that shows no sign of life is an error."""

    def __init__(self, pipe: Any, patience: Patience) -> None:
        self._file = pipe
        self._pipe = patient_pipe(pipe)
        self._patience = patience

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            self._patience.wait(self._pipe.takes)
            rest = rest[self._pipe.write(rest) :]
            self._patience.encourage()
        return len(data)

    def finish(self) -> None:
        """See to it that all that was written is in the pipe."""
        self._patience.wait(self._pipe.is_done)

    def end(self) -> None:
        """End what writes; the process has all that it will get."""
        self._pipe.end()

    @property
    def closed(self) -> bool:
        """Whether the pipe is closed; PyAV asks, and writes no end then."""
        return bool(self._file.closed)


class _Output:
    """The standard output of a process as PyAV reads from it, which must not look for a position in it."""

    def __init__(self, pipe: Any, patience: Patience) -> None:
        self._pipe = pipe
        self._patience = patience

    def read(self, count: int) -> bytes:
        data = bytes(self._pipe.read(count))
        self._patience.encourage()
        return data
