"""Stands in the slots of every library as it is loaded, and tells who listens before a call goes its way.

What is patched: the calls of `CALLS` themselves, and whatever could give a library a pointer to one of them. It begins with
the libraries that are there, and goes on with each one that `dlopen` brings, before it gets to run. Libraries that are OpenGL
themselves are left alone: they would be heard twice.
"""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from glrec_core.hooks.swap.delivery import deliver
from glrec_core.hooks.swap.elf import Library, Loader, Mapped, Slot
from glrec_core.hooks.swap.loading import Linker, open_for
from glrec_core.hooks.swap.machine import READABLE, WRITABLE, Pages, Stub, Stubs

logger: logging.Logger = logging.getLogger("glrec")

SWAPS = frozenset(
    {
        "glXSwapBuffers",
        "eglSwapBuffers",
        "eglSwapBuffersWithDamageKHR",
        "eglSwapBuffersWithDamageEXT",
    }
)
"""What shows a frame. The first two arguments are the display and the drawable."""

ENDS = frozenset(
    {
        "glXDestroyContext",
        "glXDestroyWindow",
        "eglDestroyContext",
        "eglDestroySurface",
        "eglTerminate",
        "XDestroyWindow",
        "XCloseDisplay",
    }
)
"""What ends a context, a drawable or a display: the second argument, or the first where there is no other."""

BEGINS = frozenset({"XOpenDisplay"})
"""What looks for a window system."""

CALLS: frozenset[str] = SWAPS | ENDS | BEGINS
_LOOK_UPS = frozenset({"glXGetProcAddress", "glXGetProcAddressARB", "eglGetProcAddress"})
_LOADING = frozenset({"dlsym", "dlopen", "dlmopen"})
_PATCHED = CALLS | _LOOK_UPS | _LOADING

_IS_OPENGL = (
    "libGL.",
    "libGLX",
    "libEGL",
    "libGLdispatch",
    "libOpenGL",
    "libnvidia-",
    "libgallium",
    "libLLVM",
)
_IS_THE_SYSTEM = ("ld-linux", "ld-musl", "linux-vdso", "libc.", "libdl.", "libpthread.")

_OF_GLFW = " of GLFW"
_TEXTS_OF_GLFW = (b"GLX: No GLXFBConfigs returned", b"EGL: Failed to find a suitable EGLConfig")

_POINTER = ctypes.c_void_p
_Before = ctypes.CFUNCTYPE(None, _POINTER, _POINTER)
_LookUp = ctypes.CFUNCTYPE(_POINTER, ctypes.c_char_p)
_Symbol = ctypes.CFUNCTYPE(_POINTER, _POINTER, ctypes.c_char_p)
_Open = ctypes.CFUNCTYPE(_POINTER, ctypes.c_char_p, ctypes.c_int)
_OpenWithGil = ctypes.PYFUNCTYPE(_POINTER, ctypes.c_char_p, ctypes.c_int)
_OpenApart = ctypes.CFUNCTYPE(_POINTER, ctypes.c_long, ctypes.c_char_p, ctypes.c_int)


class Listener(Protocol):
    """Who hears of the calls."""

    def called(self, name: str, first: int | None, second: int | None) -> None:
        """Hear of a call, in its thread, before it happens; `first` and `second` are its first arguments."""

    def met(self, name: str) -> None:
        """Hear that a library is there that may make such a call."""


