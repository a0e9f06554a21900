"""OpenGL textures that CUDA can read: registered once, mapped for as long as a kernel needs them.

Mapping switches the GPU between two contexts, and that costs the same for one texture as for eight.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from cuda.bindings import runtime

from glrec_core.cuda.calls import checked
from glrec_core.cuda.handles import CudaHandles

_TEXTURE_2D = 0x0DE1

# Surfaces are loaded from, never stored to, but CUDA knows no flag for that alone.
_FLAGS = runtime.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsSurfaceLoadStore


class RegisteredTexture:
    """A two-dimensional texture of the current OpenGL context, level 0. RGB without alpha cannot be registered.

    It must be unregistered before OpenGL deletes it.

    Raises:
        CaptureError: CUDA refuses the texture.

    """

    def __init__(self, texture: int) -> None:
        registered = runtime.cudaGraphicsGLRegisterImage(texture, _TEXTURE_2D, _FLAGS)
        self.resource = checked(registered, f"register the OpenGL texture {texture}")
        self._surfaces: dict[int, np.uint64] = {}

    def surface(self) -> np.uint64:
        """Return a surface object (cudaSurfaceObject_t) of its pixels, which must be mapped."""
        mapped = runtime.cudaGraphicsSubResourceGetMappedArray(self.resource, 0, 0)
        array = checked(mapped, "reach the pixels of a mapped texture")
        if (
            int(array) not in self._surfaces
        ):  # CUDA may give another one at each mapping, but hardly ever does
            self._surfaces[int(array)] = _surface(array)
        return self._surfaces[int(array)]

    def unregister(self) -> None:
        """Give the texture back to OpenGL for good; no kernel may read it any more."""
        for surface in self._surfaces.values():
            checked(runtime.cudaDestroySurfaceObject(int(surface)), "destroy a surface")
        self._surfaces.clear()
        checked(runtime.cudaGraphicsUnregisterResource(self.resource), "unregister an OpenGL texture")


@contextmanager
def mapped(textures: Sequence[RegisteredTexture], handles: CudaHandles) -> Iterator[list[np.uint64]]:
    """Give the surfaces of several textures for a `with` block; OpenGL's context must be current.

    What is queued in the stream within the block comes after all that OpenGL was told before, and OpenGL does what it is
    told afterwards when that is done; the CPU waits for neither.
    """
    resources = (ctypes.c_void_p * len(textures))(*(int(texture.resource) for texture in textures))
    call = len(textures), ctypes.addressof(resources), handles.stream
    checked(runtime.cudaGraphicsMapResources(*call), "map OpenGL textures")
    try:
        yield [texture.surface() for texture in textures]
    finally:
        checked(runtime.cudaGraphicsUnmapResources(*call), "unmap OpenGL textures")


def _surface(array: object) -> np.uint64:
    description = runtime.cudaResourceDesc()
    description.resType = runtime.cudaResourceType.cudaResourceTypeArray
    description.res.array.array = array
    return np.uint64(int(checked(runtime.cudaCreateSurfaceObject(description), "create a surface")))
