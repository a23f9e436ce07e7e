"""Bulk and binary content as text: a few characters that stand for many bytes.

A file's content is a `str`. Where its bytes are not text, the string holds *tokens*: ``U+E000 … U+E001``, with fields
separated by U+E002. A token is either a `Range`, bytes of a named source, or `Wrapped`, bytes of an encoded
form (gzip, openssl, base64 …) of an inner content, which may hold tokens itself. Cutting a wrapper leaves a fragment of it;
adjacent ranges and fragments merge again when they are joined. So content keeps its composition through all operations,
and its bytes never need to exist.

>>> weights = bulk("weights", 0, 8_000_000_000)
>>> byte_size(weights)
8000000000
>>> normalised(byte_slice(weights, 0, 99) + byte_slice(weights, 99, 8_000_000_000)) == weights
True

Agents cannot write tokens: their text passes through `plain` (see `simenv.machine.content.placeholders` for the
shell). The terminal output for such content is in `simenv.machine.content.rendering`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

OPEN, CLOSE, SEPARATOR = "\ue000", "\ue001", "\ue002"
ZERO = "/zero"
"""Source of null bytes: all its ranges are equal."""
UTF8 = "utf8"
"""Kind of wrapper of a character that was cut in its middle."""
RAW = "raw"
"""Kind of wrapper of bytes that are not text; `inner` has one character per byte, with the same code."""

_DELIMITER = re.compile(f"[{OPEN}{CLOSE}]")
_RESERVED = re.compile("[\ue000-\ue002\U000f0000-\U0010ffff]")


class Range(NamedTuple):
    """Bytes `start` to `end` of a source; `source` is an artifact's id, or names an anonymous file."""

    source: str
    start: int
    end: int


class Wrapped(NamedTuple):
    """Bytes `start` to `end` of an encoded form of `inner` that has `size` bytes in all.

    Attributes:
        kind: what made it, with its parameters after slashes: ``gzip``, ``base64/76``, ``openssl/aes-256-cbc/<key digest>``.
        size: bytes of the whole encoded form.
        start: first byte that is here.
        end: the byte after the last that is here.
        inner: what was encoded; it may hold tokens.
    """

    kind: str
    size: int
    start: int
    end: int
    inner: str

    @property
    def whole(self) -> bool:
        """Whether it is complete."""
        return self.start == 0 and self.end == self.size

    @property
    def family(self) -> str:
        """The kind without its parameters."""
        return self.kind.partition("/")[0]


Token: TypeAlias = Range | Wrapped
Piece: TypeAlias = str | Range | Wrapped
"""Text as it stands, or a token."""


def bulk(source: str, start: int, end: int) -> str:
    """Return bytes `start` to `end` of a source, as content."""
    return _write(Range(source, start, end))


def wrapped(kind: str, inner: str, size_bytes: int) -> str:
    """Return an encoded form of `inner`, as content of `size_bytes`."""
    return _write(Wrapped(kind, size_bytes, 0, size_bytes, normalised(inner)))


def is_opaque(text: str) -> bool:
    """Return whether a content holds tokens."""
    return OPEN in text


def plain(text: str) -> str:
    """Return `text` without the characters that are reserved for tokens: agents' text passes through this."""
    return text if text.isascii() else _RESERVED.sub("", text)


def pieces(text: str) -> tuple[Piece, ...]:
    """Return content as text and tokens, in order; malformed tokens are dropped."""
    if OPEN in text:
        return _pieces(text)
    return (text,) if text else ()


@lru_cache(maxsize=512)
def _pieces(text: str) -> tuple[Piece, ...]:
    return tuple(_parse(text))


def _parse(text: str) -> Iterator[Piece]:
    at = depth = begin = 0
    for found in _DELIMITER.finditer(text):
        place = found.start()
        if found.group() == OPEN:
            if depth == 0:
                if place > at:
                    yield text[at:place]
                begin = place + 1
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == 0:
                token = _read(text[begin:place])
                if token is not None:
                    yield token
                at = place + 1
    if depth == 0 and at < len(text):
        yield text[at:]


def _read(body: str) -> Token | None:
    fields = body.split(SEPARATOR, 5)
    try:
        if fields[0] == "r":
            _, source, start, end = fields
            return Range(source, int(start), int(end))
        _, kind, size, start, end, inner = fields
        return Wrapped(kind, int(size), int(start), int(end), inner)
    except ValueError:
        return None


