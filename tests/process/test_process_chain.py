"""Chains, and what holds for every operation there is."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glrec_core.process
from glrec_core import ConfigError
from glrec_core.process import Chain, Operation, chain, fade, frames_at, overlay
from tests.process.catalogue import Pixels, applied, for_channels, noise


@pytest.mark.parametrize("channels", [3, 4])
def test_no_operation_changes_the_frame_that_it_is_given(tmp_path: Path, channels: int) -> None:
    for name, operation in for_channels(tmp_path, channels).items():
        frame = noise(channels)
        frame.flags.writeable = False
        made = applied(operation, frame, 1.0)
        assert made.dtype == np.uint8, name
        assert not np.array_equal(made, frame), name
        assert np.array_equal(frame, noise(channels)), name


@pytest.mark.parametrize("channels", [3, 4])
def test_every_operation_takes_rows_in_any_order(tmp_path: Path, channels: int) -> None:
    """A reversed or strided view of memory is a frame like any other."""
    for name, operation in for_channels(tmp_path, channels).items():
        frame = noise(channels)
        upwards = np.ascontiguousarray(frame[::-1])[::-1]
        assert np.array_equal(applied(operation, upwards), applied(operation, frame)), name


@pytest.mark.parametrize("channels", [3, 4])
def test_every_operation_does_the_same_again(tmp_path: Path, channels: int) -> None:
    for name, operation in for_channels(tmp_path, channels).items():
        first = applied(operation, noise(channels), 0.5)
        applied(operation, noise(channels, seed=9), 3.0)
        assert np.array_equal(applied(operation, noise(channels), 0.5), first), name


@pytest.mark.parametrize("channels", [3, 4])
def test_a_frame_of_one_pixel_is_a_frame(tmp_path: Path, channels: int) -> None:
    """Pictures of one size and cut-outs say so; all others do their work."""
    for name, operation in for_channels(tmp_path, channels).items():
        try:
            made = applied(operation, noise(channels, 1, 1))
        except ConfigError as error:
            assert name.startswith(("crop", "round", "blend", "backdrop picture")), error  # noqa: PT017
        else:
            assert made.ndim == 3, name


def test_a_chain_has_every_operation_as_a_method() -> None:
    operations = {
        name
        for name in glrec_core.process.__all__
        if isinstance(getattr(chain.Chain, name, None), type(chain.Chain.then))
    }
    assert operations == {
        *("backdrop", "blend", "captions", "chroma_key", "crop", "fade", "gaussian_blur", "overlay", "pad"),
        *("rotate", "round_corners", "scale", "shadow", "text", "timestamp", "translate", "vignette"),
    }


def test_a_chain_is_its_operations_one_after_the_other() -> None:
    logo = noise(4, 8, 8, seed=2)
    film = (
        frames_at([noise(seed=n) for n in range(3)], "30000/1001")
        .crop((4, 4), 40, 40)
        .overlay(logo, at=(2, 3))
    )
    film = film.fade(0.5, color=(255, 255, 255))
    assert film.fps == Fraction(30000, 1001)
    assert [repr(each).partition("(")[0] for each in film.operations] == ["crop", "overlay", "fade"]
    for number, (time, frame) in enumerate(film):
        assert time == timedelta(microseconds=round(number * 1001 / 30 * 1000))
        cut = noise(seed=number)[4:44, 4:44]
        expected = applied(fade(0.5, color=(255, 255, 255)), applied(overlay(logo, at=(2, 3)), cut))
        assert np.array_equal(frame, expected)


def test_a_chain_may_be_told_again_and_lengthened_in_two_ways() -> None:
    source = [noise(seed=n) for n in range(4)]
    film = frames_at(source, 25)
    cut, padded = film.crop((0, 0), 10, 10), film.pad(left=1)
    for _ in range(2):
        assert [frame.shape for _, frame in cut] == [(10, 10, 3)] * 4
        assert [frame.shape for _, frame in padded] == [(60, 81, 3)] * 4
    assert film.operations == ()


def test_one_frame_at_a_time_is_held() -> None:
    alive: list[int] = []

    class Counted(np.ndarray[Any, np.dtype[np.uint8]]):
        def __del__(self) -> None:
            alive.pop()

    def endless() -> Iterator[Pixels]:
        for number in itertools.count():
            frame = np.full((4, 4, 3), number % 256, np.uint8).view(Counted)
            alive.append(1)
            yield frame
            del frame

    film = frames_at(endless(), 30).then(lambda _time, frame: np.array(frame))
    for number, (time, _) in enumerate(itertools.islice(film, 200)):
        assert time == timedelta(microseconds=round(number * 1_000_000 / 30))
        assert len(alive) <= 2


def test_functions_of_ones_own_stand_beside_operations() -> None:
    def negative(time: timedelta, frame: Pixels) -> Pixels:
        assert time == timedelta(0)
        return 255 - frame

    ((_, found),) = frames_at([noise()], 30).then(negative, fade(1.0)).pad(left=1)
    assert np.array_equal(found[:, 1:], 255 - noise())


@pytest.mark.parametrize("bad", ["overlay", None, 5])
def test_what_cannot_be_called_is_no_operation(bad: Any) -> None:
    with pytest.raises(ConfigError, match="is not an operation"):
        frames_at([], 30).then(bad)


def test_times_may_be_irregular() -> None:
    times = [timedelta(seconds=second) for second in (0, 0.5, 3)]
    film = Chain([(time, noise()) for time in times]).text(lambda seconds: f"{seconds:g}")
    assert film.fps is None
    assert [time for time, _ in film] == times


def test_bad_rates_are_refused() -> None:
    with pytest.raises(ConfigError, match="fps=0"):
        frames_at([], 0)


def test_an_operation_is_an_operation() -> None:
    assert isinstance(fade(1), Operation)
