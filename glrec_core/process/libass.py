"""libass through ctypes: ASS and SSA subtitles as pictures at a time. It is a system library, loaded at the first use.

No maintained Python package wraps it, and PyAV's FFmpeg is built without. The calls are those of libass 0.13 to 0.17,
whose ABI is number 9 (ass.h, version 1).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
from collections.abc import Callable, Iterator
from ctypes import (
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_longlong,
    c_size_t,
    c_ubyte,
    c_uint32,
    c_void_p,
)
from functools import cache
from typing import Any, NamedTuple
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.system.libraries import c_function, how_to_install, names

logger: logging.Logger = logging.getLogger("glrec")

_AUTODETECT = 1  # ASS_FONTPROVIDER_AUTODETECT: whatever finds fonts on this system
_WARNING = 2  # MSGL_WARN
_MESSAGE_BYTES = 1024
_MOST_GLYPHS = 1000
_MOST_CACHED_MIB = 32
"""What libass keeps from one frame to the next, beside what it shows; by itself it takes 10,000 and 192."""


class _Image(Structure):
    """ASS_Image: one bitmap of coverage in one colour, and the next one in the list, which lies over it."""


_Image._fields_ = [  # ctypes' way to name a structure within itself
    ("width", c_int),
    ("height", c_int),
    ("stride", c_int),
    ("bitmap", POINTER(c_ubyte)),
    ("color", c_uint32),
    ("x", c_int),
    ("y", c_int),
    ("next", POINTER(_Image)),
]

_MessageCallback = ctypes.CFUNCTYPE(None, c_int, c_char_p, c_void_p, c_void_p)


class Bitmap(NamedTuple):
    """A part of the subtitles: coverage (height, width) uint8, its place in the frame, colour and transparency."""

    coverage: NDArray[np.uint8]
    x: int
    y: int
    color: tuple[int, int, int]
    transparency: int
    """0 is opaque, 255 invisible."""


def _log(level: int, message: bytes, arguments: int, _data: object) -> None:
    """Pass on what libass minds. A va_list comes as a pointer, which is handed on as such, on x86-64 and 64-bit Arm."""
    if level > _WARNING:
        return
    written = ctypes.create_string_buffer(_MESSAGE_BYTES)
    c_function("vsnprintf")(written, c_size_t(_MESSAGE_BYTES), message, c_void_p(arguments))
    logger.warning("libass: %s", written.value.decode("utf-8", "replace").strip())


_LOG = _MessageCallback(_log)


@cache
def _library() -> ctypes.CDLL:
    """Load libass.

    Raises:
        ConfigError: it is not installed.

    """
    for name in _names():
        try:
            return _declared(ctypes.CDLL(name))
        except OSError as error:
            logger.debug("no libass by the name %s: %s", name, error)
    raise ConfigError(
        "captions need the system library libass, which was not found" + how_to_install("libass9", "apt-get")
    )


def _names() -> list[str]:
    found = ctypes.util.find_library("ass")
    return [*names("ass"), *([found] if found else [])]


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    signatures = {
        "ass_library_init": (c_void_p, ()),
        "ass_library_done": (None, (c_void_p,)),
        "ass_set_message_cb": (None, (c_void_p, _MessageCallback, c_void_p)),
        "ass_renderer_init": (c_void_p, (c_void_p,)),
        "ass_renderer_done": (None, (c_void_p,)),
        "ass_set_frame_size": (None, (c_void_p, c_int, c_int)),
        "ass_set_storage_size": (None, (c_void_p, c_int, c_int)),
        "ass_set_cache_limits": (None, (c_void_p, c_int, c_int)),
        "ass_set_fonts": (None, (c_void_p, c_char_p, c_char_p, c_int, c_char_p, c_int)),
        "ass_read_memory": (c_void_p, (c_void_p, POINTER(c_char), c_size_t, c_char_p)),
        "ass_free_track": (None, (c_void_p,)),
        "ass_render_frame": (POINTER(_Image), (c_void_p, c_void_p, c_longlong, POINTER(c_int))),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Subtitles:
    """One script and its renderer. Not to be used by two threads at the same time."""

    def __init__(self, script: bytes, name: str) -> None:
        """Read `script`, the text of an .ass or .ssa file in UTF-8.

        Raises:
            ConfigError: libass is not installed or does not read the script.

        """
        library = self._library = _library()
        parts: list[tuple[Callable[[int], None], int]] = []
        finalize(self, _release, parts)
        handle = library.ass_library_init()
        parts.append((library.ass_library_done, handle))
        library.ass_set_message_cb(handle, _LOG, None)
        self._renderer = library.ass_renderer_init(handle)
        parts.append((library.ass_renderer_done, self._renderer))
        library.ass_set_cache_limits(self._renderer, _MOST_GLYPHS, _MOST_CACHED_MIB)
        library.ass_set_fonts(self._renderer, None, b"sans-serif", _AUTODETECT, None, 1)
        buffer = ctypes.create_string_buffer(script, len(script))  # libass writes into it while it reads
        self._track = library.ass_read_memory(handle, buffer, len(script), None)
        if not self._track:
            raise ConfigError(f"libass does not read {name}: it is not an ASS or SSA script")
        parts.append((library.ass_free_track, self._track))
        self._size = (0, 0)

    def render(self, seconds: float, width: int, height: int) -> tuple[list[Bitmap], bool]:
        """Return what is shown at a time in a frame of that size, lowest first, and whether it differs from the last call."""
        library = self._library
        if self._size != (width, height):
            self._size = width, height
            library.ass_set_frame_size(self._renderer, width, height)
            library.ass_set_storage_size(self._renderer, width, height)
        changed = c_int()
        first = library.ass_render_frame(
            self._renderer, self._track, round(seconds * 1000), ctypes.byref(changed)
        )
        return list(_bitmaps(first)), changed.value != 0


def _release(parts: list[tuple[Callable[[int], None], int]]) -> None:
    """Free what was made, the last first."""
    while parts:
        free, pointer = parts.pop()
        free(pointer)


def _bitmaps(image: Any) -> Iterator[Bitmap]:
    while image:
        part = image.contents
        if part.width and part.height:
            used = part.stride * (part.height - 1) + part.width  # the last row ends with the picture
            values = np.ctypeslib.as_array(part.bitmap, (used,))
            rows = np.lib.stride_tricks.as_strided(values, (part.height, part.width), (part.stride, 1))
            color = (part.color >> 24 & 255, part.color >> 16 & 255, part.color >> 8 & 255)
            yield Bitmap(rows.copy(), part.x, part.y, color, part.color & 255)
        image = part.next
