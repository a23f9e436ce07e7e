"""Archives and encodings of content: tar, gzip, base64 and the like, in both directions."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from simenv.machine.content.coverage import inside
from simenv.machine.content.rendering import Layout, encoded_size, layout
from simenv.machine.content.tokens import (
    SEPARATOR,
    ZERO,
    Piece,
    Wrapped,
    bulk,
    byte_size,
    byte_slice,
    is_opaque,
    joined,
    piece_size,
    pieces,
    plain,
    wrapped,
)

_BLOCK = 512
_RECORD = 10_240
_END = 1024
_UNITS = {"base64": (4, 3), "hex": (2, 1)}


class ArchiveError(Exception):
    """Content in a format that a program did not expect; `rest` is the readable part."""

    def __init__(self, reason: str, rest: str = "") -> None:
        super().__init__(reason)
        self.rest = rest


class Member(NamedTuple):
    """An entry of an archive.

    Attributes:
        name: its path in the archive.
        kind: ``file``, ``dir`` or ``link``.
        mode: permission bits.
        owner: user name.
        mtime: simulated seconds of the last change.
        content: of a file; target of a link.
    """

    name: str
    kind: str
    mode: int
    owner: str
    mtime: float
    content: str


def pack(members: Iterable[Member]) -> str:
    """Return a tar archive: a header of 512 bytes per member, followed by its unchanged content."""
    parts: list[str] = []
    size = 0
    for member in members:
        content = member.content if member.kind == "file" else ""
        count = byte_size(content)
        link = member.content if member.kind == "link" else ""
        fields = (member.kind, f"{member.mode:o}", member.owner, repr(member.mtime), str(count), link, member.name)
        parts += [wrapped("tar", SEPARATOR.join(fields), _BLOCK), content, _zeros(-count % _BLOCK)]
        size += _BLOCK + count + -count % _BLOCK
    parts.append(_zeros(_END + -(size + _END) % _RECORD))
    return joined(piece for part in parts for piece in pieces(part))


def _zeros(count: int) -> str:
    return bulk(ZERO, 0, count)


def unpack(text: str) -> Iterator[Member]:
    """Yield the members of a tar archive, in order.

    Raises:
        ArchiveError: not an archive, or truncated.
    """
    at, size = 0, byte_size(text)
    while at < size:
        head = pieces(byte_slice(text, at, at + _BLOCK))
        first = head[0]
        if not isinstance(first, Wrapped) or first.kind != "tar" or not first.whole:
            if getattr(first, "source", "") == ZERO:
                return
            raise ArchiveError("Unexpected EOF in archive" if at else "This does not look like a tar archive")
        kind, mode, owner, mtime, count, link, name = first.inner.split(SEPARATOR, 6)
        begin, end = at + _BLOCK, at + _BLOCK + int(count)
        content = byte_slice(text, begin, end)
        yield Member(name, kind, int(mode, 8), owner, float(mtime), link if kind == "link" else content)
        if end > size:
            raise ArchiveError("Unexpected EOF in archive")
        at = end + -int(count) % _BLOCK
    raise ArchiveError("Unexpected EOF in archive" if at else "This does not look like a tar archive")


def compress(family: str, text: str) -> str:
    """Return a compressed form: bulk data hardly shrinks, text to two fifths, null bytes to a thousandth."""
    return wrapped(family, text, 20 + sum(map(_squeezed, pieces(text))))


def _squeezed(piece: Piece) -> int:
    size = piece_size(piece)
    if isinstance(piece, str):
        return (2 * size + 4) // 5
    if getattr(piece, "source", "") == ZERO:
        return size // 1000 + 1
    return size // 8 + 1 if isinstance(piece, Wrapped) and piece.kind == "tar" else size


def decompress(family: str, text: str) -> str:
    """Decompress consecutive compressed forms.

    Raises:
        ArchiveError: not compressed, or truncated.
    """
    out: list[Piece] = []
    for number, piece in enumerate(pieces(text)):
        if not isinstance(piece, Wrapped) or piece.family != family or piece.start:
            why = "decompression OK, trailing garbage ignored" if number else "not in the right format"
            raise ArchiveError(why, joined(out))
        out += pieces(inside(piece))
        if not piece.whole:
            raise ArchiveError("unexpected end of file", joined(out))
    return joined(out)


def to_text(kind: str, text: str) -> str:
    """Return base64 or hex (``base64/76``, ``hex/60``; 0: one line): real text of text, a wrapper of anything else."""
    if is_opaque(text):
        return wrapped(kind, text, encoded_size(kind, byte_size(text)))
    family, _, width = kind.partition("/")
    data = text.encode(errors="replace")
    encoded = base64.b64encode(data).decode() if family == "base64" else data.hex()
    columns = int(width)
    return "".join(f"{line}\n" for line in _lines(encoded, columns)) if columns else encoded


def _lines(text: str, columns: int) -> Iterator[str]:
    return (text[at : at + columns] for at in range(0, len(text), columns))


def from_text(family: str, text: str) -> str:
    """Decode base64 or hex.

    Raises:
        ArchiveError: invalid input.
    """
    if not is_opaque(text):
        return _decode_text(family, text)
    out: list[Piece] = []
    for piece in pieces(text):
        if isinstance(piece, str) and not piece.strip():
            continue
        lines = layout(piece.kind) if isinstance(piece, Wrapped) and piece.family == family else None
        if lines is None or not isinstance(piece, Wrapped):
            raise ArchiveError("invalid input", joined(out))
        inner, aligned = _decode_fragment(piece, lines)
        out += pieces(inner)
        if not aligned:
            raise ArchiveError("invalid input", joined(out))
    return joined(out)


def _decode_text(family: str, text: str) -> str:
    packed = "".join(text.split())
    try:
        data = (
            bytes.fromhex(packed)
            if family == "hex"
            else base64.b64decode(packed.encode(errors="replace"), validate=True)
        )
    except (binascii.Error, ValueError):
        raise ArchiveError("invalid input") from None
    return plain(data.decode(errors="replace"))


def _decode_fragment(piece: Wrapped, lines: Layout) -> tuple[str, bool]:
    """Decode a part of base64 or hex; also return whether it starts and ends on decodable boundaries."""
    first, begins = _inner_place(piece.start, piece, lines, up=True)
    last, ends = _inner_place(piece.end, piece, lines, up=False)
    return byte_slice(piece.inner, first, max(first, last)), begins and ends


def _inner_place(at: int, piece: Wrapped, lines: Layout, *, up: bool) -> tuple[int, bool]:
    if at >= piece.size:
        return byte_size(piece.inner), True
    characters, data = _UNITS[piece.family]
    line, column = divmod(at, lines.characters)
    if lines.newline and column == lines.characters - 1:
        return (line + 1) * lines.bytes, True
    units, rest = divmod(column, characters)
    return line * lines.bytes + (units + (1 if rest and up else 0)) * data, rest == 0


def encrypt(cipher: str, password: str, text: str) -> str:
    """Return an encrypted form: a salt, and blocks of 16 bytes."""
    return wrapped(_sealed(cipher, password), text, 32 + byte_size(text) // 16 * 16)


def decrypt(cipher: str, password: str, text: str) -> str:
    """Decrypt an encrypted form.

    Raises:
        ArchiveError: not encrypted, wrong key, or incomplete.
    """
    found = pieces(text)
    piece = found[0] if found else ""
    if not isinstance(piece, Wrapped) or piece.family != "openssl" or piece.start:
        raise ArchiveError("bad magic number")
    if piece.kind != _sealed(cipher, password) or not piece.whole or len(found) > 1:
        raise ArchiveError("bad decrypt")
    return piece.inner


def _sealed(cipher: str, password: str) -> str:
    return f"openssl/{cipher}/{hashlib.sha256(f'{cipher}/{password}'.encode(errors='replace')).hexdigest()[:16]}"
