"""Facts that an agent learns: which of a world's markers a text shows, however it is laid out."""

from __future__ import annotations

import quopri
import re
from collections.abc import Sequence

_ENCODED = re.compile(r"=(?:\r?\n|[0-9A-F]{2})")
_MARGIN = re.compile(r"^[ \t]*(?:[>|]+|\d+[:\t])?[ \t]*", re.MULTILINE)
_MOST_TEXTS = 2_000
_MOST_CHARS = 20_000


class FactFinder:
    """Finds facts in texts as they were shown, and remembers what it found: agents read the same texts again and again.

    A text shows a marker that it holds as it stands, with its lines folded elsewhere (quoted or numbered lines included), or in
    quoted-printable.

    Args:
        markers: the words of each fact.
    """

    __slots__ = ("_found", "_markers")

    def __init__(self, markers: Sequence[str]) -> None:
        self._markers = tuple((marker, _joined(marker)) for marker in markers)
        self._found: dict[str, tuple[int, ...]] = {}

    def find(self, text: str) -> tuple[int, ...]:
        """Return the places of the facts that `text` shows, in order."""
        if "\n" not in text and "=" not in text:  # most texts: there is no other layout to look for
            return tuple([place for place, (marker, _) in enumerate(self._markers) if marker in text])
        found = self._found.get(text)
        if found is None:
            found = self._search_layouts(text)
            if len(text) <= _MOST_CHARS:
                if len(self._found) >= _MOST_TEXTS:
                    self._found.clear()
                self._found[text] = found
        return found

    def _search_layouts(self, text: str) -> tuple[int, ...]:
        layouts = [text]
        if _ENCODED.search(text):
            layouts.append(quopri.decodestring(text.encode()).decode("utf-8", "replace"))
        joined = [_joined(_without_margin(layout)) for layout in layouts if "\n" in layout]
        unfolded = [layout.replace("\n", "") for layout in layouts if "\n" in layout]
        found = []
        for place, (marker, words) in enumerate(self._markers):
            # without its spaces, a single word would be found in longer ones ("Question " in "Questions")
            again, elsewhere = (marker, unfolded) if words == marker.strip() else (words, joined)
            if any(marker in layout for layout in layouts) or any(again in layout for layout in elsewhere):
                found.append(place)
        return tuple(found)


def _without_margin(text: str) -> str:
    return _MARGIN.sub("", text) if any(sign in text for sign in ">|:\t") else text


def _joined(text: str) -> str:
    return "".join(text.split())
