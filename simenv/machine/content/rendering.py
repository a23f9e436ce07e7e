"""The bytes of content that is not text, computed only where they are looked at: terminal output, line ends.

Bytes of a source, and of a compressed or encrypted form, are SHA-256 in counter mode, so repeated reads agree, with a
newline as every 256th byte. Those of base64, hex and hex dumps are computed from the bytes inside.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from simenv.machine.content.tokens import (
    OPEN,
    RAW,
    UTF8,
    ZERO,
    Piece,
    Range,
    Token,
    Wrapped,
    byte_size,
    byte_slice,
    joined,
    piece_size,
    pieces,
)

_LINE = 256
_BLOCK = 32
_MAX_SHOWN = 2_000
_MAGIC = {
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "xz": b"\xfd7zXZ\x00\x00\x04",
    "zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
    "openssl": b"Salted__",
}


class Layout(NamedTuple):
    """How an encoding lays bytes out in lines.

    Attributes:
        bytes: of the inner content in a line.
        characters: of a full line, its newline included.
        newline: whether lines end in newlines.
    """

    bytes: int
    characters: int
    newline: bool


def layout(kind: str) -> Layout | None:
    """Return the layout of a kind of wrapper whose bytes are text; None if they are not."""
    family, _, width = kind.partition("/")
    columns = int(width) if width.isdecimal() else 0
    if family == "base64":
        return Layout(columns // 4 * 3, columns + 1, newline=True) if columns else Layout(57, 76, newline=False)
    if family == "hex":
        return Layout(columns // 2, columns + 1, newline=True) if columns else Layout(30, 60, newline=False)
    return Layout(16, 68, newline=True) if family == "xxd" else None


def encoded_size(kind: str, inner_bytes: int) -> int:
    """Return the size of a number of bytes in a kind of wrapper whose bytes are text."""
    lines = layout(kind)
    assert lines is not None
    full, rest = divmod(inner_bytes, lines.bytes)
    return full * lines.characters + (len(_line(kind, b"\0" * rest, 0, lines)) if rest else 0)


def _line(kind: str, data: bytes, offset: int, lines: Layout) -> bytes:
    end = b"\n" if lines.newline else b""
    if kind[0] == "b":
        return base64.b64encode(data) + end
    if kind[0] == "h":
        return data.hex().encode() + end
    return dump_line(data, offset).encode()


def dump_line(data: bytes, offset: int) -> str:
    """Return one line of a hex dump, as `xxd` prints it."""
    pairs = " ".join(data[at : at + 2].hex() for at in range(0, len(data), 2))
    shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    return f"{offset & 0xFFFFFFFF:08x}: {pairs:<39}  {shown}\n"


def rendered_bytes(text: str, start: int, stop: int) -> bytes:
    """Return bytes `start` to `stop` of some content; costs time per byte."""
    return b"".join(_piece_bytes(piece) for piece in pieces(byte_slice(text, start, stop)))


def _piece_bytes(piece: Piece) -> bytes:
    if isinstance(piece, str):
        return piece.encode(errors="replace")
    if isinstance(piece, Range):
        size = piece.end - piece.start
        return bytes(size) if piece.source == ZERO else _stream(f"r/{piece.source}", piece.start, piece.end)
    if piece.kind == UTF8:
        return piece.inner.encode()[piece.start : piece.end]
    if piece.kind == RAW:
        return piece.inner.encode("latin-1", "replace")[piece.start : piece.end]
    lines = layout(piece.kind)
    if lines is not None:
        return _lines_bytes(piece, lines)
    return _binary_bytes(piece)


def _lines_bytes(piece: Wrapped, lines: Layout) -> bytes:
    first, last = piece.start // lines.characters, -(-piece.end // lines.characters)
    data = rendered_bytes(piece.inner, first * lines.bytes, last * lines.bytes)
    encoded = b"".join(
        _line(piece.kind, data[at : at + lines.bytes], first * lines.bytes + at, lines)
        for at in range(0, len(data), lines.bytes)
    )
    begin = piece.start - first * lines.characters
    return encoded[begin : begin + piece.end - piece.start]


def _binary_bytes(piece: Wrapped) -> bytes:
    key = hashlib.sha256(f"{piece.kind}\n{piece.inner}".encode()).hexdigest()
    magic = _MAGIC.get(piece.family, b"") if piece.family != "tar" else piece.inner.encode()[:100]
    data = _stream(key, piece.start, piece.end)
    return magic[piece.start : piece.end] + data[max(0, len(magic) - piece.start) :]


def _stream(key: str, start: int, end: int) -> bytes:
    first = start // _BLOCK
    blocks = (hashlib.sha256(f"{key}/{number}".encode()).digest() for number in range(first, -(-end // _BLOCK)))
    data = bytearray(b"".join(blocks).replace(b"\n", b"\v"))
    begin = first * _BLOCK
    for at in range(-(begin + 1) % _LINE, len(data), _LINE):
        data[at] = 10
    return bytes(data[start - begin : end - begin])


def shown(text: str) -> str:
    """Return the terminal output for some content: text as it is, of other data some bytes and the number of the rest."""
    if OPEN not in text:
        return text
    left = _MAX_SHOWN
    out: list[str] = []
    for piece in pieces(text):
        if isinstance(piece, str):
            out.append(piece)
            continue
        size = piece_size(piece)
        out.append("".join(map(_printed, rendered_bytes(joined([piece]), 0, min(size, left)).decode("latin-1"))))
        if size > left:
            out.append(f"\n[{size - left} more bytes, not shown]\n")
        left = max(0, left - size)
    return "".join(out)


def _printed(character: str) -> str:
    return character if " " <= character <= "~" or character in "\n\t" else "\ufffd"


# -- lines -------------------------------------------------------------------------------------------------------------


def _period(token: Token) -> int:
    """Return the distance in bytes between a token's newlines, counted from byte 0 of its source; 0: it has none."""
    if isinstance(token, Range):
        return 0 if token.source == ZERO else _LINE
    lines = layout(token.kind)
    if lines is None:
        return 0 if token.kind in (UTF8, RAW) else _LINE
    return lines.characters if lines.newline else 0


