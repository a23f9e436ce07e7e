"""Bytes of a guest, and content of a machine: text stays text, what is not text stays followed.

A guest reads the bytes of text. Bulk data (weights, archives) it sees as one character each, the placeholder that the shell
has for them; so what it copies is still known for what it is. Only placeholders that this guest has read count when it
writes: it can make none up.
"""

from __future__ import annotations

import re

from simenv.kernel import Simulation
from simenv.machine.content.placeholders import has_placeholders, to_content, to_placeholders
from simenv.machine.content.rendering import rendered_bytes
from simenv.machine.content.tokens import OPEN, RAW, UTF8, ZERO, Range, Wrapped, joined, pieces, wrapped

_RESERVED = re.compile("[\ue000-\ue002\U000f0000-\U0010ffff]")
_NOT_TEXT = re.compile("[\udc80-\udcff]+")
_MOST_ZEROS = 1_000_000
_DENSE = 16
"""If more than one byte in 16 is no text, all of a stretch is taken as data."""


class Translator:
    """What one guest has read, and so may write.

    Args:
        sim: the episode's simulation, which knows what placeholders stand for.
    """

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._seen: set[str] = set()

    def to_bytes(self, content: str) -> bytes:
        """Return a content as the guest reads it."""
        if OPEN not in content:
            return content.encode("utf-8", "replace")
        parts = []
        for piece in pieces(content):
            if isinstance(piece, str) or _has_bytes(piece):
                parts.append(rendered_bytes(joined([piece]), 0, 1 << 62))
            else:
                character = to_placeholders(joined([piece]), self._sim)
                self._seen.add(character)
                parts.append(character.encode())
        return b"".join(parts)

    def from_shell(self, text: str) -> bytes:
        """Return a text of the shell as the guest reads it."""
        return self.to_bytes(to_content(text, self._sim)) if not text.isascii() else text.encode()

    def to_shell(self, data: bytes) -> str:
        """Return bytes of the guest as a text of the shell."""
        return data.decode() if data.isascii() else to_placeholders(self.to_content(data), self._sim)

    def to_content(self, data: bytes) -> str:
        """Return bytes of the guest as content."""
        if data.isascii():
            return data.decode()
        text = data.decode("utf-8", "surrogateescape")
        text = _RESERVED.sub(self._known, text)
        odd = sum(map(len, _NOT_TEXT.findall(text)))
        if odd * _DENSE > len(data):
            return joined([piece for part in _stretches(text) for piece in pieces(self._data(part))])
        return to_content(_NOT_TEXT.sub(lambda found: self._placeholder(found.group()), text), self._sim)

    def _known(self, found: re.Match[str]) -> str:
        """Keep a placeholder that was read; any other character of that kind is mere bytes."""
        character = found.group()
        return character if character in self._seen else character.encode().decode("ascii", "surrogateescape")

    def _data(self, part: str) -> str:
        return to_content(part, self._sim) if has_placeholders(part) else _raw(part)

    def _placeholder(self, odd: str) -> str:
        return to_placeholders(_raw(odd), self._sim)


def _stretches(text: str) -> list[str]:
    return [part for part in re.split("([\U000f0000-\U0010ffff])", text) if part]


def _raw(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return wrapped(RAW, data.decode("latin-1"), len(data))


def _has_bytes(piece: Range | Wrapped) -> bool:
    """Return whether the very bytes of a token are known, and few enough."""
    if isinstance(piece, Range):
        return piece.source == ZERO and piece.end - piece.start <= _MOST_ZEROS
    return piece.kind in (RAW, UTF8)
