"""The mapping from paths to nodes of a host: a shared, frozen image, with the changes of one episode on top.

A path maps to a `Node`, which is immutable: a change replaces it. Each node remembers the journal record that made it, and
each removed path the record that removed it, so a change can be traced to the act behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from simenv.kernel import Simulation
from simenv.kernel.parts import View
from simenv.machine.nodes import DISK_BYTES, LOOP, FileError, Image, Node, Text, normal, parent

_MAX_LINKS = 16

_SYSTEM_BYTES = 4_200_000 * 1024


class KernelFiles(Protocol):
    """Files that are made when somebody looks at them."""

    def get(self, path: str) -> Node | None:
        """Return what is at a path; None if nothing is."""

    def names(self, directory: str) -> tuple[str, ...]:
        """Return the sorted names in a directory."""


class PathTable:
    """The table of paths of one host in one episode. All paths are absolute and normal (see `normal`).

    Nothing here checks permissions or writes records; `FileSystem` does both.

    Args:
        host: id of the host.
        image: the files at the start.
        sim: the episode's simulation.
        bind: fills a template of the image from the episode's surface.
        disk_bytes: room for files.
    """

    STATE = ("_own", "removed")
    DERIVED = ("programs", "_listings", "_links", "_below_links", "_searchable", "_has_hard_links", "used_bytes")
    SCRATCH = ("_next_inode",)
    FIXED = ("_host", "_sim", "_bind", "_base", "_base_listings", "_search", "disk_bytes", "kernel")
    __slots__ = (*STATE, *DERIVED, *SCRATCH, *FIXED)

    def __init__(
        self,
        host: str,
        image: Image,
        sim: Simulation,
        bind: Callable[[str], str | Text] = str,
        disk_bytes: int = DISK_BYTES,
    ) -> None:
        self._host = host
        self._sim = sim
        self._base = base = image.nodes
        self._bind = bind
        self._own: dict[str, Node | None] = {
            path: base[path].holding(bind(str(base[path].content))) for path in image.templates
        }
        self._base_listings = image.listings
        self._listings: dict[str, tuple[str, ...]] = {}
        self._links = image.links
        self._below_links = image.below_links
        self._searchable = image.searchable
        self._search = image.search
        self._has_hard_links = False
        self.programs: dict[tuple[str, str], str] | None = image.programs if image.search else None
        """Cache: (command word, user) → the file that it runs; None: PATH has relative folders."""
        self._next_inode = len(image.nodes) + 2
        self.disk_bytes = disk_bytes
        self.kernel: KernelFiles | None = None
        """What is below ``/proc``."""
        self.used_bytes = image.bytes
        """Disk usage of the files."""
        self.removed: dict[str, int] = {}
        """Paths that are gone, with the record of the removal or move."""

    @property
    def has_hard_links(self) -> bool:
        """Whether a file of the episode may have several names."""
        return self._has_hard_links

    @property
    def system_bytes(self) -> int:
        """The operating system's share of the disk: at most a tenth of a small one."""
        return min(_SYSTEM_BYTES, self.disk_bytes // 10)

    @property
    def free_bytes(self) -> int:
        """What is left of the disk; negative if the world's own files exceed it."""
        return self.disk_bytes - self.system_bytes - self.used_bytes

    def get(self, path: str) -> Node | None:
        """Return the node at exactly `path`, links not followed, permissions not asked; None if there is none."""
        own = self._own
        node = own[path] if path in own else self._base.get(path)
        if node is None and self.kernel is not None and path[:6] == "/proc/":
            return self.kernel.get(path)
        return node

    def original(self, path: str) -> Node | None:
        """Return the node at `path` at the start of the episode, regardless of later changes."""
        return self._base.get(path)

    def original_text(self, path: str) -> str | None:
        """Return the text at `path` at the start of the episode; None if there was none."""
        node = self._base.get(path)
        return None if node is None else str(self._bind(str(node.content)))

    def paths(self) -> Iterator[str]:
        """Yield all existing paths, sorted."""
        own = self._own
        gone = {path for path, node in own.items() if node is None}
        yield from sorted((self._base.keys() | own.keys()) - gone)

    def changes(self) -> Iterator[tuple[str, Node | None]]:
        """Yield each path whose node differs from the start, with that node; sorted."""
        for path in sorted(self._own):
            node = self._own[path]
            if node != self._base.get(path):
                yield path, node

    def state(self, view: View) -> object:
        """Return the changes since the start, and who made them: nodes, removed paths, and groups of hard links.

        Inode numbers are omitted, since only sharing one matters; so are times, if none can matter.
        """
        return [(path, self._entry_state(path, node, view)) for path, node in self.changes()]

    def _entry_state(self, path: str, node: Node | None, view: View) -> object:
        if node is None:
            return view.by_agent(self.removed.get(path, -1))
        kind, owner, group, mode, content, mtime, record, program, inode, immutable, append_only = node
        linked = self._has_hard_links and kind == "file"
        twins = [p for p, n in self._own.items() if n is not None and n.inode == inode] if linked else []
        looks = (kind, owner, group, mode, str(content), program, immutable, append_only)
        return looks, mtime if view.timed else 0.0, view.by_agent(record), sorted(twins)

    def resolve(self, path: str) -> str:
        """Return the real path of `path`, with links followed; it need not exist.

        Raises:
            FileError: links lead in a circle.
        """
        if not self._links:
            return path
        for _ in range(_MAX_LINKS):
            found = self._follow_first_link(path)
            if found is None:
                return path
            path = found
        raise FileError(path, LOOP)

    def _follow_first_link(self, path: str) -> str | None:
        """Replace the first link on the way to `path` by its target; None if there is none."""
        if path not in self._links and not path.startswith(self._below_links):
            return None
        on_the_way = [link for link in self._links if path == link or path.startswith(link + "/")]
        link = min(on_the_way, key=len)
        node = self.get(link)
        assert node is not None
        return normal(normal(str(node.content), parent(link)) + path[len(link) :])

    def listing(self, directory: str) -> tuple[str, ...]:
        """Return the sorted names in a directory."""
        if self.kernel is not None and directory[:5] == "/proc" and directory[5:6] in ("", "/"):
            return self.kernel.names(directory)
        known = self._listings.get(directory)
        if known is None:
            known = self._listings[directory] = self._list(directory)
        return known

    def _list(self, directory: str) -> tuple[str, ...]:
        """Compute a listing from the image and the changes of the episode."""
        names = set(self._base_listings.get(directory, ()))
        for path, node in self._own.items():
            above, _, name = path.rpartition("/")
            if (above or "/") == directory:
                (names.add if node is not None else names.discard)(name)
        return tuple(sorted(names))

    def _entry(self, path: str) -> str:
        """Resolve links in the directory part only: operations on an entry do not follow the entry itself."""
        if not self._links or path == "/":
            return path
        above = self.resolve(parent(path))
        return f"{'' if above == '/' else above}/{path.rpartition('/')[2]}"

    def _put(self, path: str, node: Node, *, structural: bool) -> None:
        old = self.get(path)
        self._own[path] = node
        if old is None or old.content is not node.content:
            self.used_bytes += node.stored_bytes - (0 if old is None else old.stored_bytes)
        self._forget(path, old, node)
        if structural:
            self._note_change(path, old, node)
            self.removed.pop(path, None)
        elif self._has_hard_links and old is not None and node.kind == "file":
            self._update_hard_links(path, node)

    def _update_hard_links(self, path: str, node: Node) -> None:
        if any(n is not None and n.inode == node.inode for p, n in self._own.items() if p != path):
            for other in [p for p in self.paths() if p != path]:
                linked = self.get(other)
                if linked is not None and linked.inode == node.inode:
                    self._own[other] = node
                    self._forget(other, linked, node)

    def _drop(self, path: str, seq: int) -> None:
        old = self.get(path)
        self._own[path] = None
        self.used_bytes -= 0 if old is None else old.stored_bytes
        self._forget(path, old, None)
        self._note_change(path, old, None)
        self.removed[path] = seq

    def _forget(self, path: str, old: Node | None, new: Node | None) -> None:
        """Invalidate the caches of programs and search permissions that a change may affect."""
        kinds = _kinds(old, new)
        if "dir" in kinds:
            self._searchable = {}  # what the image knows is everybody's
        if self.programs and ("dir" in kinds or "link" in kinds or path.rpartition("/")[0] in self._search):
            self.programs = {}

    def _note_change(self, path: str, old: Node | None, new: Node | None) -> None:
        """Invalidate what was derived from the entry at `path`."""
        self._listings.pop(path.rpartition("/")[0] or "/", None)
        kinds = _kinds(old, new)
        if "dir" in kinds:
            self._listings.pop(path, None)
        if "link" in kinds:
            self._links = self._links - {path} if new is None or new.kind != "link" else self._links | {path}
            self._below_links = tuple(f"{link}/" for link in self._links)

    def _new_inode(self) -> int:
        self._next_inode += 1
        return self._next_inode


def _kinds(old: Node | None, new: Node | None) -> tuple[str, str]:
    return "" if old is None else old.kind, "" if new is None else new.kind
