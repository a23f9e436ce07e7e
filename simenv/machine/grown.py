"""Text that grows at its end: each version shares what it has in common with those before."""

from __future__ import annotations

from simenv.machine.content.tokens import byte_size


class GrownText:
    """A text to which pieces were added, at the cost of the pieces; put together when somebody reads it.

    Versions share one list of pieces, of which each knows how many are its own. Only the newest version of a list adds to it;
    an older one (that of a fork, for example) begins a list.

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
        """Return the text with another at its end."""
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
