"""The stand-in itself, driven through its function table under the address and undefined-behaviour sanitizers."""

import os
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES = 178, 98, 12


def run(program: Path, *arguments: str, **switches: str) -> None:
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1", **switches}
    result = subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def drawn(rows: int, frame: int) -> NDArray[np.uint8]:
    """The tightly packed picture that contract_check.c draws."""
    position = np.arange(rows * WIDTH, dtype=np.uint32)
    return (31 * position + 7 * (position // 256) + 17 * frame).astype(np.uint8)


def decoded(path: Path, pixel_format: str) -> list[NDArray[np.uint8]]:
    with av.open(path, format="h264") as container:
        frames = [frame.to_ndarray(format=pixel_format) for frame in container.decode(video=0)]
    return [np.asarray(frame, dtype=np.uint8).ravel() for frame in frames]


def swapped_chroma(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    luma, first, second = np.split(picture, [WIDTH * HEIGHT, WIDTH * HEIGHT * 5 // 4])
    return np.concatenate([luma, second, first])


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
@pytest.mark.parametrize("memory", ["host", "cuda"])
def test_nv12_pictures_are_bit_exact_and_in_order(
    contract_check: Path, tmp_path: Path, memory: str, b_frames: int
) -> None:
    output = tmp_path / "out.h264"
    run(
        contract_check,
        "encode",
        f"{WIDTH}",
        f"{HEIGHT}",
        f"{FRAMES}",
        f"{b_frames}",
        "nv12",
        memory,
        str(output),
    )
    expected = [drawn(HEIGHT * 3 // 2, frame) for frame in range(FRAMES)]
    np.testing.assert_array_equal(decoded(output, "nv12"), expected)


@pytest.mark.parametrize("memory", ["host", "cuda"])
@pytest.mark.parametrize("layout", ["iyuv", "yv12", "yuv444"])
def test_planar_layouts_are_bit_exact(contract_check: Path, tmp_path: Path, layout: str, memory: str) -> None:
    output = tmp_path / "out.h264"
    pixel_format, rows = ("yuv444p", HEIGHT * 3) if layout == "yuv444" else ("yuv420p", HEIGHT * 3 // 2)
    run(contract_check, "encode", f"{WIDTH}", f"{HEIGHT}", f"{FRAMES}", "1", layout, memory, str(output))
    expected = [drawn(rows, frame) for frame in range(FRAMES)]
    if layout == "yv12":
        expected = [swapped_chroma(picture) for picture in expected]
    np.testing.assert_array_equal(decoded(output, pixel_format), expected)


def test_input_read_late_gives_the_same_stream(contract_check: Path, tmp_path: Path) -> None:
    early, late = tmp_path / "early.h264", tmp_path / "late.h264"
    arguments = ("encode", f"{WIDTH}", f"{HEIGHT}", f"{FRAMES}", "2", "nv12", "cuda")
    run(contract_check, *arguments, str(early))
    run(contract_check, *arguments, str(late), NVENC_SW_LATE_READ="1")
    assert early.read_bytes() == late.read_bytes()


def test_late_reading_sees_an_input_that_was_reused_too_early(contract_check: Path, tmp_path: Path) -> None:
    early, late = tmp_path / "early.h264", tmp_path / "late.h264"
    arguments = ("encode", f"{WIDTH}", f"{HEIGHT}", f"{FRAMES}", "0", "nv12", "reused")
    run(contract_check, *arguments, str(early))
    run(contract_check, *arguments, str(late), NVENC_SW_LATE_READ="1")
    np.testing.assert_array_equal(decoded(early, "nv12"), [drawn(HEIGHT * 3 // 2, i) for i in range(FRAMES)])
    assert not np.any(decoded(late, "nv12"))


def test_instant_mode_decodes_to_as_many_pictures(contract_check: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.h264"
    arguments = ("encode", f"{WIDTH}", f"{HEIGHT}", f"{FRAMES}", "2", "nv12", "cuda")
    run(contract_check, *arguments, str(output), NVENC_SW_MODE="instant")
    assert len(decoded(output, "nv12")) == FRAMES
    assert output.stat().st_size < 100 * FRAMES


def test_misuse_is_refused_as_the_driver_documents(contract_check: Path) -> None:
    run(contract_check, "misuse")
