"""Immutable file nodes, paths, and the image that a host starts with."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from simenv.machine.content.tokens import byte_size
from simenv.machine.grown import GrownText
from simenv.machine.identity import ROOT
from simenv.schema.text import is_template

READ, WRITE, EXECUTE = 4, 2, 1
DISK_BYTES = 50 * 2**30
"""Size of an ordinary disk."""


class Text(Protocol):
    """Content that is computed on first reading (text that depends on the episode's surface)."""

    def __str__(self) -> str: ...


_new = tuple.__new__  # three times as quick as `_replace`, and files are made again at every act


class Node(NamedTuple):
    """A file, directory or symbolic link; immutable.

    Attributes:
        kind: ``file``, ``dir`` or ``link``.
        owner: user name.
        group: group name.
        mode: permission bits, e.g. ``0o644``.
        content: text of a file (what is not text stands in it as tokens, see `simenv.machine.content.tokens`);
        target of a link. mtime: simulated seconds of the last change of content.
        record: `seq` of the journal record that made this version; -1 if it came with the world.
        program: name of the built-in program that the file stands for (an executable binary), or empty.
        inode: number shared by hard links to the same file.
        immutable: nobody may change, rename or remove it until root lifts this flag.
        append_only: the same, except that users who may write to it can append.
    """

    kind: str
    owner: str
    group: str
    mode: int
    content: str | Text = ""
    mtime: float = 0.0
    record: int = -1
    program: str = ""
    inode: int = 0
    immutable: bool = False
    append_only: bool = False

    def holding(self, content: str | Text) -> Node:
        """Return the node with another content."""
        return _new(Node, (*self[:4], content, *self[5:]))

    def written(self, content: str | Text, time: float, record: int) -> Node:
        """Return the node after a write: it is no longer a built-in program."""
        return _new(Node, (*self[:4], content, time, record, "", *self[8:]))

    @property
    def is_fixed(self) -> bool:
        """Whether a flag protects it, regardless of its mode."""
        return self.immutable or self.append_only

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        content = self.content
        return content.bytes if isinstance(content, GrownText) else byte_size(str(content))

    @property
    def characters(self) -> int:
        """Length of the content: the work of handling it, where bulk data count as the few characters that stand for them."""
        content = self.content
        return content.characters if isinstance(content, GrownText) else len(str(content))

    @property
    def stored_bytes(self) -> int:
        """Its disk usage: its size, or 0 for a text that is computed when read."""
        return self.bytes if isinstance(self.content, str | GrownText) else 0


class FileError(Exception):
    """A file operation that the operating system refuses; `reason` reads as `strerror` has it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


NO_SUCH = "No such file or directory"
DENIED = "Permission denied"
IS_DIR = "Is a directory"
NOT_DIR = "Not a directory"
EXISTS = "File exists"
NOT_EMPTY = "Directory not empty"
LOOP = "Too many levels of symbolic links"
NOT_PERMITTED = "Operation not permitted"
NO_SPACE = "No space left on device"


@lru_cache(maxsize=16384)
def normal(path: str, cwd: str = "/") -> str:
    """Return `path` as an absolute path without ``.``, ``..`` or doubled slashes (links are not followed)."""
    if path[:1] != "/":
        path = f"{cwd}/{path}"
    path = posixpath.normpath(path)
    return path[1:] if path[:2] == "//" else path


def parent(path: str) -> str:
    """Return the directory that holds `path`."""
    return path.rpartition("/")[0] or "/"


class Image:
    """The files a host starts with: frozen, shared by all episodes of a condition."""

    __slots__ = ("below_links", "bytes", "links", "listings", "nodes", "programs", "search", "searchable", "templates")

    def __init__(self, nodes: Mapping[str, Node], search: str = "") -> None:
        folders = search.split(":")
        self.search = frozenset(folders if all(folder[:1] == "/" for folder in folders) else ())
        """The folders of PATH, if all are absolute."""
        self.nodes = dict(nodes)
        self.nodes.setdefault("/", Node("dir", ROOT, ROOT, 0o755))
        for path in list(self.nodes):
            self._make_parents(path)
        self.nodes = {
            path: node._replace(inode=number) for number, (path, node) in enumerate(sorted(self.nodes.items()), start=2)
        }
        self.links = frozenset(path for path, node in self.nodes.items() if node.kind == "link")
        self.below_links = tuple(f"{link}/" for link in self.links)
        self.listings = list_all(self.nodes)
        self.searchable: dict[tuple[str, str], bool] = {}
        """Cache of search permissions on directories, valid while these are unchanged."""
        self.programs: dict[tuple[str, str], str] = {}
        """Cache of the files that command words run, by user, valid while the folders of PATH are unchanged."""
        self.bytes = sum(node.stored_bytes for node in self.nodes.values())
        """Disk usage of the files."""
        self.templates = [path for path, node in self.nodes.items() if is_template(str(node.content))]

    def _make_parents(self, path: str) -> None:
        while path != "/":
            path = parent(path)
            self.nodes.setdefault(path, Node("dir", ROOT, ROOT, 0o755))


def list_all(nodes: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    """Return the sorted names in each directory."""
    names: dict[str, list[str]] = {}
    for path, node in nodes.items():
        if node.kind == "dir":
            names.setdefault(path, [])
        if path != "/":
            names.setdefault(parent(path), []).append(path.rpartition("/")[2])
    return {path: tuple(sorted(found)) for path, found in names.items()}
