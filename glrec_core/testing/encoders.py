"""Encoders that are slow, that die and that lose frames: each around another one, which does the work.

They have what every encoder has and no more: what a dead one had been given is gone, also where the one within still has it
(`Resumable`). In a recording one stands where a plugin's encoder would be, by its offer:

    replace(offer, open=lambda stream, config: SlowEncoder(MyEncoder(stream, config), 0.1))
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from glrec_core.stages import Encoder
from glrec_core.values.frame import Frame, FrameSpec, Packet, StreamInfo


class _Around:
    """Does what the encoder within does."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder: Encoder = encoder
        self.accepts: FrameSpec = encoder.accepts
        self.latency: int = encoder.latency

    @property
    def stream(self) -> StreamInfo:
        """Parameters of the stream that the encoder within makes."""
        return self.encoder.stream

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame and return the packets that are ready."""
        return self.encoder.encode(frame)

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held."""
        return self.encoder.drain()

    def close(self) -> None:
        """Release the encoder within."""
        self.encoder.close()


class SlowEncoder(_Around):
    """Takes its time for each frame.

    Args:
        encoder: what does the work.
        wait: seconds for each frame, or a function that returns when the next frame may be encoded. The `wait` of a
            `threading.Event` makes a test that does not depend on the speed of the machine.

    Examples:
        >>> slow = SlowEncoder(open_encoder(Config()), wait=0.1)
        >>> slow.close()

    """

    def __init__(self, encoder: Encoder, wait: float | Callable[[], object]) -> None:
        super().__init__(encoder)
        self._wait = wait if callable(wait) else partial(time.sleep, wait)

    def encode(self, frame: Frame) -> list[Packet]:
        """Wait, then encode."""
        self._wait()
        return super().encode(frame)


class FailingEncoder(_Around):
    """Dies at a frame: that one and all after it raise the error, and nothing that it held is given out.

    Args:
        encoder: what does the work until then.
        error: what is raised, as it is.
        nth: the frame it dies at, from 1.

    Examples:
        >>> dying = FailingEncoder(open_encoder(Config()), EncodeError("the session is lost"), nth=31)
        >>> dying.close()

    """

    def __init__(self, encoder: Encoder, error: Exception, nth: int = 1) -> None:
        super().__init__(encoder)
        self.frames: int = 0
        """How many frames have come."""
        self._error, self._nth = error, nth

    def encode(self, frame: Frame) -> list[Packet]:
        """Encode, or fail."""
        self.frames += 1
        self._fail()
        return super().encode(frame)

    def drain(self) -> list[Packet]:
        """End the stream, or fail where a frame has failed."""
        self._fail()
        return super().drain()

    def _fail(self) -> None:
        if self.frames >= self._nth:
            raise self._error


class LosingEncoder(_Around):
    """Holds packets back, and has lost them when the stream ends.

    Args:
        encoder: what does the work.
        frames: how many packets it never gives out, the last ones in decode order.

    Examples:
        >>> losing = LosingEncoder(open_encoder(Config()), frames=2)
        >>> losing.close()

    """

    def __init__(self, encoder: Encoder, frames: int) -> None:
        super().__init__(encoder)
        self._frames = frames
        self._held: list[Packet] = []

    def encode(self, frame: Frame) -> list[Packet]:
        """Encode, and give out what is not to be lost."""
        return self._out(super().encode(frame))

    def drain(self) -> list[Packet]:
        """End the stream; the last packets are lost."""
        packets = self._out(super().drain())
        self._held.clear()
        return packets

    def _out(self, packets: list[Packet]) -> list[Packet]:
        self._held += packets
        ready = max(0, len(self._held) - self._frames)
        given, self._held = self._held[:ready], self._held[ready:]
        return given
