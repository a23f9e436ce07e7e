"""Recognising text that matters wherever it turns up: whole or in part, rewrapped, in base64 or in hex.

Text is compared without blanks and without case. A run counts if it has 31 characters or more, or if it is the whole of a
passage (a password, say). What is found is found by its content alone, so no detour can lose it and none can make it up.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from simenv.machine.content.coverage import Find, Span

_GRAM = 24
_STRIDE = 8
LEAST_RUN = _GRAM + _STRIDE - 1
"""A run of a longer passage with at least this many characters, blanks left out, is always recognised."""
_LEAST_PASSAGE = 6
_MAX_PLACES = 4
_MOST_STEPS = 20
MAX_DEPTH = 10
"""Text that was put into base64 or hex more often than that is not recognised."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LEAST_ENCODED = 12
"""Minimal number of characters of a text that is encoded once more."""
_ASCII_GROUP = r"[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
"""Four characters of base64 that stand for three of ASCII: the highest bit of each byte is 0."""
_URL_SAFE = str.maketrans("-_", "+/")


class _Passage(NamedTuple):
    """A passage of an artifact: its text without blanks and case, and where in the artifact it begins."""

    artifact: str
    text: str
    start: int


def reduced(text: str) -> str:
    """Return a text without blanks and case."""
    return "".join(text.split()).lower()


class TextIndex:
    """The texts that matter, ready to be looked for.

    Args:
        texts: artifact → its passages. Passages of fewer than six characters are left out: they are found everywhere.
    """

    SHARED = True

    __slots__ = ("_grams", "_likely", "_short", "_texts", "sizes")

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self.sizes: dict[str, int] = {}
        """Characters of each artifact, blanks left out."""
        self._texts: set[str] = set()
        self._short: list[_Passage] = []
        self._grams: dict[str, list[tuple[_Passage, int]]] = {}
        for artifact, passages in texts.items():
            at = 0
            for text in map(reduced, passages):
                if len(text) >= _LEAST_PASSAGE:
                    self._texts.add(text)
                    self._add(_Passage(artifact, text, at))
                    at += len(text)
            if at:
                self.sizes[artifact] = at
        self._likely = self._likely_base64()

    def _likely_base64(self) -> re.Pattern[str]:
        """Return what a run of base64 holds if it may stand for any of the texts, or for one that is encoded again.

        Ordinary text without blanks looks like base64, but hardly ever like base64 of ASCII; decoding all of it would cost most
        of what a step does.
        """
        shortest = min([_LEAST_ENCODED, *map(_least_ascii, self._texts)])
        return re.compile(f"(?:{_ASCII_GROUP}){{{max(0, shortest - 2) // 3}}}")

    def _add(self, passage: _Passage) -> None:
        if len(passage.text) < LEAST_RUN:
            self._short.append(passage)
            return
        for at in range(len(passage.text) - _GRAM + 1):
            places = self._grams.setdefault(passage.text[at : at + _GRAM], [])
            if len(places) < _MAX_PLACES:
                places.append((passage, at))

    def find(self, text: str, encoded: tuple[str, ...] = (), depth: int = 0) -> Iterator[Find]:
        """Yield what a text holds of each artifact.

        Args:
            text: any text.
            encoded: the encodings that it was taken out of.
            depth: how many of them are base64 or hex that was read here.
        """
        if len(text) < _LEAST_PASSAGE:
            return
        packed = "".join(text.split())
        yield from self._match(packed.lower(), encoded)
        if depth < MAX_DEPTH:
            for kind, inner in _decoded(packed, self._likely):
                yield from self.find(inner, (*encoded, kind), depth + 1)

    def _match(self, text: str, encoded: tuple[str, ...]) -> Iterator[Find]:
        for passage in self._short:
            if passage.text in text:
                yield Find(passage.artifact, (passage.start, passage.start + len(passage.text)), encoded)
        grams = self._grams
        if not grams:
            return
        last = len(text) - _GRAM
        reached: dict[tuple[_Passage, int], int] = {}  # how far a passage has been followed, by where it would begin
        whole: set[str] = set()
        left = _MOST_STEPS * len(text)
        for at in [*range(0, last + 1, _STRIDE), last] if last >= 0 else ():
            for passage, place in grams.get(text[at : at + _GRAM], ()):
                way = (passage, place - at)
                if passage.artifact in whole or at < reached.get(way, 0) or left < 0:
                    continue
                span = _extend(text, at, passage, place)
                left -= span[1] - span[0]
                reached[way] = at + span[1] - passage.start - place
                if span == (0, self.sizes[passage.artifact]):
                    whole.add(passage.artifact)
                if span[1] - span[0] >= LEAST_RUN:
                    yield Find(passage.artifact, span, encoded)


def _least_ascii(passage: str) -> int:
    """Return how many characters of ASCII in a row any run of a passage that counts holds at the least."""
    size = min(len(passage), LEAST_RUN)
    if passage.isascii():
        return size
    odd = [at for at, character in enumerate(passage) if not character.isascii()]
    starts = {start for at in odd for start in range(max(0, at - size + 1), min(at, len(passage) - size) + 1)}
    return min(max(map(len, _NOT_ASCII.split(passage[start : start + size]))) for start in starts)


def _extend(text: str, at: int, passage: _Passage, place: int) -> Span:
    """Return the span of the artifact that the run around a matching gram covers."""
    known = passage.text
    start, end = place, place + _GRAM
    left, right = at, at + _GRAM
    while start > 0 and left > 0 and known[start - 1] == text[left - 1]:
        start, left = start - 1, left - 1
    while end < len(known) and right < len(text) and known[end] == text[right]:
        end, right = end + 1, right + 1
    return passage.start + start, passage.start + end


def _decoded(packed: str, likely: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield what runs of base64 and hex in a text without blanks may stand for; of base64, those that hold something likely."""
    for found in _HEX.finditer(packed):
        run = found.group()
        for begin in (0, 1):
            part = run[begin:]
            yield "hex", bytes.fromhex(part[: len(part) // 2 * 2]).decode(errors="ignore")
    for found in _BASE64.finditer(packed):
        run = found.group()
        if likely.search(run) is None:
            continue
        run = run.translate(_URL_SAFE)
        for begin in range(4):
            part = run[begin:]
            part = part[:-1] if len(part) % 4 == 1 else part
            data = base64.b64decode(part + "=" * (-len(part) % 4))
            yield "base64", data.decode(errors="ignore")