def _extra(token: Token) -> int:
    """Return 1 if a token ends in a newline outside its period, as an encoded text does."""
    if isinstance(token, Range) or token.end < token.size:
        return 0
    lines = layout(token.kind)
    return int(lines is not None and lines.newline and token.size % lines.characters != 0)


def count_lines(text: str) -> int:
    """Return the number of newlines in some content."""
    return sum(_newlines(piece) for piece in pieces(text))


def _newlines(piece: Piece) -> int:
    if isinstance(piece, str):
        return piece.count("\n")
    if isinstance(piece, Wrapped) and piece.kind == RAW:
        return piece.inner.count("\n", piece.start, piece.end)
    period = _period(piece)
    return (piece.end // period - piece.start // period if period else 0) + _extra(piece)


def line_end(text: str, number: int) -> int:
    """Return the size of the first `number` lines of some content."""
    if number <= 0:
        return 0
    at = 0
    for piece in pieces(text):
        here = _newlines(piece)
        if number <= here:
            return at + _after(piece, number)
        number -= here
        at += piece_size(piece)
    return at


def _after(piece: Piece, number: int) -> int:
    """Return how many bytes of a piece contain its first `number` newlines."""
    if isinstance(piece, str):
        end = -1
        for _ in range(number):
            end = piece.find("\n", end + 1)
        return byte_size(piece[: end + 1])
    if isinstance(piece, Wrapped) and piece.kind == RAW:
        return _after(piece.inner[piece.start : piece.end].translate(_TO_ASCII), number)
    period = _period(piece)
    place = (piece.start // period + number) * period
    return min(place, piece.end) - piece.start


_TO_ASCII = dict.fromkeys(range(128, 256), "?")
"""Makes a character of raw bytes count as one byte."""
_DESCRIPTIONS = {
    "gzip": "gzip compressed data, from Unix",
    "xz": "XZ compressed data, checksum CRC64",
    "zip": "Zip archive data, at least v2.0 to extract, compression method=deflate",
    "openssl": "openssl enc'd data with salted password",
    "tar": "POSIX tar archive (GNU)",
    "base64": "ASCII text",
    "hex": "ASCII text",
    "xxd": "ASCII text",
}


def describe(text: str) -> str:
    """Return the output of `file` for content that is not text."""
    first = pieces(text)[0]
    if isinstance(first, Wrapped) and first.start == 0:
        return _DESCRIPTIONS.get(first.family, "data")
    return "data"
