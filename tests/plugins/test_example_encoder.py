"""The example's encoder by itself: it keeps what every encoder promises, by the same list that authors have."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from glrec_core.config import Config
from glrec_core.encoder import Encoder, PixelFormat, Size, StreamInfo
from glrec_core.testing import ENCODER_PROMISES, EncoderCase, check_encoder
from glrec_core.testing.promises import Promise, text_of
from tests.plugins.installed import example_module


@pytest.fixture(scope="module")
def open_encoder() -> Callable[[], Encoder]:
    [offer] = example_module("jpeg").glrec_encoders()
    size = Size(160, 64)
    stream = StreamInfo(offer.codec, size, Fraction(1, 90_000), Fraction(60), pixel_format=offer.accepts)

    def make() -> Encoder:
        encoder: Encoder = offer.open(stream, Config(codec=offer.codec))
        assert encoder.stream.pixel_format is PixelFormat.YUV420P
        return encoder

    return make


@pytest.mark.parametrize("promise", ENCODER_PROMISES, ids=text_of)
def test_it_keeps(promise: Promise[EncoderCase], open_encoder: Callable[[], Encoder]) -> None:
    promise(EncoderCase(open_encoder))


def test_one_call_asks_for_all(open_encoder: Callable[[], Encoder]) -> None:
    check_encoder(open_encoder)
