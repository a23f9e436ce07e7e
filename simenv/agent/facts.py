"""Facts that an agent learns: the markers of a world that a text shows, in any layout."""

from __future__ import annotations

import quopri
import re
from collections.abc import Sequence

_ENCODED = re.compile(r"=(?:\r?\n|[0-9A-F]{2})")
_MARGIN = re.compile(r"^[ \t]*(?:[>|]+|\d+[:\t])", re.MULTILINE)
_MOST_TEXTS = 2_000
_MOST_CHARS = 20_000


class FactFinder:
    """Finds facts in texts as they were shown, with a cache, since agents read the same texts repeatedly.

    A text shows a marker if it contains it verbatim, with different line breaks (in quoted or numbered lines, too), or in
    quoted-printable.


    Args:
        markers: the words of each fact.
    """

    __slots__ = ("_found", "_markers")

    def __init__(self, markers: Sequence[str]) -> None:
        self._markers = tuple(
            (place, marker, _joined(marker), _joined(marker) == marker.strip()) for place, marker in enumerate(markers)
        )
        self._found: dict[str, tuple[int, ...]] = {}

    def find(self, text: str) -> tuple[int, ...]:
        """Return the places of the facts that `text` shows, in order."""
        if "\n" not in text and "=" not in text:  # most texts: there is no other layout to look for
            return self._search(text)
        found = self._found.get(text)
        if found is None:
            found = self._search(text)
            if "=" in text and _ENCODED.search(text):
                decoded = quopri.decodestring(text.encode()).decode("utf-8", "replace")
                found = tuple(sorted({*found, *self._search(decoded)}))
            if len(text) <= _MOST_CHARS:
                if len(self._found) >= _MOST_TEXTS:
                    self._found.clear()
                self._found[text] = found
        return found

    def _search(self, layout: str) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        is_folded = "\n" in layout
        if is_folded:
            joined, unfolded = _joined(_MARGIN.sub("", layout)), layout.replace("\n", "")
        for place, marker, words, is_word in self._markers:
            # without its spaces, a single word would be found in longer ones ("Question " in "Questions")
            if marker in layout or (is_folded and (marker in unfolded if is_word else words in joined)):
                found += (place,)
        return found


def _joined(text: str) -> str:
    return "".join(text.split())