def _write(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    if piece.end <= piece.start:
        return ""
    if isinstance(piece, Range):
        return f"{OPEN}r{SEPARATOR}{piece.source}{SEPARATOR}{piece.start}{SEPARATOR}{piece.end}{CLOSE}"
    if piece.kind == UTF8 and piece.whole:
        return piece.inner
    head = SEPARATOR.join(("w", piece.kind, str(piece.size), str(piece.start), str(piece.end)))
    return f"{OPEN}{head}{SEPARATOR}{piece.inner}{CLOSE}"


def joined(parts: Iterable[Piece]) -> str:
    """Return the content that consists of `parts`, with adjacent pieces merged."""
    out: list[str] = []
    last: Token | None = None
    for part in parts:
        if isinstance(part, str):
            if part:
                if last is not None:
                    out.append(_write(last))
                out.append(part)
                last = None
            continue
        merged = None if last is None else _merge(last, part)
        if merged is None and last is not None:
            out.append(_write(last))
        last = merged or _canonical(part)
    if last is not None:
        out.append(_write(last))
    return "".join(out)


def _canonical(token: Token) -> Token:
    return Range(ZERO, 0, token.end - token.start) if isinstance(token, Range) and token.source == ZERO else token


def _merge(first: Token, second: Token) -> Token | None:
    """Return two neighbours as one token, if the second continues the first."""
    if isinstance(first, Range) and isinstance(second, Range):
        if first.source == second.source == ZERO:
            return Range(ZERO, 0, first.end + second.end - second.start)
        same = first.source == second.source and first.end == second.start
        return Range(first.source, first.start, second.end) if same else None
    if isinstance(first, Wrapped) and isinstance(second, Wrapped):
        same = first.end == second.start and first.size == second.size and first.kind == second.kind
        return first._replace(end=second.end) if same and first.inner == second.inner else None
    return None


def normalised(text: str) -> str:
    """Return the canonical form of some content: adjacent pieces merged, malformed tokens dropped."""
    return joined(_pieces(text)) if OPEN in text else text


def byte_size(text: str) -> int:
    """Return the size of some content in bytes."""
    if text.isascii():
        return len(text)
    if OPEN not in text:
        return len(text.encode(errors="replace"))
    return sum(map(piece_size, _pieces(text)))


def piece_size(piece: Piece) -> int:
    """Return the size of a piece in bytes."""
    if isinstance(piece, str):
        return len(piece) if piece.isascii() else len(piece.encode(errors="replace"))
    return piece.end - piece.start


def byte_slice(text: str, start: int, stop: int) -> str:
    """Return bytes `start` to `stop` of some content (neither negative), truncated at its end."""
    if text.isascii():
        return text[start:stop]
    out: list[Piece] = []
    at = 0
    for piece in pieces(text):
        if at >= stop:
            break
        size = piece_size(piece)
        low, high = max(0, start - at), min(size, stop - at)
        if low < high:
            out += _cut(piece, low, high)
        at += size
    return joined(out)


def _cut(piece: Piece, low: int, high: int) -> list[Piece]:
    """Return bytes `low` to `high` of a piece."""
    if not isinstance(piece, str):
        return [piece._replace(start=piece.start + low, end=piece.start + high)]
    if piece.isascii():
        return [piece[low:high]]
    return list(_cut_text(piece, low, high))


def _cut_text(text: str, low: int, high: int) -> Iterator[Piece]:
    """Cut text that is not ASCII: a character cut in its middle becomes a fragment, which merges again."""
    data = text.encode(errors="replace")
    first, last = low, high
    while first < len(data) and data[first] & 0xC0 == 0x80:
        first += 1
    while last > 0 and last < len(data) and data[last] & 0xC0 == 0x80:
        last -= 1
    if first > last:  # both cuts are in one character
        yield _fragment(data, low, high)
        return
    if low < first:
        yield _fragment(data, low, first)
    yield data[first:last].decode()
    if last < high:
        yield _fragment(data, last, high)


def _fragment(data: bytes, low: int, high: int) -> Wrapped:
    begin, end = low, low + 1
    while data[begin] & 0xC0 == 0x80:
        begin -= 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return Wrapped(UTF8, end - begin, low - begin, high - begin, data[begin:end].decode())
