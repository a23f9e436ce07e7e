"""The files of a machine, noted: which node stands at a path, which paths there are, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simenv.machine.files import FileSystem
from simenv.machine.nodes import Node
from simenv.tables.canonical import ABSENT, Canonical
from simenv.tables.trace import Slot, Trace

NODE, EXISTS, MADE = "#node", "#exists", "#made"
"""Steps of the slots of files: the node at a path, whether there is one, and which paths in a directory were made by acts."""


class NotedNodes(dict[str, Node | None]):
    """What an episode changed of a machine's image. Its slots are of what stands at a path, image included."""

    __slots__ = ("base", "canonical", "slot", "trace")

    slot: Slot
    trace: Trace
    canonical: Canonical
    base: dict[str, Node]

    def node_at(self, path: str) -> Node | None:
        """Return the node at a path, without a note."""
        return dict.get(self, path) if dict.__contains__(self, path) else self.base.get(path)

    def node_key(self, path: str) -> str:
        """Return what stands for the node at a path."""
        node = self.node_at(path)
        return ABSENT if node is None else self.canonical.key(node)

    def made(self, directory: str) -> tuple[str, ...]:
        """Return the paths directly in a directory that the image does not have, and that were once made; sorted."""
        return tuple(sorted(path for path in dict.keys(self) if path not in self.base and _above(path) == directory))

    def exists(self, path: str) -> bool:
        """Return whether something stands at a path, and note the question."""
        there = self.node_at(path) is not None
        if self.trace.on:
            self.trace.read((*self.slot, EXISTS, path), repr(there))
        return there

    def read_made(self, directory: str, *, silent: bool = False) -> tuple[str, ...]:
        """Return the paths that were made in a directory, and note the question."""
        made = self.made(directory)
        if self.trace.on:
            self.trace.read((*self.slot, MADE, directory), self.canonical.key(made), silent=silent)
        return made

    def _read(self, path: str) -> None:
        if self.trace.on:
            self.trace.read((*self.slot, NODE, path), self.node_key(path))

    def __getitem__(self, path: str) -> Node | None:
        self._read(path)
        return dict.__getitem__(self, path)

    def __contains__(self, path: object) -> bool:
        self._read(str(path))
        return dict.__contains__(self, path)

    def get(self, path: str, default: Any = None) -> Any:
        """Do as `dict.get` does."""
        self._read(path)
        return dict.get(self, path, default)

    def __setitem__(self, path: str, node: Node | None) -> None:
        if self.trace.on:
            if path not in self.base:
                self.read_made(_above(path), silent=True)
                if not dict.__contains__(self, path):
                    self.trace.write((*self.slot, MADE, _above(path)))
            self.trace.write((*self.slot, NODE, path))
            self.trace.write((*self.slot, EXISTS, path))
        dict.__setitem__(self, path, node)

    def __iter__(self) -> Iterator[str]:
        self.trace.refuse("goes through all files")
        return dict.__iter__(self)

    def items(self) -> Any:
        """Return what was changed."""
        self.trace.refuse("goes through all files")
        return dict.items(self)

    def keys(self) -> Any:
        """Return where something was changed."""
        self.trace.refuse("goes through all files")
        return dict.keys(self)

    def setdefault(self, path: str, default: Any = None) -> Any:
        """Set a node if none is there: what hard links do."""
        self.trace.refuse("makes a hard link")
        return dict.setdefault(self, path, default)


def _above(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def note_files(kind: type[FileSystem], most_bytes: Mapping[str, int]) -> dict[str, Any]:
    """Return methods for a class of noted file systems.

    How full a disk is changes with every act, and matters only when it is full. So it is no slot: a call that adds or removes
    more than `most_bytes` is refused, and so is one that reads it. An episode's calls in a table then cannot fill it.
    """

    def list_directory(self: Any, directory: str) -> tuple[str, ...]:
        own: NotedNodes = object.__getattribute__(self, "_own")
        above = "" if directory == "/" else directory
        paths = [f"{above}/{name}" for name in self._base_listings.get(directory, ())]
        return tuple(
            sorted(path.rpartition("/")[2] for path in (*paths, *own.read_made(directory)) if own.exists(path))
        )

    def all_paths(self: Any) -> Iterator[str]:
        own: NotedNodes = object.__getattribute__(self, "_own")
        pending, found = ["/"], ["/"]
        while pending:
            directory = pending.pop()
            for name in list_directory(self, directory):
                path = f"{'' if directory == '/' else directory}/{name}"
                found.append(path)
                node = own.node_at(path)
                if node is not None and node.kind == "dir":
                    own.get(path)
                    pending.append(path)
        yield from sorted(found)

    def check_room(self: Any, path: str, more_bytes: int) -> None:
        trace: Trace = object.__getattribute__(self, "_own").trace
        if more_bytes > most_bytes[self._host]:
            trace.refuse("writes much")
        with _unnoted(trace):
            kind._check_room(self, path, more_bytes)

    def put(self: Any, path: str, node: Node, *, structural: bool) -> None:
        self.get(path)
        with _unnoted_size(self):
            kind._put(self, path, node, structural=structural)

    def drop(self: Any, path: str, seq: int) -> None:
        self.get(path)
        with _unnoted_size(self):
            kind._drop(self, path, seq)

    return {"_list": list_directory, "paths": all_paths, "_check_room": check_room, "_put": put, "_drop": drop}


class _unnoted:  # noqa: N801 - a context manager, and this one is entered at every write
    """Notes nothing within."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __enter__(self) -> None:
        self._was_on, self._trace.on = self._trace.on, False

    def __exit__(self, *_: object) -> None:
        self._trace.on = self._was_on


class _unnoted_size:  # noqa: N801
    """Lets the size of a disk be brought up to date within, without a note."""

    def __init__(self, files: Any) -> None:
        self._own: NotedNodes = object.__getattribute__(files, "_own")

    def __enter__(self) -> None:
        self._own.trace.sizes += 1

    def __exit__(self, *_: object) -> None:
        self._own.trace.sizes -= 1
