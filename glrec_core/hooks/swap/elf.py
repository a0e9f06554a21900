"""Reads which libraries are in this process and where each of them keeps the addresses of functions of others.

Everything is read from memory, as the loader left it: a stripped file has it all the same. What this very thread is in the midst
of loading may not be relocated yet; slots that look so are left for the next look.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_DYNAMIC, _RELRO = 2, 0x6474E552
_PLTRELSZ, _STRTAB, _SYMTAB, _RELA, _RELASZ, _STRSZ, _JMPREL = 2, 5, 6, 7, 8, 10, 23
_RPATH, _RUNPATH, _SONAME = 15, 29, 14
_HASH, _GNU_HASH = 4, 0x6FFFFEF5
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_RELOCATION_TYPES = {"x86_64": (1, 6, 7), "aarch64": (257, 1025, 1026)}
"""By processor: an address in data, an address in the table of addresses, an address that is looked up late."""


class _Header(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("file_bytes", ctypes.c_uint64),
        ("memory_bytes", ctypes.c_uint64),
        ("alignment", ctypes.c_uint64),
    )


class _LinkMap(ctypes.Structure):
    """What the loader tells a debugger of a library; a handle points to one (`link.h`)."""


_LinkMap._fields_ = (
    ("base", ctypes.c_uint64),
    ("name", ctypes.c_char_p),
    ("dynamic", ctypes.c_uint64),
    ("next", ctypes.POINTER(_LinkMap)),
    ("previous", ctypes.POINTER(_LinkMap)),
)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a library keeps the address of a function."""

    name: str
    address: int
    read_only: bool
    """Whether the loader has, or will have, taken away the right to write there."""

    @property
    def value(self) -> int:
        """The address that is kept there now."""
        return ctypes.c_uint64.from_address(self.address).value

    def write(self, address: int) -> None:
        """Keep another address there; the page must be writable."""
        ctypes.c_uint64.from_address(self.address).value = address


