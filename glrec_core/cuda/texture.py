"""OpenGL textures that CUDA can read: registered once, mapped for as long as a kernel needs them.

Mapping switches the GPU between two contexts, and that costs hardly more for eight textures than for one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from types import TracebackType

from cuda.bindings import runtime

from glrec_core.cuda.calls import checked
from glrec_core.cuda.handles import CudaHandles

_TEXTURE_2D = 0x0DE1

# Surfaces are loaded from, never stored to, but CUDA knows no flag for that alone.
_FLAGS = runtime.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsSurfaceLoadStore


class RegisteredTexture:
    """A two-dimensional texture of the current OpenGL context, level 0.

    It must be unregistered before OpenGL deletes it.

    Raises:
        CaptureError: CUDA refuses the texture.

    """

    def __init__(self, texture: int) -> None:
        registered = runtime.cudaGraphicsGLRegisterImage(texture, _TEXTURE_2D, _FLAGS)
        self._resource = checked(registered, f"register the OpenGL texture {texture}")
        self.handle: int = int(self._resource)
        self._surfaces: dict[int, int] = {}

    def surface(self) -> int:
        """Return a surface object (cudaSurfaceObject_t) of its pixels, which must be mapped."""
        mapped = runtime.cudaGraphicsSubResourceGetMappedArray(self._resource, 0, 0)
        array = checked(mapped, "reach the pixels of a mapped texture")
        key = int(array)
        if key not in self._surfaces:  # CUDA may give another one at each mapping, but hardly ever does
            self._surfaces[key] = _surface(array)
        return self._surfaces[key]

    def unregister(self) -> None:
        """Give the texture back to OpenGL for good; no kernel may read it any more."""
        for surface in self._surfaces.values():
            checked(runtime.cudaDestroySurfaceObject(surface), "destroy a surface")
        self._surfaces.clear()
        checked(runtime.cudaGraphicsUnregisterResource(self._resource), "unregister an OpenGL texture")


class MappedTextures:
    """`with MappedTextures(textures, handles) as surfaces:` lets CUDA read several textures at once.

    What is queued in the stream within the block comes after all that OpenGL was told before, and OpenGL does what it is
    told afterwards when that is done; the CPU waits for neither. OpenGL's context and CUDA's must be current.
    """

    def __init__(self, textures: Sequence[RegisteredTexture], handles: CudaHandles) -> None:
        self._textures = textures
        self._resources = (ctypes.c_void_p * len(textures))(*(texture.handle for texture in textures))
        self._call = len(textures), ctypes.addressof(self._resources), handles.stream

    def __enter__(self) -> list[int]:
        checked(runtime.cudaGraphicsMapResources(*self._call), "map OpenGL textures")
        try:
            return [texture.surface() for texture in self._textures]
        except BaseException:
            self._unmap()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._unmap()

    def _unmap(self) -> None:
        checked(runtime.cudaGraphicsUnmapResources(*self._call), "unmap OpenGL textures")


def _surface(array: object) -> int:
    description = runtime.cudaResourceDesc()
    description.resType = runtime.cudaResourceType.cudaResourceTypeArray
    description.res.array.array = array
    return int(checked(runtime.cudaCreateSurfaceObject(description), "create a surface"))