class Watch:
    """The hooks on all libraries of this process. There is one; `watch` makes it."""

    def __init__(self) -> None:
        """Prepare.

        Raises:
            Unsupported: there are none for this processor, or the system forbids them.

        """
        self._pages = Pages()
        self._stubs = Stubs(self._pages)
        self._loader, self._linker = Loader(), Linker()
        self._listeners: tuple[Listener, ...] = ()
        self._made: dict[tuple[str, int, str], Stub] = {}
        self._addresses: set[int] = set()
        self._making = threading.Lock()
        self._thunks: dict[str, Any] = {}
        self._functions: list[Any] = []
        self._seen: set[tuple[int, str]] = set()
        self._mapped: Mapped | None = None
        self._writing = threading.Lock()
        self._ended = False
        self._python = ctypes.cast(ctypes.pythonapi.PyGILState_Ensure, _POINTER).value or 0
        self.patched: list[tuple[str, str]] = []
        """Libraries and names of functions, in order."""
        self._shown_by_glfw: set[int | None] = set()
        for name in sorted(CALLS):
            self._thunks[name] = self._thunk(_Before, partial(self._before, name))
        for name in sorted(SWAPS):
            self._thunks[name + _OF_GLFW] = self._thunk(_Before, partial(self._before_glfw, name))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of all calls from now on; what is returned ends that."""
        self._listeners = (*self._listeners, listener)
        self._switch()
        self.look()
        for name in {name for _, name in self.patched}:
            listener.met(name)

        def stop() -> None:
            self._listeners = tuple(each for each in self._listeners if each is not listener)
            self._switch()

        return stop

    def look(self) -> None:
        """Patch the libraries that have come since the last look."""
        mapped = self._loader.mapped()
        if mapped == self._mapped or self._ended:
            return
        self._mapped = mapped
        complete: list[bool] = []
        present: set[tuple[int, str]] = set()
        late: list[tuple[Library, Slot]] = []

        def seen(library: Library) -> None:
            present.add((library.base, library.path))
            complete.append(self._visit(library, late))

        self._loader.visit(mapped, seen)
        self._seen &= present  # another library may come to lie where one was
        for library, slot in late:
            # Nothing may have been unloaded: a library whose slot waits was just there.
            if real := self._linker.find(library, slot.name):
                self._patch(library, slot, real)
        if not all(complete):
            self._mapped = None

    def _visit(self, library: Library, late: list[tuple[Library, Slot]]) -> bool:
        """Patch one library; returns whether it needs no further look."""
        key = library.base, library.path
        if key in self._seen:
            return True
        if _is_left_alone(library):
            self._seen.add(key)
            return True
        complete = True
        for slot in library.slots(_PATCHED):
            if not library.has_value(slot):
                complete = False
            elif library.contains(slot.value):
                late.append((library, slot))
            elif slot.value not in self._addresses:
                self._patch(library, slot, slot.value)
        if complete:
            self._seen.add(key)
        return complete

    def _patch(self, library: Library, slot: Slot, real: int) -> None:
        stub = self._stub(library, slot.name, real)
        if stub is None:
            return
        with self._writing:  # of two threads, one would take the right to write from the other
            self._write(slot, stub.address)
        self.patched.append((library.path, slot.name))
        self._tell_of(slot.name)

    def _write(self, slot: Slot, address: int) -> None:
        pages, protection = self._pages, _protection(slot.address) if slot.read_only else WRITABLE
        if slot.read_only:
            pages.protect(slot.address, 8, protection | WRITABLE)
        slot.write(address)
        if protection & WRITABLE != WRITABLE:
            pages.protect(slot.address, 8, protection)

    def _tell_of(self, name: str) -> None:
        for listener in self._listeners:
            listener.met(name)

    def _stub(self, library: Library, name: str, real: int) -> Stub | None:
        """Return what stands for a function; for the linker's, one for each library that calls them."""
        key = name, real, self._caller(library, name)
        with self._making:
            if key not in self._made:
                self._made[key] = self._make_stub(library, name, real, key[2])
                self._addresses.add(self._made[key].address)
            return self._made[key]

    def _caller(self, library: Library, name: str) -> str:
        """Return what a stub must know of the library that calls."""
        if name in _LOADING:
            return library.path
        return _OF_GLFW if name in SWAPS and _is_glfw(library) else ""

    def _make_stub(self, library: Library, name: str, real: int, caller: str) -> Stub:
        if name in CALLS:
            stub = self._stubs.before(real)
            if self._is_on(caller):
                stub.lead_to(_address(self._thunks[name + caller]))
            return stub
        if name == "dlsym":
            stub = self._stubs.replacing_but_next(real)
            function = self._thunk(_Symbol, partial(self._dlsym, _Symbol(real), library))
        elif name == "dlopen":
            stub = self._stubs.replacing(real)
            kind = _OpenWithGil if library.contains(self._python) else _Open
            function = self._thunk(_Open, partial(self._dlopen, kind(real), library))
        elif name == "dlmopen":
            stub = self._stubs.replacing(real)
            function = self._thunk(_OpenApart, partial(self._dlmopen, _OpenApart(real)))
        else:
            stub = self._stubs.replacing(real)
            function = self._thunk(_LookUp, partial(self._get_proc_address, _LookUp(real)))
        if not self._ended:
            stub.lead_to(_address(function))
        return stub

    def _thunk(self, kind: Any, function: Callable[..., Any]) -> Any:
        """Make a function callable from C, for as long as the process lives."""
        made = kind(function)
        self._functions += [made, function]
        return made

    # What is called in place of the real functions

    def _before(self, name: str, first: int | None, second: int | None) -> None:
        try:
            if name in ENDS:
                self._shown_by_glfw.discard(second)
            for listener in self._listeners:
                listener.called(name, first, second)
        except Exception:
            logger.exception("glrec failed as the program called %s", name)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C, or the end of the recording
            deliver(error)

    def _before_glfw(self, name: str, first: int | None, second: int | None) -> None:
        """Hear of a swap by GLFW, which shows a black frame by itself as it makes a window."""
        if second in self._shown_by_glfw:
            self._before(name, first, second)
        else:
            self._shown_by_glfw.add(second)

    def _dlsym(self, real: Any, library: Library, handle: int | None, name: bytes | None) -> int:
        return self._given(library, name, self._linker.look_up(real, library, handle, name))

    def _get_proc_address(self, real: Any, name: bytes | None) -> int:
        return self._given(_NOBODY, name, real(name) or 0)

    def _dlopen(self, real: Any, library: Library, name: bytes | None, flags: int) -> int:
        opened = open_for(real, library, name, flags, self._linker.is_loaded)
        if opened:
            self._look_safely()
        return opened

    def _dlmopen(self, real: Any, namespace: int, name: bytes | None, flags: int) -> int:
        opened: int = real(namespace, name, flags) or 0
        if opened:
            self._look_safely(opened)
        return opened

    def _look_safely(self, handle: int = 0) -> None:
        try:
            self.look()
            if handle:
                self._look_apart(handle)
        except Exception:
            logger.exception("glrec failed as the program loaded a library")
        except BaseException as error:  # noqa: BLE001 - Ctrl-C
            deliver(error)

    def _look_apart(self, handle: int) -> None:
        """Patch the libraries of a namespace of their own, which the loader does not tell of."""
        for library in self._loader.beside(handle):
            late: list[tuple[Library, Slot]] = []
            self._visit(library, late)
            for _, slot in late:
                if real := self._linker.find_with(handle, slot.name):
                    self._patch(library, slot, real)

    def _given(self, library: Library, name: bytes | None, address: int) -> int:
        """Return what a library gets as the address of a function."""
        if not address or not name or address in self._addresses:
            return address
        text = name.decode(errors="replace")
        if text not in CALLS and text not in _LOOK_UPS:
            return address
        try:
            stub = self._stub(library, text, address)
            self._tell_of(text)
        except Exception:
            logger.exception("glrec failed as the program looked up %s", text)
            return address
        return stub.address if stub is not None else address

    # On and off

    def _switch(self) -> None:
        for (name, _, caller), stub in list(self._made.items()):
            if name in CALLS:
                if self._is_on(caller):
                    stub.lead_to(_address(self._thunks[name + caller]))
                else:
                    stub.switch_off()

    def _is_on(self, caller: str) -> bool:
        """Whether calls are heard; GLFW's are in any case, so that its first frame is not taken for the program's later."""
        return bool(self._listeners or caller == _OF_GLFW) and not self._ended

    def end(self) -> None:
        """Let all calls go straight to the real functions from now on: Python ends, or this is a forked child."""
        self._ended = True
        for stub in list(self._made.values()):
            stub.switch_off()

    def is_ours(self, function: object) -> bool:
        """Whether a function is one that C calls for us."""
        return any(each is function for each in self._functions)


