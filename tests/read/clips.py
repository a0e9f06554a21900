"""Films of every kind that a player meets, of the barcode picture, and what their frames must be by an independent reckoning."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from glrec_core.testing import barcode

FRAMES = 37
SIZE = (192, 128)
VARIABLE = tuple(np.cumsum([0] + [1 + (7 * n) % 5 for n in range(FRAMES - 1)]).tolist())
"""Times of a variable rate, in sixtieths of a second."""
_K_RED_BLUE = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


@dataclass(frozen=True)
class Clip:
    """How to make a film: encoder, container, pixel format, tags, and what is odd about it."""

    suffix: str
    encoder: str
    pixel_format: str
    matrix: int = 1
    full_range: bool = False
    size: tuple[int, int] = SIZE
    options: dict[str, str] = field(default_factory=dict)
    ticks: Sequence[int] = tuple(range(FRAMES))
    rate: Fraction = Fraction(30)
    sound: bool = False
    turned: int = 0
    centred: bool = False
    tagged: bool = True

    def make(self, folder: Path) -> Path:
        """Write the film into a folder."""
        path = folder / f"film{self.suffix}"
        self._write(path)
        return _turned(path, self.turned) if self.turned else path

    def _write(self, path: Path) -> None:
        with av.open(path, "w") as container:
            stream = container.add_stream(self.encoder, rate=self.rate, options=dict(self.options))
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = *self.size, self.pixel_format
            stream.codec_context.time_base = 1 / self.rate
            sound = container.add_stream("aac", rate=44_100, layout="mono") if self.sound else None
            self._tag(stream.codec_context)
            for number, tick in enumerate(self.ticks):
                picture = self._picture(number)
                picture.pts, picture.time_base = tick, 1 / self.rate
                container.mux(stream.encode(picture))
                if sound is not None and number < 20:
                    container.mux(sound.encode(_tone(number)))
            container.mux(stream.encode(None))
            if sound is not None:
                container.mux(sound.encode(None))

    def _tag(self, target: av.VideoCodecContext | av.VideoFrame) -> None:
        target.color_range = 2 if self.full_range else 1
        if self.tagged:
            target.color_primaries = target.color_trc = 1
            target.colorspace = self.matrix

    def _picture(self, number: int) -> av.VideoFrame:
        pixels = barcode.expected(self.size, number)
        planes = _coded(pixels, self)
        picture = av.VideoFrame(*self.size, self.pixel_format)
        for plane, samples in zip(picture.planes, planes, strict=True):
            _fill(plane, samples)
        self._tag(picture)
        return picture


CLIPS = {
    "h264-b-frames": Clip(
        ".mp4", "libx264", "yuv420p", options={"g": "7", "bf": "3", "x264-params": "b-adapt=0"}
    ),
    "h264-one-gop": Clip(".mkv", "libx264", "yuv420p", 6, options={"g": "600"}),
    "h264-ts-open-gop": Clip(
        ".ts", "libx264", "yuv420p", options={"g": "9", "bf": "2", "x264-params": "open-gop=1:b-adapt=0"}
    ),
    "h264-444-full": Clip(".mp4", "libx264", "yuv444p", 5, True, options={"g": "11"}),
    "h264-422-10": Clip(".mov", "libx264", "yuv422p10le", 1, options={"g": "5"}),
    "h264-variable-sound": Clip(
        ".mp4",
        "libx264",
        "yuv420p",
        options={"g": "8", "bf": "2"},
        ticks=VARIABLE,
        rate=Fraction(60),
        sound=True,
    ),
    "h264-turned": Clip(".mp4", "libx264", "yuv420p", options={"g": "6"}, turned=90),
    "h264-ntsc": Clip(".mp4", "libx264", "yuv420p", rate=Fraction(30_000, 1001), options={"g": "13"}),
    "h264-untagged": Clip(".mp4", "libx264", "yuv420p", 6, options={"g": "10"}, tagged=False),
    "hevc-10-bt2020": Clip(
        ".mkv",
        "libx265",
        "yuv420p10le",
        9,
        size=(192, 144),  # NVDEC takes HEVC from 144x144 on
        options={"x265-params": "keyint=10:bframes=3:log-level=none"},
    ),
    "av1": Clip(
        ".mp4",
        "libsvtav1",
        "yuv420p",
        options={"g": "12", "preset": "8", "crf": "4", "svtav1-params": "lp=1"},
    ),
    "vp9-odd-size": Clip(
        ".webm",
        "libvpx-vp9",
        "yuv420p",
        size=(191, 129),  # NVDEC takes VP9 from 128x128 on
        options={"g": "10", "deadline": "realtime", "cpu-used": "8"},
    ),
    "ffv1-gray": Clip(".mkv", "ffv1", "gray"),
    "mjpeg": Clip(".mov", "mjpeg", "yuvj420p", 5, True, options={"q:v": "2"}, centred=True),
}
"""One for each codec, range, matrix, rate, structure and shape; the names say what it adds to the others."""


def picture_of(frame: av.VideoFrame, clip: Clip) -> NDArray[np.float64]:
    """Return what a decoded picture must look like, (height, width, 3), from 0 to 1 and unrounded."""
    luma, *chroma = _samples(frame)
    top = float((1 << frame.format.components[0].bits) - 1)
    step = (top + 1) / 256
    if clip.pixel_format == "gray":
        low, span = (0.0, top) if clip.full_range else (16.0, 219.0)
        return np.repeat(((luma - low) / span)[..., None], 3, axis=2).clip(0, 1)
    low, span, chroma_span = (0.0, top, top) if clip.full_range else (16 * step, 219 * step, 224 * step)
    planes = [_grown(plane - 128 * step, luma.shape, centred=clip.centred) / chroma_span for plane in chroma]
    ycc = np.stack([(luma - low) / span, *planes], axis=2)
    picture: NDArray[np.float64] = ycc @ np.linalg.inv(_forward(clip.matrix)).T
    return picture.clip(0.0, 1.0)


def decoded_planes(path: Path) -> list[av.VideoFrame]:
    """Return the pictures as PyAV decodes them."""
    with av.open(path) as container:
        return list(container.decode(video=0))


@cache
def _forward(matrix: int) -> NDArray[np.float64]:
    """Return the rows of Y', Cb and Cr (ITU-T H.273, equations 38 to 40), in units of their spans."""
    red, blue = _K_RED_BLUE[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    return np.stack([luma, (np.eye(3)[2] - luma) / (2 - 2 * blue), (np.eye(3)[0] - luma) / (2 - 2 * red)])


def _coded(pixels: NDArray[np.uint8], clip: Clip) -> list[NDArray[np.float64]]:
    """Return planes of a picture, near enough: chroma is the mean of the pixels that share it."""
    form = av.VideoFormat(clip.pixel_format, *clip.size)
    bits = form.components[0].bits
    top, step = float((1 << bits) - 1), (1 << bits) / 256
    low, span, chroma_span = (0.0, top, top) if clip.full_range else (16 * step, 219 * step, 224 * step)
    ycc = pixels.astype(np.float64) / 255 @ _forward(clip.matrix).T
    planes = [low + span * ycc[..., 0]]
    for component in form.components[1:]:
        across, down = -(-clip.size[0] // component.width), -(-clip.size[1] // component.height)
        chroma = ycc[..., 1 if len(planes) == 1 else 2]
        planes.append(128 * step + chroma_span * _means(chroma, across, down))
    return [np.rint(plane).clip(0, top) for plane in planes]


def _means(plane: NDArray[np.float64], across: int, down: int) -> NDArray[np.float64]:
    height, width = plane.shape
    whole = np.pad(plane, ((0, -height % down), (0, -width % across)), mode="edge")
    means: NDArray[np.float64] = whole.reshape(whole.shape[0] // down, down, -1, across).mean(axis=(1, 3))
    return means


def _fill(plane: av.video.plane.VideoPlane, samples: NDArray[np.float64]) -> None:
    kind = np.dtype(np.uint8 if plane.line_size < 2 * samples.shape[1] else "<u2")
    rows = np.zeros((plane.height, plane.line_size // kind.itemsize), kind)
    rows[:, : samples.shape[1]] = samples
    plane.update(rows.tobytes())


def _samples(frame: av.VideoFrame) -> list[NDArray[np.float64]]:
    planes = []
    for plane, component in zip(frame.planes, frame.format.components, strict=True):
        kind = np.dtype(np.uint8 if component.bits == 8 else "<u2")
        rows = np.frombuffer(bytes(plane), kind).reshape(plane.height, -1)
        planes.append(rows[:, : component.width].astype(np.float64))
    return planes


def _grown(plane: NDArray[np.float64], shape: tuple[int, ...], *, centred: bool) -> NDArray[np.float64]:
    """Return chroma at the size of luma: linear between its sites, which are left (or amid) and between two rows."""
    rows = _doubled(plane, between=True) if plane.shape[0] < shape[0] else plane
    both = _doubled(rows.T, between=centred).T if plane.shape[1] < shape[1] else rows
    return both[: shape[0], : shape[1]]


def _doubled(plane: NDArray[np.float64], *, between: bool) -> NDArray[np.float64]:
    padded = np.pad(plane, ((1, 1), (0, 0)), mode="edge")
    before, here, after = padded[:-2], padded[1:-1], padded[2:]
    pair = [before + 3 * here, 3 * here + after] if between else [4 * here, 2 * here + 2 * after]
    return np.stack(pair, axis=1).reshape(-1, plane.shape[1]) / 4


def _tone(number: int) -> av.AudioFrame:
    sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    sound.sample_rate, sound.pts, sound.time_base = 44_100, 1024 * number, Fraction(1, 44_100)
    return sound


def _turned(path: Path, degrees: int) -> Path:
    turned = path.with_name(f"turned{path.suffix}")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-display_rotation",
        str(degrees),
        "-i",
        str(path),
    ]
    subprocess.run([*command, "-c", "copy", str(turned)], check=True, stdin=subprocess.DEVNULL)
    return turned
