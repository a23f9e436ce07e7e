"""Recognising sensitive text wherever it appears: whole or in part, rewrapped, in base64 or in hex.

Text is compared ignoring whitespace and case. A run counts if it has 31 characters or more, or if it is a complete passage
(a password, say). Only content decides, so no detour can lose a passage or invent one.
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
"""A run of a longer passage with at least this many characters, ignoring whitespace, is always recognised."""
_LEAST_PASSAGE = 6
_MAX_PLACES = 4
_MOST_STEPS = 20
MAX_DEPTH = 10
"""Text with more nested layers of base64 or hex is not recognised."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LEAST_ENCODED = 12
"""Minimum length of a nested encoding, in characters."""
_ASCII_GROUP = r"[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
"""Four characters of base64 that stand for three of ASCII: the highest bit of each byte is 0."""
_URL_SAFE = str.maketrans("-_", "+/")


class _Passage(NamedTuple):
    """A passage of an artifact: its normalised text, and its offset in the artifact."""

    artifact: str
    text: str
    start: int


def reduced(text: str) -> str:
    """Normalise a text: remove whitespace and case."""
    return "".join(text.split()).lower()


class TextIndex:
    """An index of sensitive texts.

    Args:
        texts: artifact → its passages. Passages of fewer than six characters are ignored: they occur everywhere.
    """

    SHARED = True

    __slots__ = ("_grams", "_likely", "_short", "_texts", "sizes")

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self.sizes: dict[str, int] = {}
        """Length of each artifact in characters, ignoring whitespace."""
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
        """Decode a run of base64 if it may contain any of the texts, or a nested encoding.

        Ordinary text without whitespace looks like base64, but rarely like base64 of ASCII; decoding all of it would
        dominate the cost of a step.
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
        """Yield the parts of artifacts in a text.

        Args:
            text: any text.
            encoded: the encodings that it was decoded from.
            depth: number of them that were decoded here.
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
    """Return the minimum number of consecutive ASCII characters in any countable run of a passage."""
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
    """Decode the runs of base64 and hex in a text without whitespace; of base64, only likely ones."""
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
