"""A repository: objects, index and head, kept as files below `.git`; the hashes are git's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from simenv.machine.nodes import FileError
from simenv.shell.commands.reading import lines_of
from simenv.shell.invocation import Invocation

BRANCH = "master"


class GitFault(Exception):
    """What ends a git command; `code` is its exit code."""

    def __init__(self, message: str, code: int = 128) -> None:
        super().__init__(message)
        self.code = code


class Entry(NamedTuple):
    """One file of a tree: its mode (octal digits) and the hash of its content."""

    mode: str
    blob: str


Tree = Mapping[str, Entry]
"""Files by their path from the top of the work tree."""


class Commit(NamedTuple):
    """One commit."""

    id: str
    tree: str
    parent: str
    author: str
    time_s: int
    message: str


class Repository:
    """The repository that a directory belongs to.

    Args:
        inv: who acts; files are read and written as that account.
        top: absolute path of the work tree.
    """

    def __init__(self, inv: Invocation, top: str) -> None:
        self._inv = inv
        self.top = top
        self._git = f"{top.rstrip('/')}/.git"

    def init(self) -> None:
        """Make the directories and files of a new repository."""
        inv = self._inv
        for name in ("", "/objects", "/refs", "/refs/heads"):
            if not inv.shell.is_directory(self._git + name):
                inv.host.files.mkdir(self._git + name, inv.account, mode=0o755)
        self._put("HEAD", f"ref: refs/heads/{BRANCH}\n")
        self._put("config", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n")

    def path(self, name: str) -> str:
        """Return the absolute path of a file of the work tree."""
        return f"{self.top.rstrip('/')}/{name}"

    def _get(self, name: str) -> str:
        try:
            return self._inv.shell.read_file(f"{self._git}/{name}")
        except FileError:
            return ""

    def _put(self, name: str, text: str) -> None:
        self._inv.shell.write_file(f"{self._git}/{name}", text)

    # -- settings ----------------------------------------------------------------------------------------------

    def config(self) -> str:
        """Return the text of the repository's settings."""
        return self._get("config")

    def set_config(self, text: str) -> None:
        """Write the settings."""
        self._put("config", text)

    # -- objects -----------------------------------------------------------------------------------------------

    def _store(self, kind: str, data: bytes, text: str) -> str:
        name = hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()
        folder = f"{self._git}/objects/{name[:2]}"
        if not self._inv.shell.exists(f"{folder}/{name[2:]}"):
            if not self._inv.shell.is_directory(folder):
                self._inv.host.files.mkdir(folder, self._inv.account, mode=0o755)
            self._put(f"objects/{name[:2]}/{name[2:]}", text)
        return name

    def object(self, name: str) -> str:
        """Return the text of an object."""
        return self._get(f"objects/{name[:2]}/{name[2:]}")

    def blob_id(self, text: str) -> str:
        """Return the hash of a content, without keeping it."""
        data = self._inv.content(text).encode(errors="replace")
        return hashlib.sha1(f"blob {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()

    def add_blob(self, text: str) -> str:
        """Keep a content; return its hash."""
        return self._store("blob", self._inv.content(text).encode(errors="replace"), text)

    def _add_tree(self, tree: Tree) -> str:
        inside: dict[str, dict[str, Entry]] = {}
        entries: dict[str, Entry] = {}
        for path, entry in tree.items():
            head, slash, rest = path.partition("/")
            if slash:
                inside.setdefault(head, {})[rest] = entry
            else:
                entries[head] = entry
        for head, files in inside.items():
            entries[head] = Entry("40000", self._add_tree(files))
        order = sorted(entries, key=lambda name: name + "/" if entries[name].mode == "40000" else name)
        data = b"".join(f"{entries[n].mode} {n}\0".encode() + bytes.fromhex(entries[n].blob) for n in order)
        return self._store("tree", data, "".join(f"{entries[n].mode} {entries[n].blob} {n}\n" for n in order))

    def tree(self, name: str, prefix: str = "") -> dict[str, Entry]:
        """Return the files of a tree object, those of directories below it included."""
        found: dict[str, Entry] = {}
        for line in lines_of(self.object(name)):
            mode, blob, path = line.rstrip("\n").split(" ", 2)
            if mode == "40000":
                found.update(self.tree(blob, f"{prefix}{path}/"))
            else:
                found[prefix + path] = Entry(mode, blob)
        return found

    def commit(self, author: str, message: str) -> Commit:
        """Make a commit of the index, and the branch point to it."""
        sim = self._inv.host.sim
        moment = sim.calendar.at(sim.now)
        written = f"{author} {int(moment.timestamp())} {moment:%z}"
        parent = self.head()
        text = f"tree {self._add_tree(self.index())}\n" + (f"parent {parent}\n" if parent else "")
        text += f"author {written}\ncommitter {written}\n\n{message.rstrip()}\n"
        name = self._store("commit", text.encode(errors="replace"), text)
        self.set_head(name)
        return self.read_commit(name)

    def read_commit(self, name: str) -> Commit:
        """Return a commit. Raises GitFault if there is none of that hash."""
        head, _, message = self.object(name).partition("\n\n")
        fields = dict(reversed([line.partition(" ")[::2] for line in head.split("\n")]))
        if "tree" not in fields:
            raise GitFault(f"fatal: bad object {name}")
        author, seconds, _ = fields["author"].rsplit(" ", 2)
        return Commit(name, fields["tree"], fields.get("parent", ""), author, int(seconds), message)

    # -- index and head ----------------------------------------------------------------------------------------

    def head(self) -> str:
        """Return the hash of the last commit; empty before the first one."""
        return self._get(f"refs/heads/{BRANCH}").strip()

    def set_head(self, name: str) -> None:
        """Have the branch point to a commit."""
        self._put(f"refs/heads/{BRANCH}", f"{name}\n")

    def head_tree(self) -> dict[str, Entry]:
        """Return the files of the last commit."""
        return self.tree(self.read_commit(self.head()).tree) if self.head() else {}

    def history(self, start: str) -> Iterator[Commit]:
        """Yield a commit and those before it."""
        while start:
            self._inv.shell.spend_command()
            commit = self.read_commit(start)
            yield commit
            start = commit.parent

    def revision(self, text: str) -> str:
        """Return the hash of ``HEAD``, ``HEAD~2``, ``HEAD^``, a branch, or the beginning of a hash; empty if there is none."""
        base, mark, count = text.partition("~")
        steps = base.count("^") + (int(count) if count.isdecimal() else bool(mark))
        base = base.rstrip("^")
        commits = [commit.id for commit in self.history(self.head())]
        if base in ("HEAD", "@", BRANCH):
            start = 0
        else:
            start = next((at for at, name in enumerate(commits) if len(base) > 3 and name.startswith(base)), -1)
        return commits[start + steps] if start >= 0 and start + steps < len(commits) else ""

    def index(self) -> dict[str, Entry]:
        """Return what the next commit will hold."""
        found = {}
        for line in lines_of(self._get("index")):
            mode, blob, path = line.rstrip("\n").split(" ", 2)
            found[path] = Entry(mode, blob)
        return found

    def set_index(self, tree: Tree) -> None:
        """Write the index."""
        self._put("index", "".join(f"{tree[path].mode} {tree[path].blob} {path}\n" for path in sorted(tree)))

    # -- work tree ---------------------------------------------------------------------------------------------

    def working(self, *, among: Tree | None = None) -> dict[str, Entry]:
        """Return the files of the work tree (with `among`: only these), hashed but not kept."""
        names = sorted(self._walk("")) if among is None else [name for name in among if self._is_file(name)]
        return {name: entry for name in names if (entry := self.entry(name)) is not None}

    def _is_file(self, name: str) -> bool:
        node = self._inv.shell.node(self.path(name))
        return node is not None and node.kind != "dir"

    def entry(self, name: str) -> Entry | None:
        """Return the mode and hash of a file of the work tree; None if it cannot be read."""
        node = self._inv.shell.node(self.path(name))
        try:
            text = self._inv.shell.read_file(self.path(name))
        except FileError:
            return None
        return Entry("100755" if node is not None and node.mode & 0o100 else "100644", self.blob_id(text))

    def _walk(self, folder: str) -> Iterator[str]:
        shell = self._inv.shell
        shell.budget.charge(200)
        try:
            names = self._inv.host.files.names(self.path(folder).rstrip("/"), self._inv.account)
        except FileError:
            return
        for name in names:
            path = folder + name
            if shell.is_directory(self.path(path)):
                if name != ".git":
                    yield from self._walk(f"{path}/")
            else:
                yield path

    def write_file(self, name: str, entry: Entry) -> None:
        """Put a file of a tree into the work tree; nothing is written if it is there as it is."""
        inv = self._inv
        if self.entry(name) == entry:
            return
        above = name.rpartition("/")[0]
        parts = above.split("/") if above else []
        for at in range(len(parts)):
            folder = self.path("/".join(parts[: at + 1]))
            if not inv.shell.is_directory(folder):
                inv.host.files.mkdir(folder, inv.account, mode=0o755)
        inv.shell.write_file(self.path(name), self.object(entry.blob))
        node = inv.shell.node(self.path(name))
        executable = entry.mode == "100755"
        if node is not None and bool(node.mode & 0o100) != executable:
            inv.host.files.set_mode(self.path(name), 0o755 if executable else 0o644, inv.account)

    def remove_file(self, name: str) -> None:
        """Remove a file of the work tree, if it is there, and directories that are empty without it."""
        if self._inv.shell.exists(self.path(name)):
            self._inv.shell.check_alive()
            files = self._inv.host.files
            files.remove(self.path(name), self._inv.account)
            above = name.rpartition("/")[0]
            while above and not files.names(self.path(above), self._inv.account):
                files.remove(self.path(above), self._inv.account)
                above = above.rpartition("/")[0]


def find_repository(inv: Invocation, start: str) -> Repository:
    """Return the repository that a directory is in. Raises GitFault if it is in none."""
    at = start
    while True:
        if inv.shell.is_directory(f"{at.rstrip('/')}/.git"):
            return Repository(inv, at)
        if at in ("/", ""):
            raise GitFault("fatal: not a git repository (or any of the parent directories): .git")
        at = at.rpartition("/")[0] or "/"
