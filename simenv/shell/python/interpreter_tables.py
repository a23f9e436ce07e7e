"""A table of CPython's that only C code can name, found in the memory of a guest by what is in it."""

from __future__ import annotations

import struct

from simenv.shell.python.errnos import ENOSYS, Errno
from simenv.shell.python.memory import GuestMemory

_WASI_ENOENT = 44
_HEADER = 20
_ENTRY = 12
_MOST_SLOTS = 256


def find_errnomap(memory: GuestMemory, box: int, sample: int, value: int, kind: int) -> None:
    """Put CPython's dictionary of error number → exception class into a list of the guest's.

    Args:
        memory: of the guest.
        box: address of a list with one element.
        sample: address of the number of ENOENT, as WASI has it.
        value: address of `FileNotFoundError`.
        kind: address of `dict`.

    Raises:
        Errno: there is no such table.
    """
    image = memory.read(0, memory.size)
    keys = _keys(image, image.find(struct.pack("<III", _WASI_ENOENT, sample, value)))
    at = image.find(struct.pack("<I", keys))
    while at >= 0 and (at % 4 or memory.u32(at - 20) != kind):
        at = image.find(struct.pack("<I", keys), at + 1)
    if at < 0:
        raise Errno(ENOSYS)
    table = at - 24
    memory.set_u32(table, memory.u32(table) + 1)  # one more reference
    memory.set_u32(memory.u32(box + 12), table)


def _keys(image: bytes, entry: int) -> int:
    """Return the address of the keys object that an entry is in: its header explains where the entry is."""
    if entry < 0:
        raise Errno(ENOSYS)
    for start in range(max(0, entry - _HEADER - _MOST_SLOTS - _ENTRY * 64), entry, 4):
        references, log_size, log_bytes, layout, count = struct.unpack_from("<IBBB9xI", image, start)
        first = start + _HEADER + (1 << log_size if log_size <= 7 else 0)
        fits = references == 1 and 3 <= log_size <= 7 and log_bytes == log_size and layout == 0 and 9 < count < 64
        if fits and entry >= first and (entry - first) % _ENTRY == 0:
            return start
    raise Errno(ENOSYS)
