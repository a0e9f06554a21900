"""The few machine instructions that stand in the slots of other libraries, and the table of addresses through which they go.

A Python function must not stand there itself: pointers to it outlive the interpreter, and a slot is called from threads and
at moments at which no Python may run. So what stands there are stubs that live as long as the process. Each jumps through two
words beside it: where to, and the real function. To switch one off is to write a word; no slot is ever given back.

The arm64 instructions were run in an emulator only, not on such a machine.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_STUB_BYTES = 64
READABLE, WRITABLE, _PROT_EXEC = 1, 3, 4
_MAP_PRIVATE, _MAP_ANONYMOUS = 0x02, 0x20
_MAP_FAILED = ctypes.c_void_p(-1).value


class Unsupported(RuntimeError):
    """This processor, or what the system allows, is not such that stubs can be made; the text says why."""


class Pages:
    """The calls that deal with pages of memory, looked up once: to look one up later could wait for the loader."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        number, pointer, length = ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t
        self._mprotect: Any = library["mprotect"]
        self._mprotect.argtypes = [pointer, length, number]
        self._mmap: Any = library["mmap"]
        self._mmap.argtypes = [pointer, length, number, number, number, ctypes.c_long]
        self._mmap.restype = pointer
        self.size_bytes: int = library["getpagesize"]()

    def protect(self, address: int, length_bytes: int, protection: int) -> None:
        """Change what may be done with the pages of a piece of memory.

        Raises:
            OSError: the system does not allow it.

        """
        first = address // self.size_bytes * self.size_bytes
        if self._mprotect(first, address + length_bytes - first, protection):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def allocate(self, length_bytes: int) -> int:
        """Return the address of new, writable pages, which nothing gives back.

        Raises:
            OSError: there are none.

        """
        address: int = self._mmap(None, length_bytes, WRITABLE, _MAP_PRIVATE | _MAP_ANONYMOUS, -1, 0)
        if address == _MAP_FAILED:
            raise OSError(ctypes.get_errno(), "mmap failed")
        return address


@dataclass(frozen=True, slots=True)
class Stub:
    """One stub: what a slot gets is its `address`."""

    address: int
    real: int
    """The function that it stands for."""
    idle: int
    """Where it leads to while it is switched off."""
    _target: int

    def lead_to(self, address: int) -> None:
        """Lead all calls to another function from now on, in one write."""
        ctypes.c_uint64.from_address(self._target).value = address

    def switch_off(self) -> None:
        """Let the real function be called and nothing else."""
        self.lead_to(self.idle)


class Stubs:
    """Makes stubs, in pages that are never given back."""

    def __init__(self, pages: Pages) -> None:
        """Learn the processor's instructions.

        Raises:
            Unsupported: there are none for this processor.

        """
        encoders = {"x86_64": _x86_64, "aarch64": _arm64}
        machine = platform.machine()
        if machine not in encoders or ctypes.sizeof(ctypes.c_void_p) != 8:  # noqa: PLR2004 - bytes of a pointer
            raise Unsupported(f"swaps can be hooked on 64-bit x86-64 and arm64 only; this is {machine}")
        self._encode: Callable[[str, int], bytes] = encoders[machine]
        self._pages = pages
        self._page = pages.size_bytes
        self._code = self._used = 0
        self._nothing = self._make("nothing", 0)[0]

    def replacing(self, real: int) -> Stub:
        """Return a stub that calls another function in place of the real one."""
        return self._stub("replace", real, idle=real)

    def replacing_but_next(self, real: int) -> Stub:
        """Return the same for `dlsym`: RTLD_NEXT goes to the real one, which must see who calls."""
        return self._stub("replace but next", real, idle=real)

    def before(self, real: int) -> Stub:
        """Return a stub that calls another function with the same four first arguments, and then the real one."""
        return self._stub("before", real, idle=self._nothing)

    def _stub(self, kind: str, real: int, idle: int) -> Stub:
        code, target = self._make(kind, real)
        stub = Stub(code, real, idle, target)
        stub.switch_off()
        return stub

    def _make(self, kind: str, real: int) -> tuple[int, int]:
        """Take the next stub of a kind; return its address and that of its first word."""
        while True:
            if not self._code or self._used + _STUB_BYTES > self._page:
                self._code, self._used = self._new_pages(), 0
            code, found = self._code + self._used, self._kind_at(self._used)
            self._used += _STUB_BYTES
            if found == kind:
                break
        target = code + self._page
        ctypes.c_uint64.from_address(target + 8).value = real
        return code, target

    def _kind_at(self, offset_bytes: int) -> str:
        """Return which kind of stub a page has at an offset.

        A page is filled before it is made executable, so that it is never both writable and executable; so all pages are alike.
        """
        return _ORDER[offset_bytes // _STUB_BYTES % len(_ORDER)]

    def _new_pages(self) -> int:
        """Return a page full of stubs, with a page for their words behind it."""
        try:
            code = self._pages.allocate(2 * self._page)
            ctypes.memmove(code, self._filled(), self._page)
            self._pages.protect(code, self._page, READABLE | _PROT_EXEC)
        except OSError as error:
            raise Unsupported(
                f"this system lets no memory be made executable ({error}), so swaps cannot be hooked"
            ) from error
        return code

    def _filled(self) -> bytes:
        return b"".join(
            self._encode(self._kind_at(offset), self._page).ljust(_STUB_BYTES, b"\0")
            for offset in range(0, self._page, _STUB_BYTES)
        )


_ORDER = ("before", "replace but next", "before", "replace", "nothing")


def _x86_64(kind: str, data: int) -> bytes:
    """Return the instructions of a stub whose two words lie `data` bytes behind its beginning."""

    def through(word: int, call: bytes, at: int) -> bytes:
        return call + struct.pack("<i", data + 8 * word - at - 6)  # relative to the next instruction

    jump, call = b"\xff\x25", b"\xff\x15"
    if kind == "nothing":
        return b"\xc3"  # ret
    if kind == "replace":
        return through(0, jump, 0)
    if kind == "replace but next":  # cmp rdi, -1; jne
        return b"\x48\x83\xff\xff\x75\x06" + through(1, jump, 6) + through(0, jump, 12)
    saved = b"\x57\x56\x52\x51\x48\x83\xec\x08"  # push rdi, rsi, rdx, rcx; sub rsp, 8
    restored = b"\x48\x83\xc4\x08\x59\x5a\x5e\x5f"
    return saved + through(0, call, 8) + restored + through(1, jump, 22)


def _arm64(kind: str, data: int) -> bytes:
    """Return the same for arm64."""

    def load(register: int, word: int, at: int) -> int:
        return 0x58000000 | (data + 8 * word - 4 * at) // 4 << 5 | register  # ldr register, word

    branch = 0xD61F0200  # br x16
    if kind == "nothing":
        words = [0xD65F03C0]  # ret
    elif kind == "replace":
        words = [load(16, 0, 0), branch]
    elif kind == "replace but next":  # cmn x0, #1; csel x16, x17, x16, eq
        words = [0xB100041F, load(16, 0, 1), load(17, 1, 2), 0x9A900230, branch]
    else:
        saved = [0xA9BD7BFD, 0xA90107E0, 0xA9020FE2]  # stp x29, x30; x0, x1; x2, x3
        restored = [0xA9420FE2, 0xA94107E0, 0xA8C37BFD]
        words = [*saved, load(16, 0, 3), 0xD63F0200, *restored, load(16, 1, 8), branch]
    return struct.pack(f"<{len(words)}I", *words)
