"""Append-only text whose versions share their common beginning."""

from __future__ import annotations

from simenv.machine.content.tokens import byte_size


class GrownText:
    """A text built by appending pieces, at a cost proportional to the pieces; joined when it is read.

    Versions share one list of pieces, and each knows how many belong to it. Only the newest version extends the list; an
    older one (of a fork, for example) starts a new list.

    Attributes:
        characters: its length.
        bytes: its size.

    >>> old = GrownText("a").plus("b")
    >>> new, other = old.plus("c"), old.plus("d")
    >>> str(old), str(new), str(other)
    ('ab', 'abc', 'abd')
    """

    SHARED = True
    __slots__ = ("_count", "_pieces", "bytes", "characters")

    def __init__(self, text: str) -> None:
        self._pieces = [text]
        self._count = 1
        self.characters = len(text)
        self.bytes = byte_size(text)

    def plus(self, text: str) -> GrownText:
        """Return the text with another appended."""
        longer = object.__new__(GrownText)
        is_newest = len(self._pieces) == self._count
        longer._pieces = self._pieces if is_newest else self._pieces[: self._count]
        longer._pieces.append(text)
        longer._count = self._count + 1
        longer.characters = self.characters + len(text)
        longer.bytes = self.bytes + byte_size(text)
        return longer

    def __str__(self) -> str:
        if self._count > 1:
            self._pieces, self._count = ["".join(self._pieces[: self._count])], 1
        return self._pieces[0]
