"""The alpha channel from the framebuffer to the file: in every kind of file that holds one, straight."""

from pathlib import Path
from typing import Any

import av
import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core import ConfigError, Framebuffer, Size, record
from glrec_core.backends import table
from glrec_core.config import Config
from glrec_core.gl.functions import current_gl
from glrec_core.values.frame import PixelFormat
from tests.support.alpha import decode_rgba
from tests.support.decode import probe

SIZE = Size(96, 64)
FRAMES = 6
EXACT = ["a.mkv", "%06d.png", "lossless.webp"]
TOLERANCE = {"a.webm": (12, 6), "a.mov": (6, 2), "a.webp": (12, 0)}
"""What lossy codecs may change: of colours that are opaque, and of alpha, in codes of 255."""


def options(name: str) -> dict[str, Any]:
    return {"timing": "step", "fps": 30, "lossless": name.startswith("lossless")}


def picture(number: int) -> NDArray[np.uint8]:
    """Return straight RGBA: flat colours in blocks of 32, each at another alpha, that move from frame to frame."""
    rng = np.random.default_rng(5)
    blocks = rng.integers(0, 256, (2, 3, 4)).astype(np.uint8)
    blocks[..., 3] = [[0, 60, 128], [200, 254, 255]]
    return np.roll(blocks, number, axis=1).repeat(32, axis=0).repeat(32, axis=1)


def premultiplied(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    product = (2 * pixels[..., :3].astype(int) * pixels[..., 3:] + 255) // (2 * 255)
    return np.dstack([product.astype(np.uint8), pixels[..., 3]])


def shoot(context: moderngl.Context, path: Path, pictures: list[NDArray[np.uint8]], **asked: Any) -> Path:
    """Record pictures, row 0 the top, as a program would have drawn them."""
    texture = context.texture(SIZE, 4)
    framebuffer = Framebuffer(context.framebuffer([texture]).glo, SIZE)
    recorder = record(None, path, **asked)
    for pixels in pictures:
        texture.write(np.ascontiguousarray(pixels[::-1]))
        recorder.frame_drawn(framebuffer)
    found = recorder.close().path
    assert found is not None
    return found


@pytest.mark.parametrize("name", EXACT)
def test_lossless_files_hold_straight_pixels_exactly(
    context: moderngl.Context, tmp_path: Path, name: str
) -> None:
    drawn = [picture(number) for number in range(FRAMES)]
    drawn[0] = np.random.default_rng(1).integers(0, 256, drawn[0].shape, np.uint8)
    path = shoot(context, tmp_path / name, drawn, alpha="straight", **options(name))
    found = decode_rgba(path)
    assert len(found) == FRAMES
    assert all(np.array_equal(*pair) for pair in zip(found, drawn, strict=True))


@pytest.mark.parametrize("name", EXACT)
def test_premultiplied_pixels_are_straight_in_the_file(
    context: moderngl.Context, tmp_path: Path, name: str
) -> None:
    drawn = [premultiplied(picture(number)) for number in range(FRAMES)]
    path = shoot(context, tmp_path / name, drawn, alpha="premultiplied", **options(name))
    for found, expected in zip(decode_rgba(path), drawn, strict=True):
        assert np.array_equal(premultiplied(found), expected)


@pytest.mark.parametrize("name", TOLERANCE)
@pytest.mark.parametrize("kind", ["straight", "premultiplied"])
def test_lossy_files_hold_colours_and_alpha_within_the_codecs_error(
    context: moderngl.Context, tmp_path: Path, name: str, kind: str
) -> None:
    straight = [picture(number) for number in range(FRAMES)]
    drawn = straight if kind == "straight" else [premultiplied(each) for each in straight]
    path = shoot(context, tmp_path / name, drawn, alpha=kind, **options(name))
    of_colour, of_alpha = TOLERANCE[name]
    found = decode_rgba(path)
    assert len(found) == FRAMES
    for pixels, expected in zip(found, straight, strict=True):
        difference = np.abs(pixels.astype(int) - expected)[4::8, 4::8]  # away from the blocks' edges
        assert difference[..., 3].max() <= of_alpha
        assert difference[expected[4::8, 4::8, 3] >= 200].max() <= of_colour


def test_prores_keeps_all_256_levels_of_alpha(context: moderngl.Context, tmp_path: Path) -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(24).reshape(SIZE.height, SIZE.width)
    drawn = np.dstack([np.full((*levels.shape, 3), 90, np.uint8), levels])
    path = shoot(context, tmp_path / "a.mov", [drawn], alpha="straight", **options("a.mov"))
    with av.open(path) as container:
        (frame,) = container.decode(video=0)
    assert frame.format.name in {"yuva444p10le", "yuva444p12le"}
    codes = np.frombuffer(memoryview(frame.planes[3]), np.uint16).reshape(SIZE.height, -1)[:, : SIZE.width]
    most = 1023 if frame.format.name == "yuva444p10le" else 4095
    assert np.array_equal(np.rint(codes * (255 / most)), levels)


def test_each_file_says_what_it_holds(context: moderngl.Context, tmp_path: Path) -> None:
    found = {}
    for name in ("a.webm", "a.mov", "a.mkv"):
        info = probe(shoot(context, tmp_path / name, [picture(0)], alpha="straight", **options(name)))
        found[name] = (info.codec, info.profile, info.codec_tag)
    assert found["a.webm"] == ("vp9", "Profile 0", "\0\0\0\0")
    assert found["a.mov"] == ("prores", "4444", "ap4h")
    assert found["a.mkv"][0] == "ffv1"
    assert b"\x53\xc0\x81\x01" in (tmp_path / "a.webm").read_bytes()  # Matroska's AlphaMode, 1 byte: 1
    assert b"\x53\xc0\x81\x01" not in (tmp_path / "a.mkv").read_bytes()


def test_without_the_option_no_alpha_is_kept(context: moderngl.Context, tmp_path: Path) -> None:
    path = shoot(context, tmp_path / "a.mkv", [picture(0)], codec="ffv1", **options("a.mkv"))
    assert probe(path).pixel_format == "bgr0"
    path = shoot(context, tmp_path / "%d.png", [picture(0)], **options("%d.png"))
    assert (decode_rgba(path)[0][..., 3] == 255).all()


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "vp9"), ("a.mov", "prores"), ("a.mkv", "ffv1")])
def test_a_gpu_is_read_as_rgba(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, codec: str
) -> None:
    gl = current_gl()
    monkeypatch.setattr(gl, "is_software", False)
    config = Config(codec=codec, alpha="straight")
    backend, reason = table.choose(table.agree(config, ()), gl)
    capture = backend.open(gl, config, config.make_clock(), SIZE).capture
    capture.close()
    assert capture.spec.format is PixelFormat.RGBA
    assert "are read as RGBA" in reason
    path = shoot(context, tmp_path / name, [picture(0)] * 3, alpha="straight", **options(name))
    assert np.abs(decode_rgba(path)[0][4::8, 4::8, 3].astype(int) - picture(0)[4::8, 4::8, 3]).max() <= 6


