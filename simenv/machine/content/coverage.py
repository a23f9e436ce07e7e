"""How much of an artifact some content holds, and in what form: bulk data, through all archives and encodings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from simenv.machine.content.tokens import OPEN, Range, Wrapped, byte_size, byte_slice, joined, pieces

Span: TypeAlias = tuple[int, int]

_MAX_DEPTH = 12
_IN_PLACE = frozenset(("tar", "utf8"))
_SEALED = "openssl"


class Coverage(NamedTuple):
    """The part of an artifact that some content holds.

    Attributes:
        share: of the artifact's bytes, 0 to 1.
        bytes: number of those bytes.
        complete: the whole artifact is there, in one piece.
        encoded: the encodings around it, outermost first, e.g. ``("gzip",)``; with several copies, those of the largest.
        readable: no key is needed to read it.
        spans: ranges of its bytes, as (start, end), sorted and disjoint.
    """

    share: float
    bytes: int
    complete: bool
    encoded: tuple[str, ...]
    readable: bool
    spans: tuple[Span, ...]


class Find(NamedTuple):
    """A run of an artifact's bytes in a content, and the encodings around it."""

    artifact: str
    span: Span
    encoded: tuple[str, ...]


def unite(spans: Iterable[Sequence[int]]) -> tuple[Span, ...]:
    """Return spans sorted and merged where they touch.

    >>> unite([(5, 9), (0, 5), (20, 30)])
    ((0, 9), (20, 30))
    """
    merged: list[Span] = []
    for start, end in sorted((span[0], span[1]) for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def total(spans: Iterable[Span]) -> int:
    """Return the total length of disjoint spans."""
    return sum(end - start for start, end in spans)


def cover(finds: Iterable[Find], sizes: Mapping[str, int]) -> dict[str, Coverage]:
    """Summarise the runs found of each artifact; `sizes` are the artifacts' sizes in bytes."""
    by_artifact: dict[str, list[Find]] = {}
    for find in finds:
        by_artifact.setdefault(find.artifact, []).append(find)
    return {artifact: _cover(found, sizes[artifact]) for artifact, found in sorted(by_artifact.items())}


def _cover(finds: Sequence[Find], size: int) -> Coverage:
    spans = unite(find.span for find in finds)
    readable = unite(find.span for find in finds if _SEALED not in find.encoded)
    largest = max(finds, key=lambda find: (find.span[1] - find.span[0], -len(find.encoded)))
    count = total(spans)
    complete = any(find.span == (0, size) for find in finds)
    return Coverage(count / size, count, complete, largest.encoded, readable == spans, spans)


def find_bulk(text: str, sizes: Mapping[str, int]) -> Iterator[Find]:
    """Yield the runs of bulk artifacts in some content.

    Args:
        text: any content.
        sizes: the artifacts, with their sizes in bytes.
    """
    if OPEN in text and any(artifact in text for artifact in sizes):
        yield from _walk(text, sizes, (), 0)


def _walk(text: str, sizes: Mapping[str, int], encoded: tuple[str, ...], depth: int) -> Iterator[Find]:
    for piece in pieces(text):
        if isinstance(piece, Range):
            size = sizes.get(piece.source)
            if size is not None and piece.start < size:
                yield Find(piece.source, (piece.start, min(piece.end, size)), encoded)
        elif isinstance(piece, Wrapped) and depth < _MAX_DEPTH:
            around = encoded if piece.family in _IN_PLACE else (*encoded, piece.family)
            yield from _walk(inside(piece), sizes, around, depth + 1)


def inside(piece: Wrapped) -> str:
    """Return the content of a wrapper; of a fragment, the corresponding part of the inner content.

    Adjacent fragments hold adjacent parts.
    """
    if piece.whole:
        return piece.inner
    size = byte_size(piece.inner)
    return byte_slice(piece.inner, piece.start * size // piece.size, piece.end * size // piece.size)


def texts_in(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield all text in some content, with the encodings around it."""
    if OPEN not in text:
        yield text, ()
    else:
        yield from _texts(text, (), 0)


def _texts(text: str, encoded: tuple[str, ...], depth: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    plain = joined(piece for piece in pieces(text) if isinstance(piece, str))
    if plain:
        yield plain, encoded
    for piece in pieces(text):
        if isinstance(piece, Wrapped) and piece.family not in _IN_PLACE and depth < _MAX_DEPTH:
            yield from _texts(inside(piece), (*encoded, piece.family), depth + 1)
