"""What the CUDA route costs on an NVIDIA GPU, from the drawn texture to packets: five tables.

* kernel: its bandwidth, over more pictures than the cache holds, against copies of such pictures from device to device.
* grab: the median time that one frame takes from the render thread while the GPU has nothing else to do.
* added: how much longer a frame of a loop takes that the GPU bounds; every way gets the same frames, in turn, several
  times, and is compared with the loop that records nothing in the same round. Frames are given back at once.
* whole: frames per second from drawing to a finished file. It needs the NVENC stand-in in instant mode: its tiny packets
  leave the cost of everything but the encoder. Without it, and without an NVENC engine, the table is left out.
* first use: what compiling the kernel costs when CuPy has it neither in memory nor on disk, and when it is on disk.

    python benchmarks/gpu_cuda_route.py [--sizes 1920x1080 3840x2160] [--frames 240] [--rounds 7] [--json results.json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cupy
import moderngl
import numpy as np
from cuda.bindings import runtime
from gpu_host_route import Scene, give_back, grabs_us, loop_ms, parse_size

from glrec_core import BackendUnavailable, ConfigError, record
from glrec_core.backends import table
from glrec_core.capture.cuda import CudaRing
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.cuda.device import CudaDevice, CudaStream
from glrec_core.cuda.kernel import Kernel
from glrec_core.cuda.texture import MappedTextures, RegisteredTexture
from glrec_core.gl.functions import current_gl
from glrec_core.values.color import BT709
from glrec_core.values.frame import Framebuffer, PixelFormat, Size

SLOTS = 8
BATCHES = (1, 4, 8, 16)
CACHE_BYTES = 50 << 20
"""More than the second-level cache of any GPU of this kind: so many pictures are taken in turn that none stays there."""

FIRST_USE = """
import time
import cupy
from glrec_core.values.color import BT709
from glrec_core.cuda.kernel import Kernel
from glrec_core.values.frame import PixelFormat
cupy.zeros(1)
began = time.perf_counter()
Kernel(PixelFormat.NV12, BT709)
print(time.perf_counter() - began)
"""


class Cuda:
    """The CUDA route without an encoder."""

    def __init__(self, scene: Scene, batch: int) -> None:
        self._source = scene.source
        self._stream = CudaStream(CudaDevice.of_current_gl_context())
        ring = partial(CudaRing, stream=self._stream, pixel_format=PixelFormat.NV12, color=BT709, batch=batch)
        config = Config(slots=SLOTS)
        self._capture = RingCapture(
            current_gl(), config, scene.size, 2, ring, direct=Direct.NOTHING, textures=batch
        )

    def grab(self) -> None:
        give_back(self._capture.grab(self._source, 0))

    def close(self) -> None:
        give_back(self._capture.drain())
        self._capture.close()


class Nothing:
    """Draws only."""

    def grab(self) -> None:
        pass

    def close(self) -> None:
        pass


def microseconds(act: Callable[[int], Any], pictures: int) -> float:
    """Return the median time on the GPU of one of `act(0), act(1), ...`, called in turn."""
    calls = max(200, 4 * pictures)
    samples = []
    for _ in range(7):
        begin, end = cupy.cuda.Event(), cupy.cuda.Event()
        begin.record()
        for call in range(calls):
            act(call % pictures)
        end.record()
        end.synchronize()
        samples.append(1000 * cupy.cuda.get_elapsed_time(begin, end) / calls)
    return statistics.median(samples)


def measure_kernel(size: Size) -> dict[str, Any]:
    """Compare the kernel's bytes per second with those of copies between as many buffers of a picture's size."""
    context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
    stream = CudaStream(CudaDevice.of_current_gl_context())
    picture_bytes = size.width * size.height * 4
    pictures = max(4, 8 * CACHE_BYTES // picture_bytes)
    noise = np.random.default_rng(1).integers(0, 256, picture_bytes, np.uint8).tobytes()
    textures = [context.texture(size, 4, noise) for _ in range(pictures)]
    context.finish()
    with stream.device, stream.cupy:
        kernel = Kernel(PixelFormat.NV12, BT709)
        registered = [RegisteredTexture(texture.glo) for texture in textures]
        shape = size.height * 3 // 2, size.width
        launches = [kernel.into(cupy.empty(shape, cupy.uint8), size) for _ in textures]
        with MappedTextures(registered, stream.handles) as surfaces:
            kernel_us = microseconds(lambda n: launches[n](surfaces[n], stream.handles.stream), pictures)
        sources, targets = ([cupy.empty(picture_bytes, cupy.uint8) for _ in textures] for _ in range(2))
        kind = runtime.cudaMemcpyKind.cudaMemcpyDeviceToDevice
        handle = stream.handles.stream
        copy_us = microseconds(
            lambda n: runtime.cudaMemcpyAsync(
                targets[n].data.ptr, sources[n].data.ptr, picture_bytes, kind, handle
            ),
            pictures,
        )
        for each in registered:
            each.unregister()
    context.release()
    kernel_rate, copy_rate = picture_bytes * 1.375 / kernel_us / 1e6, 2 * picture_bytes / copy_us / 1e6
    return {
        "kernel_us": kernel_us,
        "kernel_tb_per_s": kernel_rate,
        "copy_us": copy_us,
        "copy_tb_per_s": copy_rate,
        "share_of_copy": kernel_rate / copy_rate,
    }


def measure_loop(size: Size, frames: int, rounds: int) -> list[dict[str, Any]]:
    """Measure grabs and what they add, for every batch, after one round that does not count."""
    scene = Scene(size)
    readers: dict[str, Callable[[], Nothing | Cuda]] = {"nothing": Nothing}
    readers |= {f"batch {batch}": partial(Cuda, scene, batch) for batch in BATCHES}
    loops: dict[str, list[float]] = {name: [] for name in readers}
    grabs: dict[str, list[float]] = {name: [] for name in readers}
    for counted in range(rounds + 1):
        for name, open_reader in readers.items():
            reader = open_reader()
            reader.grab()
            loop, grab = loop_ms(scene, reader, frames), grabs_us(scene, reader, frames)
            reader.close()
            if counted:
                loops[name].append(loop)
                grabs[name] += grab
    scene.context.release()
    return [
        {
            "reader": name,
            "loop_ms": statistics.median(loops[name]),
            "added_ms": statistics.median(
                own - drawn for own, drawn in zip(loops[name], loops["nothing"], strict=True)
            ),
            "grab_us": statistics.median(grabs[name]),
            "grab_us_mean": statistics.mean(grabs[name]),
        }
        for name in readers
    ]


def measure_whole(size: Size, frames: int) -> dict[str, Any] | None:
    """Record a clear of the framebuffer as fast as it goes; None where NVENC is not there or takes no such size."""
    context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
    try:
        table.choose(table.agree(Config(backend="nvenc", codec="h264"), ()), current_gl(), size)
    except (BackendUnavailable, ConfigError) as reason:
        print(f"  whole: {reason}")
        context.release()
        return None
    fbo = context.framebuffer([context.texture(size, 4)])
    rates = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        for number in range(4):
            recorder = record(None, Path(folder) / f"{number}.mp4", timing="step", backend="nvenc")
            began = time.perf_counter()
            for frame in range(frames):
                fbo.clear(frame % 256 / 255, 0.5, 0.5, 1.0)
                recorder.frame_drawn(Framebuffer(fbo.glo, size))
            recording = recorder.close()
            rates.append(frames / (time.perf_counter() - began))
    context.release()
    return {"frames_per_s": statistics.median(rates[1:]), "render_cost_ms": recording.stats.render_cost_ms}


def measure_first_use() -> dict[str, float]:
    """Compile in programs of their own, with an empty cache on disk and then with a full one."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {**os.environ, "CUPY_CACHE_DIR": folder}
        seconds = [
            float(
                subprocess.run(
                    [sys.executable, "-c", FIRST_USE], env=variables, capture_output=True, check=True
                ).stdout
            )
            for _ in range(2)
        ]
    return dict(zip(("empty_cache_s", "full_cache_s"), seconds, strict=True))


