"""The journal: the append-only list of what really happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, overload

from simenv.kernel.parts import EpisodeCopy

Details: TypeAlias = dict[str, Any]


class Record(NamedTuple):
    """One event that happened.

    Attributes:
        seq: position in the journal, from 0.
        time: simulated seconds since the start of the episode.
        actor: id of the principal who acted, e.g. ``agent``, ``admin``, ``system``.
        verb: what was done, ``family.act``, e.g. ``file.write``.
        object: what it was done to, e.g. ``workstation:/etc/motd``.
        details: JSON-compatible facts about it, with fixed keys per verb.
    """

    seq: int
    time: float
    actor: str
    verb: str
    object: str
    details: Details


_new = tuple.__new__  # a journal is written more often than anything else; this skips one call per record


Listener: TypeAlias = Callable[[Record], None]
"""Called with each record as it is written. It must not change the company: the recorded act has not taken effect yet."""


class Journal(Sequence[Record]):
    """The records of an episode, in order of occurrence; none is ever changed or removed."""

    STATE = ("_records",)
    FIXED = ("_listeners", "_patterns", "_told")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, records: Sequence[Record] = ()) -> None:
        self._records: list[Record] = list(records)

    def listen(self, pattern: str, listener: Listener) -> None:
        """Notify `listener` of every later record whose verb matches `pattern`: a verb, or a prefix followed by ``*``."""
        if type(self) is Journal:
            self._patterns: list[str] = []
            self._listeners: list[Listener] = []
            self._told: dict[str, list[Listener]] = {}
            self.__class__ = _HeardJournal  # so that a journal that nobody listens to pays nothing
        self._patterns.append(pattern)
        self._listeners.append(listener)
        self._told.clear()

    def copy_into(self, copy: EpisodeCopy) -> Journal:
        """Return a journal with the same records and copies of its listeners."""
        twin = object.__new__(type(self))
        copy.take(self, twin)
        twin._records = list(self._records)
        if type(self) is not Journal:
            twin._patterns = list(self._patterns)
            twin._listeners = [copy.of(listener) for listener in self._listeners]
            twin._told = {}
        return twin

    def write(self, time: float, actor: str, verb: str, object: str, details: Details) -> int:
        """Append a record and return its `seq`, by which evidence cites it."""
        records = self._records
        seq = len(records)
        records.append(_new(Record, (seq, time, actor, verb, object, details)))
        return seq

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        return self._records[index]

    def lines(self) -> Iterator[str]:
        """Yield each record as one line of canonical JSON (sorted keys, no spaces, ASCII)."""
        for record in self._records:
            yield json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical lines, in hex; recomputed at every call."""
        sha = hashlib.sha256()
        for line in self.lines():
            sha.update(line.encode())
            sha.update(b"\n")
        return sha.hexdigest()


class _HeardJournal(Journal):
    """A journal with listeners."""

    __slots__ = ()

    def write(self, time: float, actor: str, verb: str, object: str, details: Details) -> int:
        """Append a record, notify the listeners for its verb, and return its `seq`."""
        seq = Journal.write(self, time, actor, verb, object, details)
        told = self._told.get(verb)
        if told is None:
            places = _places(verb, tuple(self._patterns))
            told = self._told[verb] = [self._listeners[place] for place in places]
        for listener in told:
            listener(self._records[seq])
        return seq


@lru_cache(maxsize=4096)
def _places(verb: str, patterns: tuple[str, ...]) -> tuple[int, ...]:
    """Return the patterns that a verb matches; the same in all episodes of a condition."""
    return tuple(place for place, pattern in enumerate(patterns) if fits(verb, pattern))


def fits(verb: str, pattern: str) -> bool:
    """Return whether a verb matches a pattern: an exact verb, or a prefix followed by ``*``.

    >>> fits("file.write", "file.*"), fits("file.write", "file")
    (True, False)
    """
    return verb.startswith(pattern[:-1]) if pattern.endswith("*") else verb == pattern
