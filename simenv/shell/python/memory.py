"""The memory of a guest, as the host reads and writes it: always within its bounds."""

from __future__ import annotations

import ctypes
import struct

import wasmtime

from simenv.shell.python.errnos import EFAULT, EINVAL, ENAMETOOLONG, Errno

_MOST_VECTORS = 1024
_MOST_PATH = 4096


class GuestMemory:
    """The linear memory of one instance."""

    def __init__(self, memory: wasmtime.Memory, store: wasmtime.Store) -> None:
        self._memory = memory
        self._store = store

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self._memory.data_len(self._store)

    def _address(self, at: int, size: int) -> int:
        at &= 0xFFFFFFFF
        if size < 0 or at + size > self._memory.data_len(self._store):
            raise Errno(EFAULT)
        return ctypes.addressof(self._memory.data_ptr(self._store).contents) + at

    def read(self, at: int, size: int) -> bytes:
        """Return bytes."""
        size &= 0xFFFFFFFF
        return ctypes.string_at(self._address(at, size), size)

    def write(self, at: int, data: bytes) -> None:
        """Set bytes."""
        ctypes.memmove(self._address(at, len(data)), data, len(data))

    def u32(self, at: int) -> int:
        """Return a number of four bytes."""
        return int(struct.unpack("<I", self.read(at, 4))[0])

    def set_u32(self, at: int, value: int) -> None:
        """Set a number of four bytes."""
        self.write(at, struct.pack("<I", value))

    def set_u64(self, at: int, value: int) -> None:
        """Set a number of eight bytes."""
        self.write(at, struct.pack("<Q", value))

    def vectors(self, at: int, count: int) -> list[tuple[int, int]]:
        """Return the (address, size) pairs of a scattered read or write."""
        if not 0 <= count <= _MOST_VECTORS:
            raise Errno(EINVAL)
        return list(struct.iter_unpack("<II", self.read(at, 8 * count)))

    def path(self, at: int, size: int) -> str:
        """Return the text of a path."""
        if size & 0xFFFFFFFF > _MOST_PATH:
            raise Errno(ENAMETOOLONG)
        return self.read(at, size).decode("utf-8", "surrogateescape")

    def set_strings(self, items: list[bytes], pointers: int, buffer: int) -> None:
        """Write strings that end in nulls, and where each begins."""
        at, places = buffer, []
        for item in items:
            places.append(at)
            at += len(item) + 1
        self.write(pointers, struct.pack(f"<{len(places)}I", *places))
        self.write(buffer, b"".join(item + b"\0" for item in items))
