"""Tables as flat arrays, so that many episodes can be looked up in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simenv.tables.recording import Read, Recording
from simenv.tables.trace import Slot

MISS, REFUSED = -1, -2
"""What a look-up finds instead of a recording: none yet, or one that says that the engine has to make the call."""
_ENDS = ("", "stopped", "finished")
Ints = NDArray[np.int32]


class Arrays:
    """Recordings, compiled over certain columns.

    A node tests a column; its children lie side by side in `edges`, one for each value that was known when it was made, and
    what lies beyond them is unknown. A leaf leads to itself. Node 0 is what is not known: it leads to itself as well.

    Args:
        columns: the slots that are tested; column 0 of a row is always 0.
        facts: how many facts the world has.
        actions: how many calls there are.
    """

    def __init__(self, columns: Sequence[Slot], facts: int, actions: int) -> None:
        self.column_of = {slot: place for place, slot in enumerate(columns, start=1)}
        self.width = len(columns) + 1
        self.values: list[dict[str, int]] = [{} for _ in range(self.width)]
        self.recordings: list[Recording] = []
        self._root = np.zeros(actions, np.int32)
        self._column, self._first, self._size = (np.zeros(1024, np.int32) for _ in range(3))
        self._leaf = np.full(1024, MISS, np.int32)
        self._edges = np.zeros(8192, np.int32)
        self._nodes, self._used = 1, 1
        self._size[0] = 1  # its only edge leads to itself
        self._facts = facts
        self._make_leaves(256)

    def _make_leaves(self, room: int) -> None:
        self.ok, self.silent = np.zeros(room, np.bool_), np.zeros(room, np.bool_)
        self.end = np.zeros(room, np.int8)
        self.score, self.due = np.zeros(room), np.full(room, np.inf)
        self.inbox, self.unread = np.full(room, -1, np.int32), np.full(room, -1, np.int32)
        self.facts = np.zeros((room, self._facts), np.int16)
        self.seconds, self.spends = np.zeros(room), np.zeros((room, 1))
        self.write_column, self.write_value = np.zeros((room, 4), np.int32), np.zeros((room, 4), np.int32)

    def value(self, column: int, key: str) -> int:
        """Return the number of a column's value."""
        numbers = self.values[column]
        return numbers.setdefault(key, len(numbers))

    # -- building ----------------------------------------------------------------------------------------------------

    def add(self, recording: Recording, reads: Sequence[Read], *, is_left: bool = False) -> None:
        """Take a recording in; `reads` is what its call depends on. One that `is_left` to the engine is found no more."""
        number = len(self.recordings)
        self.recordings.append(recording)
        self._keep(number, recording)
        if is_left:
            return
        leaf = self._node(0, 1)
        self._edges[self._first[leaf]] = leaf
        self._leaf[leaf] = REFUSED if recording.refused else number
        path = [
            (self.column_of[read.slot], self.value(self.column_of[read.slot], read.key))
            for read in reads
            if read.slot in self.column_of
        ]
        self._link(recording.action, path, leaf)

    def _link(self, action: int, path: Sequence[tuple[int, int]], leaf: int) -> None:
        if not path:
            self._root[action] = leaf
            return
        if not self._root[action]:
            self._root[action] = self._node(path[0][0], len(self.values[path[0][0]]))
        node = int(self._root[action])
        for place, (column, value) in enumerate(path):
            assert self._column[node] == column, "tries of one order of reads keep it over any columns"
            self._make_room(node, value)
            edge = self._first[node] + value
            if place == len(path) - 1:
                self._edges[edge] = self._edges[edge] or leaf
                return
            if not self._edges[edge]:
                following = path[place + 1][0]
                new = self._node(following, len(self.values[following]))
                self._edges[edge] = new
            node = int(self._edges[edge])

    def _node(self, column: int, size: int) -> int:
        if self._nodes == len(self._column):
            self._column, self._first, self._size = map(_doubled, (self._column, self._first, self._size))
            self._leaf = _doubled(self._leaf, MISS)
        node, self._nodes = self._nodes, self._nodes + 1
        self._column[node], self._size[node] = column, max(1, size)
        self._first[node] = self._take_edges(max(1, size))
        return node

    def _take_edges(self, count: int) -> int:
        while self._used + count > len(self._edges):
            self._edges = _doubled(self._edges)
        first, self._used = self._used, self._used + count
        return first

    def _make_room(self, node: int, value: int) -> None:
        """Move a node's edges to where there is room for a value that it did not know."""
        size = int(self._size[node])
        if value < size:
            return
        larger = max(value + 1, 2 * size)
        first = self._take_edges(larger)
        old = int(self._first[node])
        self._edges[first : first + size] = self._edges[old : old + size]
        self._first[node], self._size[node] = first, larger

    def _keep(self, number: int, recording: Recording) -> None:
        """Write down what a recording does."""
        if number == len(self.ok):
            self._grow()
        writes = [
            (self.column_of[slot], self.value(self.column_of[slot], key))
            for slot, key in recording.writes
            if slot in self.column_of
        ]
        self._widen(len(writes), len(recording.spends))
        for place, (column, value) in enumerate(writes):
            self.write_column[number, place], self.write_value[number, place] = column, value
        self.spends[number, : len(recording.spends)] = recording.spends
        self.seconds[number] = sum(recording.spends)
        self.ok[number], self.end[number] = recording.ok, _ENDS.index(recording.ended)
        self.score[number] = recording.score
        self.due[number] = np.inf if recording.due is None else recording.due
        if recording.inbox is not None:
            self.inbox[number], self.unread[number] = recording.inbox
        if recording.facts:
            self.facts[number] = recording.facts
        self.silent[number] = recording.inbox is None and not any(recording.facts)

    def _grow(self) -> None:
        for name in ("ok", "silent", "end", "score", "inbox", "unread", "facts", "seconds", "spends", "write_column",
                     "write_value", "due"):  # fmt: skip
            fill = {"due": np.inf, "inbox": -1, "unread": -1}.get(name, 0)
            setattr(self, name, _doubled(getattr(self, name), fill))

    def _widen(self, writes: int, spends: int) -> None:
        for name, need in (("write_column", writes), ("write_value", writes), ("spends", spends)):
            array = getattr(self, name)
            if need > array.shape[1]:
                setattr(self, name, np.pad(array, ((0, 0), (0, need - array.shape[1]))))

    # -- looking up --------------------------------------------------------------------------------------------------

    def find(self, actions: NDArray[Any], rows: Ints) -> Ints:
        """Return for each row the number of the recording of an action in it; `MISS` or `REFUSED` if there is none.

        Args:
            actions: shape (n,).
            rows: values of the columns, shape (n, `width`), column 0 all 0.
        """
        node = self._root[actions]
        found = np.full(len(node), MISS, np.int32)
        left, base = np.arange(len(node)), np.arange(len(node)) * self.width
        flat, column, first, size, edges = rows.reshape(-1), self._column, self._first, self._size, self._edges
        while len(left):
            value = flat.take(base + column.take(node))
            edge = first.take(node) + value
            following = np.where(value < size.take(node), edges.take(edge, mode="clip"), 0)
            stays = following == node
            if stays.any():
                found[left[stays]] = self._leaf.take(node[stays])
                goes = ~stays
                left, base, following = left[goes], base[goes], following[goes]
            node = following
        return found


def _doubled(array: NDArray[Any], fill: float = 0) -> NDArray[Any]:
    return np.concatenate([array, np.full_like(array, fill)])
