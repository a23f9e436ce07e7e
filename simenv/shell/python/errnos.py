"""Error numbers: those of Linux, and how the guest's C library and interpreter come to know them.

The interpreter was built for WASI, whose numbers differ. The host answers with Linux numbers; the C library turns a number into
text with a table in its memory, which is permuted here before it starts. CPython's own table (number → exception class) is
replaced by the guest's boot code.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from simenv.machine.nodes import (
    DENIED,
    EXISTS,
    IS_DIR,
    LOOP,
    NO_SUCH,
    NOT_DIR,
    NOT_EMPTY,
    NOT_PERMITTED,
)

EPERM, ENOENT, ESRCH, EBADF, EAGAIN, EACCES, EFAULT, EEXIST = 1, 2, 3, 9, 11, 13, 14, 17
ENOTDIR, EISDIR, EINVAL, EMFILE, EFBIG, ENOSPC, ESPIPE, EROFS = 20, 21, 22, 24, 27, 28, 29, 30
ENAMETOOLONG, ENOSYS, ENOTEMPTY, ELOOP = 36, 38, 39, 40
WASI_EBADF = 8
"""The C library's scan for open directories ends on this number, which is compiled in."""

_REASONS = {
    NO_SUCH: ENOENT,
    DENIED: EACCES,
    IS_DIR: EISDIR,
    NOT_DIR: ENOTDIR,
    EXISTS: EEXIST,
    NOT_EMPTY: ENOTEMPTY,
    LOOP: ELOOP,
    NOT_PERMITTED: EPERM,
    "No space left on device": ENOSPC,
    "No such process": ESRCH,
    "Operation not permitted": EPERM,
}


class Errno(Exception):
    """A call of the guest fails with this Linux error number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def errno_of(reason: str) -> int:
    """Return the number of an error that a machine words as `strerror` does."""
    return _REASONS.get(reason, EINVAL)


_WASI = [
    "SUCCESS",
    "2BIG",
    "ACCES",
    "ADDRINUSE",
    "ADDRNOTAVAIL",
    "AFNOSUPPORT",
    "AGAIN",
    "ALREADY",
    "BADF",
    "BADMSG",
    "BUSY",
    "CANCELED",
    "CHILD",
    "CONNABORTED",
    "CONNREFUSED",
    "CONNRESET",
    "DEADLK",
    "DESTADDRREQ",
    "DOM",
    "DQUOT",
    "EXIST",
    "FAULT",
    "FBIG",
    "HOSTUNREACH",
    "IDRM",
    "ILSEQ",
    "INPROGRESS",
    "INTR",
    "INVAL",
    "IO",
    "ISCONN",
    "ISDIR",
    "LOOP",
    "MFILE",
    "MLINK",
    "MSGSIZE",
    "MULTIHOP",
    "NAMETOOLONG",
    "NETDOWN",
    "NETRESET",
    "NETUNREACH",
    "NFILE",
    "NOBUFS",
    "NODEV",
    "NOENT",
    "NOEXEC",
    "NOLCK",
    "NOLINK",
    "NOMEM",
    "NOMSG",
    "NOPROTOOPT",
    "NOSPC",
    "NOSYS",
    "NOTCONN",
    "NOTDIR",
    "NOTEMPTY",
    "NOTRECOVERABLE",
    "NOTSOCK",
    "NOTSUP",
    "NOTTY",
    "NXIO",
    "OVERFLOW",
    "OWNERDEAD",
    "PERM",
    "PIPE",
    "PROTO",
    "PROTONOSUPPORT",
    "PROTOTYPE",
    "RANGE",
    "ROFS",
    "SPIPE",
    "SRCH",
    "STALE",
    "TIMEDOUT",
    "TXTBSY",
    "XDEV",
]
_LINUX = [
    "SUCCESS",
    "PERM",
    "NOENT",
    "SRCH",
    "INTR",
    "IO",
    "NXIO",
    "2BIG",
    "NOEXEC",
    "BADF",
    "CHILD",
    "AGAIN",
    "NOMEM",
    "ACCES",
    "FAULT",
    "NOTBLK",
    "BUSY",
    "EXIST",
    "XDEV",
    "NODEV",
    "NOTDIR",
    "ISDIR",
    "INVAL",
    "NFILE",
    "MFILE",
    "NOTTY",
    "TXTBSY",
    "FBIG",
    "NOSPC",
    "SPIPE",
    "ROFS",
    "MLINK",
    "PIPE",
    "DOM",
    "RANGE",
    "DEADLK",
    "NAMETOOLONG",
    "NOLCK",
    "NOSYS",
    "NOTEMPTY",
    "LOOP",
]
_WORDING = {
    5: b"Input/output error",
    9: b"Bad file descriptor",
    24: b"Too many open files",
    25: b"Inappropriate ioctl for device",
    36: b"File name too long",
    40: b"Too many levels of symbolic links",
}
"""Where glibc words an error otherwise than the guest's C library."""


class Patch(NamedTuple):
    """Bytes to be written into a guest's fresh memory: address → bytes."""

    writes: tuple[tuple[int, bytes], ...]


def _find_all(image: bytes, what: bytes) -> Iterator[int]:
    at = image.find(what)
    while at >= 0:
        yield at
        at = image.find(what, at + 1)


def linux_patch(image: bytes, library: bytes) -> Patch:
    """Return what makes a fresh guest speak Linux.

    Args:
        image: the memory of a fresh instance; all instances begin with the same.
        library: path, of at most four bytes, to which the embedded library is moved: ``/usr`` is the machine's own.
    """
    base = image.index(b"Success\0Illegal byte sequence\0")
    place = _table(image, base)
    old = struct.unpack_from("<76H", image, place)
    new = list(old)
    for number, name in enumerate(_LINUX):
        if name in _WASI:
            new[number] = old[_WASI.index(name)]
    spare = sorted(
        (len(image[base + offset : image.index(b"\0", base + offset)]), offset)
        for offset in old
        if offset and offset not in new[: len(_LINUX)]
    )
    writes = []
    for number, text in _WORDING.items():
        size, offset = next(each for each in spare if each[0] >= len(text))
        spare.remove((size, offset))
        writes.append((base + offset, text + b"\0"))
        new[number] = offset
    prefix = next(at for at in _find_all(image, b"/usr\0") if image.find(struct.pack("<III", 4, at, 4)) >= 0)
    return Patch(((place, struct.pack("<76H", *new)), *writes, (prefix, library)))


def _table(image: bytes, base: int) -> int:
    """Return where the C library keeps, per number, the offset of its text from `base`."""

    def offset(text: bytes) -> bytes:
        return struct.pack("<H", image.index(b"\0" + text + b"\0", base) + 1 - base)

    denied, missing = offset(b"Permission denied"), offset(b"No such file or directory")
    for at in _find_all(image, denied):
        if image[at + 84 : at + 86] == missing:
            return at - 4
    raise ValueError("this is not the interpreter that the table of error texts was written for")
