"""The conversion kernel, compiled and started.

CuPy compiles it when it is first used, by NVRTC, which needs no toolkit and no compiler, and keeps the result on disk.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any

import cupy
from cuda.bindings import driver

from glrec_core.cuda.calls import checked
from glrec_core.cuda.context import done_elsewhere
from glrec_core.cuda.kernel_text import BLOCK, GROUP, NAME, Source, kernel_source
from glrec_core.errors import CaptureError
from glrec_core.values.color import ColorSpace
from glrec_core.values.foreign import NVRTC, translated
from glrec_core.values.frame import PixelFormat, Size


class _Compiled:
    """The kernel of one pixel format, colour space and source, compiled for the current CUDA context."""

    def __init__(self, pixel_format: PixelFormat, color: ColorSpace, source: Source) -> None:
        text = kernel_source(pixel_format, color, source)
        with translated(CaptureError, f"NVRTC cannot compile the {pixel_format.value} kernel", NVRTC):
            # CuPy unloads it with this object.
            self._function = done_elsewhere(partial(_compiled, text))
        self.handle: Any = driver.CUfunction(self._function.ptr)


def _compiled(text: str) -> Any:
    return cupy.RawModule(code=text, options=("--std=c++17",)).get_function(NAME).kernel


class Kernel(_Compiled):
    """The kernel that reads textures.

    Raises:
        CaptureError: there is no such kernel, or NVRTC refuses it or is missing.

    """

    def __init__(self, pixel_format: PixelFormat, color: ColorSpace) -> None:
        super().__init__(pixel_format, color, Source.TEXTURE)

    def into(self, rows: Any, size: Size) -> Launch:
        """Return what writes pictures of a size into a CuPy array of all rows, as `KernelFormat` says, of any pitch."""
        return Launch(self, rows, size)


class ArrayKernel(_Compiled):
    """The kernel that reads arrays.

    Raises:
        CaptureError: there is no such kernel, or NVRTC refuses it or is missing.

    """

    def __init__(self, pixel_format: PixelFormat, color: ColorSpace) -> None:
        super().__init__(pixel_format, color, Source.ARRAY)

    def into(self, rows: Any, size: Size) -> ArrayLaunch:
        """Return what writes pictures of a size into a CuPy array of all rows, as `KernelFormat` says, of any pitch."""
        return ArrayLaunch(self, rows, size)


class _Prepared:
    """The kernel with all its arguments but the picture, laid out once: that takes longer than the launch itself."""

    def __init__(self, kernel: _Compiled, picture: Any, rows: Any, size: Size) -> None:
        """`picture` is the ctypes object that holds the kernel's first argument."""
        sizes = (ctypes.c_int(value) for value in (rows.strides[0], *size))
        self._arguments = (picture, ctypes.c_void_p(rows.data.ptr), *sizes)
        addresses = [ctypes.addressof(argument) for argument in self._arguments]
        self._addresses = (ctypes.c_void_p * len(addresses))(*addresses)
        self._kernel = kernel
        self._shape = (*_grid(size), 1, *GROUP, 1)

    def _start(self, stream: int) -> None:
        addresses = ctypes.addressof(self._addresses)
        launched = driver.cuLaunchKernel(self._kernel.handle, *self._shape, 0, stream, addresses, 0)
        checked(launched, "start the conversion of a frame")


class Launch(_Prepared):
    """Converts textures."""

    def __init__(self, kernel: Kernel, rows: Any, size: Size) -> None:
        self._surface = ctypes.c_uint64()
        super().__init__(kernel, self._surface, rows, size)

    def __call__(self, surface: int, stream: int) -> None:
        """Queue the conversion of a mapped texture, by its surface object, on a stream of the current context.

        Raises:
            CaptureError: CUDA refuses it.

        """
        self._surface.value = surface
        self._start(stream)


class _Picture(ctypes.Structure):
    _fields_ = (
        ("pixels", ctypes.c_void_p),
        ("row_bytes", ctypes.c_longlong),
        ("pixel_bytes", ctypes.c_longlong),
        ("channel_bytes", ctypes.c_longlong),
    )


class ArrayLaunch(_Prepared):
    """Converts arrays."""

    def __init__(self, kernel: ArrayKernel, rows: Any, size: Size) -> None:
        self._picture = _Picture()
        super().__init__(kernel, self._picture, rows, size)

    def __call__(self, pixels: Any, stream: int) -> None:
        """Queue the conversion of a CuPy array, (height, width, 3 or 4) uint8 with any strides, row 0 the top.

        Raises:
            CaptureError: CUDA refuses it.

        """
        picture = self._picture
        picture.pixels = pixels.data.ptr
        picture.row_bytes, picture.pixel_bytes, picture.channel_bytes = pixels.strides
        self._start(stream)


def _grid(size: Size) -> tuple[int, int]:
    """Return how many thread blocks a picture needs."""
    across, down = BLOCK.width * GROUP.width, BLOCK.height * GROUP.height
    return -(-size.width // across), -(-size.height // down)
