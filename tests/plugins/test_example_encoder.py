"""The example's encoder by itself: it does what every encoder must do."""

from collections.abc import Callable
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from glrec_core.config import Config
from glrec_core.encoder import Encoder, PixelFormat, StreamInfo
from tests.contract import test_encoder as contract
from tests.plugins.installed import EXAMPLE

CHECKS = [
    contract.test_every_frame_becomes_one_packet_at_its_time,
    contract.test_packets_come_in_decode_order_from_a_keyframe_on,
    contract.test_a_frames_memory_is_free_when_latency_says_so,
    contract.test_a_frame_of_another_kind_is_refused,
    contract.test_the_second_drain_gives_nothing,
    contract.test_an_encoder_that_got_no_frame_drains_to_nothing,
]


@pytest.fixture(scope="module")
def jpeg() -> ModuleType:
    spec = spec_from_file_location("example_jpeg", EXAMPLE / "glrec_easel" / "jpeg.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("test_"))
def test_it_keeps(check: Callable[[contract.Case], None], jpeg: ModuleType) -> None:
    [offer] = jpeg.glrec_encoders()
    stream = StreamInfo(
        offer.codec, contract.SIZE, Fraction(1, 90_000), Fraction(60), pixel_format=offer.accepts
    )

    def open_encoder() -> Encoder:
        encoder: Encoder = offer.open(stream, Config(codec=offer.codec))
        assert encoder.stream.pixel_format is PixelFormat.YUV420P
        return encoder

    check(contract.Case("pillow", open_encoder))