@dataclass(frozen=True, slots=True)
class Library:
    """One library, or the program itself, as it lies in memory."""

    base: int
    path: str
    """Empty for the program."""
    dynamic: Mapping[int, int] = field(hash=False)
    extent: tuple[int, int]
    """First and last address of its segments."""
    constants: tuple[tuple[int, int], ...]
    """Segments that it can only read, or execute."""
    relro: tuple[int, int]
    """First and last address of what becomes read-only."""

    @property
    def soname(self) -> str:
        """What it calls itself, else its file's name."""
        offset = self.dynamic.get(_SONAME)
        return self._text(offset) if offset is not None else self.path.rpartition("/")[2]

    @property
    def search_path(self) -> tuple[str, ...]:
        """Folders in which it has the loader look for what it loads by a bare name."""
        offset = self.dynamic.get(_RUNPATH, self.dynamic.get(_RPATH))
        if offset is None:
            return ()
        origin = self.path.rpartition("/")[0]
        folders = (each for each in self._text(offset).split(":") if each)
        return tuple(each.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for each in folders)

    @property
    def searches_before_environment(self) -> bool:
        """Whether those folders come before LD_LIBRARY_PATH."""
        return _RUNPATH not in self.dynamic

    def slots(self, names: frozenset[str]) -> list[Slot]:
        """Return the slots of functions of these names that others define."""
        wanted = self._name_offsets(names)
        if not wanted:
            return []
        symbols: dict[int, str | None] = {}
        found = []
        kinds = _RELOCATION_TYPES[platform.machine()]
        for table, size in ((_RELA, _RELASZ), (_JMPREL, _PLTRELSZ)):
            if table not in self.dynamic or not self.dynamic.get(size):
                continue
            content = ctypes.string_at(self._pointer(table), self.dynamic[size])
            for offset, info, addend in _RELOCATION.iter_unpack(content[: len(content) // 24 * 24]):
                number = info >> 32
                if not number or info & 0xFFFFFFFF not in kinds or addend:
                    continue
                if number not in symbols:
                    symbols[number] = self._wanted_symbol(number, wanted)
                if (name := symbols[number]) is not None:
                    found.append(self._slot(name, self.base + offset))
        return found

    def has_value(self, slot: Slot) -> bool:
        """Whether the loader has written a slot; before that it holds nothing, or an offset within the file."""
        return slot.value != 0 and (
            self.base == 0 or slot.value >= self.base or slot.value > self.extent[1] - self.base
        )

    def contains(self, address: int) -> bool:
        """Whether an address is the library's own: a slot that leads there waits to be looked up at its first call."""
        return self.extent[0] <= address < self.extent[1]

    def defines(self, names: frozenset[str]) -> bool:
        """Whether it has a function of one of these names itself, for others to call."""
        wanted = self._name_offsets(names)
        return any(
            self._wanted_symbol(number, wanted, own=True) for number in self._numbers(set(wanted.values()))
        )

    def _numbers(self, names: set[str]) -> Iterator[int]:
        """Yield the numbers of the symbols that its hash table has for these names."""
        if _GNU_HASH in self.dynamic:
            for name in names:
                yield from self._numbers_of(name.encode())
        elif _HASH in self.dynamic:
            yield from range(struct.unpack("<II", ctypes.string_at(self._pointer(_HASH), 8))[1])

    def _numbers_of(self, name: bytes) -> Iterator[int]:
        """Yield the numbers of the symbols of one name or, rarely, of another one with the same hash value."""
        table = self._pointer(_GNU_HASH)
        bucket_count, first, bloom_words, _ = struct.unpack("<4I", ctypes.string_at(table, 16))
        buckets = table + 16 + 8 * bloom_words
        chains = buckets + 4 * bucket_count
        value = 5381
        for letter in name:
            value = (value * 33 + letter) & 0xFFFFFFFF
        number = _number(buckets + 4 * (value % bucket_count))
        while number >= first:
            found = _number(chains + 4 * (number - first))
            if found | 1 == value | 1:
                yield number
            if found & 1:
                return
            number += 1

    def _slot(self, name: str, address: int) -> Slot:
        return Slot(name, address, self.relro[0] <= address < self.relro[1])

    def _name_offsets(self, names: frozenset[str]) -> dict[int, str]:
        """Return where in the table of names these stand; a longer name may end in one of them."""
        if not {_STRTAB, _SYMTAB, _STRSZ} <= self.dynamic.keys():
            return {}
        strings = ctypes.string_at(self._pointer(_STRTAB), self.dynamic[_STRSZ])
        found: dict[int, str] = {}
        for name in names:
            sought = name.encode() + b"\0"
            at = strings.find(sought)
            while at >= 0:
                found[at] = name
                at = strings.find(sought, at + 1)
        return found

    def _wanted_symbol(self, number: int, wanted: Mapping[int, str], *, own: bool = False) -> str | None:
        """Return a symbol's name if it is wanted, and if the function is, or is not, the library's own."""
        address = self._pointer(_SYMTAB) + number * _SYMBOL.size
        name, _, _, section, _, _ = _SYMBOL.unpack(ctypes.string_at(address, _SYMBOL.size))
        return wanted.get(name) if bool(section) == own else None

    def _pointer(self, tag: int) -> int:
        """Return an address of the dynamic section: glibc has added the base, other loaders leave that to their readers."""
        value = self.dynamic[tag]
        return value if value >= self.base else value + self.base

    def _text(self, offset: int) -> str:
        return ctypes.string_at(self._pointer(_STRTAB) + offset).decode(errors="surrogateescape")

    def holds(self, text: bytes) -> bool:
        """Whether a text lies in what it only reads."""
        return any(text in ctypes.string_at(first, last - first) for first, last in self.constants)


Mapped = frozenset[tuple[str, int]]
"""The files of which parts lie in memory, each with the address of its beginning there."""

_MAPS = Path("/proc/self/maps")
_NO_LOAD, _LAZY = 4, 1
_DELETED = " (deleted)"


class Loader:
    """The libraries of this process.

    `dl_iterate_phdr` is not what tells of them: it calls back while it holds the loader's lock, and Python may hand the GIL to
    another thread within any function, which then waits for that lock with the GIL in its hands.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self._open: Any = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)(
            ("dlopen", library)
        )
        self._close: Any = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(("dlclose", library))

    def mapped(self) -> Mapped:
        """Return what is in memory now. It is another value when a library has come or gone."""
        return frozenset(_beginnings())

    def visit(self, mapped: Mapped, seen: Callable[[Library], None]) -> None:
        """Call a function with each library; that one cannot be unloaded meanwhile, and is relocated.

        Raises:
            Exception: what the function raises, when all have been visited.

        """
        errors: list[BaseException] = []
        program = str(Path("/proc/self/exe").readlink())
        for path, address in sorted(mapped):
            handle = self._open(None if path == program else os.fsencode(path), _NO_LOAD | _LAZY)
            if not handle:
                continue  # no library, or one of another namespace, or it has just gone
            try:
                if (library := _mapped(_LinkMap.from_address(handle), address)) is not None:
                    seen(library)
            except BaseException as error:  # noqa: BLE001 - raised below
                errors.append(error)
            finally:
                self._close(handle)
        if errors:
            raise errors[0]

    def beside(self, handle: int) -> list[Library]:
        """Return the libraries of the namespace of a handle, which must not be closed meanwhile."""
        first = _LinkMap.from_address(handle)
        while first.previous:
            first = first.previous.contents
        found, each = [], ctypes.pointer(first)
        while each:  # type: ignore[truthy-bool] # a null pointer is false
            if (library := _mapped(each.contents, each.contents.base)) is not None:
                found.append(library)
            each = each.contents.next
        return found


def _beginnings() -> Iterator[tuple[str, int]]:
    for line in _MAPS.read_text("utf-8", "surrogateescape").splitlines():
        extent, _, offset, _, _, *path = line.split(maxsplit=5)
        if path and path[0].startswith("/") and int(offset, 16) == 0:
            yield path[0].removesuffix(_DELETED), int(extent.partition("-")[0], 16)


def _mapped(link: Any, address: int) -> Library | None:
    """Describe a library by the header of its file, which lies in memory with it, at `address`."""
    if link.base not in {0, address}:
        return None  # the file lies there a second time, as data
    header = ctypes.string_at(address, 64) if address else b""
    if not header.startswith(b"\x7fELF"):
        return None
    (at,), (count,) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<H", header, 56)
    return _described(link.base, link.name, list((_Header * count).from_address(address + at)))


def _described(base: int, name: bytes | None, headers: list[Any]) -> Library | None:
    parts = {each.type: each for each in headers}
    if _DYNAMIC not in parts:
        return None  # a static program
    relro = parts.get(_RELRO)
    return Library(
        base=base,
        path=(name or b"").decode(errors="surrogateescape"),
        dynamic=_dynamic(base + parts[_DYNAMIC].address),
        extent=(
            base + min(each.address for each in headers if each.type == 1),
            base + max(each.address + each.memory_bytes for each in headers if each.type == 1),
        ),
        constants=tuple(
            (base + each.address, base + each.address + each.memory_bytes)
            for each in headers
            if each.type == 1 and each.flags & 4 and not each.flags & 2
        ),
        relro=(base + relro.address, base + relro.address + relro.memory_bytes)
        if relro is not None
        else (0, 0),
    )


def _number(address: int) -> int:
    return ctypes.c_uint32.from_address(address).value


def _dynamic(address: int) -> dict[int, int]:
    return dict(_entries(address))


def _entries(address: int) -> Iterator[tuple[int, int]]:
    while True:
        tag, value = struct.unpack("<qQ", ctypes.string_at(address, 16))
        if tag == 0:
            return
        yield tag, value
        address += 16
