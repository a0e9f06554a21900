"""With several GPUs in a machine, frames stay on the one that draws: OpenGL's devices and CUDA's are numbered differently."""

import json
from pathlib import Path

import moderngl
import pytest

from glrec_core.testing import barcode
from tests.gpu_support.nvidia import skip_without_nvidia_gpu
from tests.gpu_support.standin import environment
from tests.support.displays import run_program
from tests.support.video import decode_rgb

pytestmark = pytest.mark.gpu

RECORD = """
import json, sys
import moderngl
from glrec_core import record
from glrec_core.cuda.device import CudaDevice
from tests.support.recording import BarcodeLoop
context = moderngl.create_context(standalone=True, backend="egl", device_index=int(sys.argv[1]))
drawing = CudaDevice.of_current_gl_context().ordinal
recorder = record(None, sys.argv[2], timing="step", backend="nvenc")
BarcodeLoop(context).record(recorder, range(20))
print(json.dumps([drawing, recorder.close().route]))
"""


def test_each_gpu_records_what_it_draws(
    context: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path
) -> None:
    skip_without_nvidia_gpu()
    import cupy

    count = cupy.cuda.runtime.getDeviceCount()
    if count == 1:
        pytest.skip("there is one NVIDIA GPU here")
    variables = environment(pynvvideocodec_libraries, cpu_only=False)
    drawing = []
    for index in range(count):
        film = tmp_path / f"{index}.mp4"
        said = run_program(RECORD, str(index), str(film), env=variables).stdout
        device, route = json.loads(said.splitlines()[-1])
        drawing.append(device)
        assert route == "nvenc"
        assert [barcode.read(picture) for picture in decode_rgb(film)] == list(range(20))
    assert sorted(drawing) == list(range(count))