def test_what_is_spilled_keeps_its_alpha(context: moderngl.Context, tmp_path: Path) -> None:
    drawn = [picture(number) for number in range(FRAMES)]
    asked: dict[str, Any] = {"timing": "step", "backend": "spill", "spill_dir": tmp_path}
    path = shoot(context, tmp_path / "a.mkv", drawn, alpha="straight", **asked)
    assert all(np.array_equal(*pair) for pair in zip(decode_rgba(path), drawn, strict=True))


def test_what_lies_around_a_letterboxed_picture_is_transparent(
    context: moderngl.Context, tmp_path: Path
) -> None:
    drawn = np.full((64, 96, 4), 200, np.uint8)
    path = shoot(context, tmp_path / "%d.png", [drawn] * 3, alpha="straight", size=(96, 96), timing="step")
    pictures = decode_rgba(path)
    assert len(pictures) == 3
    for found in pictures:
        assert np.array_equal(found[16:80], drawn)
        assert not found[:16].any()
        assert not found[80:].any()


@pytest.mark.parametrize(
    ("name", "asked", "reason"),
    [
        (
            "a.mp4",
            {},
            r"\.mp4 files hold no alpha; choose one of: \.mov, \.mkv, \.webm, \.webp, or .*%06d\.png",
        ),
        ("a.gif", {}, r"\.gif files hold no alpha"),
        ("%d.jpg", {}, r"\.jpg pictures hold no alpha; choose \.png"),
        ("a.webm", {"codec": "av1"}, "codec='av1' has no alpha channel"),
        ("a.webm", {"codec": "ffv1"}, r"\.webm files take vp9 with alpha, not codec='ffv1'"),
        ("a.mkv", {"codec": "h264", "lossless": True}, "codec='h264' has no alpha channel"),
        ("a.webm", {"backend": "nvenc"}, "NVENC"),
        ("a.mov", {"codec": "hevc", "backend": "nvenc"}, "NVENC encodes no alpha channel"),
    ],
)
def test_what_cannot_hold_alpha_is_refused_before_a_file_is_touched(
    tmp_path: Path, name: str, asked: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        record(None, tmp_path / name, alpha="straight", **asked)
    assert list(tmp_path.iterdir()) == []
