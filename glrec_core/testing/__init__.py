"""For tests of what works with glrec: a picture that tells if a frame is lost, sinks and encoders that fail, promises.

An author of an adapter draws the picture and reads it back from the film; an author of a sink or an encoder asks for the
promises; whoever must go on when a disk is full or a network loses packets tries it with what fails here on purpose. glrec's
own tests use the same. Nothing needs a test runner: what is wrong raises AssertionError.

    from glrec_core.testing import check_sink

    def test_my_sink():
        check_sink(MySink)
"""

from glrec_core.testing import barcode
from glrec_core.testing.encoder_promises import (
    ENCODER_PROMISES,
    EncoderCase,
    check_encoder,
    ramp_frame,
)
from glrec_core.testing.encoders import FailingEncoder, LosingEncoder, SlowEncoder
from glrec_core.testing.sink_promises import SINK_PROMISES, SinkCase, check_sink
from glrec_core.testing.sinks import FailingSink, MemorySink, Part, feed
from glrec_core.testing.streams import barcode_frames, encoded, irregular, regular, rgba_frame
from glrec_core.wire.channel import ImpairedChannel, Impairment, MemoryChannel

__all__ = [
    "ENCODER_PROMISES",
    "SINK_PROMISES",
    "EncoderCase",
    "FailingEncoder",
    "FailingSink",
    "ImpairedChannel",
    "Impairment",
    "LosingEncoder",
    "MemoryChannel",
    "MemorySink",
    "Part",
    "SinkCase",
    "SlowEncoder",
    "barcode",
    "barcode_frames",
    "check_encoder",
    "check_sink",
    "encoded",
    "feed",
    "irregular",
    "ramp_frame",
    "regular",
    "rgba_frame",
]