def show(
    size: Size, kernel: dict[str, Any], loops: Sequence[dict[str, Any]], whole: dict[str, Any] | None
) -> None:
    print(f"\n{size}: a frame takes {loops[0]['loop_ms']:.3f} ms to draw")
    print(
        f"  kernel {kernel['kernel_us']:.1f} us, {kernel['kernel_tb_per_s']:.2f} TB/s, "
        f"{kernel['share_of_copy']:.0%} of a copy's {kernel['copy_tb_per_s']:.2f} TB/s"
    )
    for loop in loops[1:]:
        print(
            f"  {loop['reader']:10}{loop['added_ms']:8.3f} ms added"
            f"{loop['grab_us']:8.1f} us a grab (mean {loop['grab_us_mean']:.1f})"
        )
    if whole is not None:
        print(
            f"  whole {whole['frames_per_s']:.0f} frames/s, {1000 * whole['render_cost_ms']:.0f} us a frame on the render thread"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", type=parse_size, nargs="+", default=[Size(1920, 1080), Size(3840, 2160), Size(7680, 4320)]
    )
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results: dict[str, Any] = {"first_use": measure_first_use(), "sizes": {}}
    for size in arguments.sizes:
        measured = (
            measure_kernel(size),
            measure_loop(size, arguments.frames, arguments.rounds),
            measure_whole(size, 8 * arguments.frames),
        )
        show(size, *measured)
        results["sizes"][str(size)] = dict(zip(("kernel", "loops", "whole"), measured, strict=True))
    first = results["first_use"]
    print(
        f"\nfirst use: {first['empty_cache_s']:.2f} s to compile the kernel, {first['full_cache_s']:.3f} s from CuPy's cache on disk"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