@cache
def watch() -> Watch:
    """Return the hooks of this process, which begin to be there with the first call of this. For Linux.

    Raises:
        Unsupported: there are none for this processor, or the system forbids them.

    """
    made = Watch()
    made.look()
    atexit.register(made.end)
    os.register_at_fork(after_in_child=made.end)
    _deliver_what_comes_first(made)
    return made


def _deliver_what_comes_first(made: Watch) -> None:
    """Deliver what a signal handler raises at the very beginning of a callback, before its first line."""
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        error = unraisable.exc_value
        if made.is_ours(unraisable.object) and error is not None and not isinstance(error, Exception):
            deliver(error)
        else:
            before(unraisable)

    sys.unraisablehook = hook


_NOBODY = Library(base=0, path="", dynamic={}, extent=(0, 0), constants=(), relro=(0, 0))


def _is_left_alone(library: Library) -> bool:
    name = library.path.rpartition("/")[2]
    return (
        name.startswith(_IS_THE_SYSTEM) or name.startswith(_IS_OPENGL) or library.defines(SWAPS | _LOOK_UPS)
    )


@cache
def _is_glfw(library: Library) -> bool:
    """Whether GLFW is in a library, under whatever name: it has its texts."""
    return any(library.holds(text) for text in _TEXTS_OF_GLFW)


def _address(function: Any) -> int:
    return ctypes.cast(function, _POINTER).value or 0


def _protection(address: int) -> int:
    """Return what may be done with the page at an address at this moment."""
    with Path("/proc/self/maps").open(encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            extent, permissions, *_ = line.split(maxsplit=2)
            first, _, last = extent.partition("-")
            if int(first, 16) <= address < int(last, 16):
                return sum(bit for letter, bit in zip("rwx", (1, 2, 4), strict=True) if letter in permissions)
    return READABLE
