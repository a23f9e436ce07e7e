"""The files of a machine as a guest meets them: the machine's own, the standard library, and devices."""

from __future__ import annotations

import re
from typing import NamedTuple

from simenv.machine.files import FileSystem
from simenv.machine.nodes import EXECUTE, FileError, Node, normal, parent
from simenv.machine.numbers import group_number, user_number
from simenv.shell.invocation import Invocation
from simenv.shell.python.errnos import EINVAL, EISDIR, ELOOP, ENOTDIR, EROFS, Errno, errno_of
from simenv.shell.python.library import ROOT, SITE, Library

DEVICES = ("null", "zero", "random", "urandom")
STREAMS = {
    "/dev/stdin": 0,
    "/dev/stdout": 1,
    "/dev/stderr": 2,
    "/dev/fd/0": 0,
    "/dev/fd/1": 1,
    "/dev/fd/2": 2,
}
_OPTIMISED = re.compile(r"\.opt-[12]\.pyc$")
"""What `-O` looks for; the library is there in one form."""
_LIBRARY_MTIME_S = 1_696_250_000.0
_FORMATS = {"file": 0o100000, "dir": 0o040000, "link": 0o120000, "device": 0o020000, "pipe": 0o010000}


class Found(NamedTuple):
    """What stands at a path.

    Attributes:
        path: where, links resolved (the last one only if it was followed).
        kind: ``file``, ``dir``, ``link``, ``device`` or ``pipe``.
        node: of the machine; None for the library and devices.
        body: content of a file of the library, or of a pipe of the shell.
    """

    path: str
    kind: str
    node: Node | None = None
    body: bytes = b""


class Stat(NamedTuple):
    """What stat(2) says; times in seconds since 1970."""

    mode: int
    uid: int
    gid: int
    size: int
    mtime_s: float
    inode: int
    links: int = 1


class GuestFiles:
    """Paths as a guest names them: absolute, perhaps with ``..`` and a final slash. Everything raises `Errno`.

    Args:
        call: the call of the interpreter: whose account acts, on which machine.
        library: the standard library.
    """

    def __init__(self, call: Invocation, library: Library) -> None:
        self._call = call
        self._library = library

    @property
    def machine(self) -> FileSystem:
        """The file system of the machine."""
        return self._call.host.files

    # -- looking --------------------------------------------------------------------------------------------------

    def find(self, path: str, *, follow: bool = True) -> Found:
        """Return what stands at a path."""
        real = normal(path)
        found = self._apart(real) or self._on_machine(real, follow=follow)
        if path.endswith("/") and real != "/" and found.kind not in ("dir", "link"):
            raise Errno(ENOTDIR)
        return found

    def _apart(self, path: str) -> Found | None:
        """Return a file of the library, a device or a pipe."""
        if path.startswith((ROOT, SITE)):
            if path in self._library.listings:
                return Found(path, "dir")
            body = self._library.files.get(_OPTIMISED.sub(".pyc", path))
            return None if body is None else Found(path, "file", None, body)
        if path.startswith("/dev/"):
            if path[5:] in DEVICES or path in STREAMS:
                return Found(path, "device")
            text = self._call.shell.pipes.get(path)
            return None if text is None else Found(path, "pipe", None, text.encode())
        return None

    def _on_machine(self, path: str, *, follow: bool) -> Found:
        files, account = self.machine, self._call.account
        try:
            if follow:
                node = files.find(path, account)
                real = files.resolve(path)
            else:
                real = self.entry(path)
                entry = files.get(real)
                if entry is None or entry.kind != "link":
                    entry = files.find(real, account)
                node = entry
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None
        return Found(real, node.kind, node)

    def entry(self, path: str) -> str:
        """Return where the entry of a path stands: links are followed in its directory part only."""
        path = normal(path)
        if path == "/":
            return path
        above = self.machine.resolve(parent(path))
        return f"{'' if above == '/' else above}/{path.rpartition('/')[2]}"

    def names(self, found: Found) -> tuple[str, ...]:
        """Return the names in a directory."""
        if found.node is None:
            return self._library.listings[found.path]
        try:
            names = self.machine.names(found.path, self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None
        return names if found.path != "/dev" else tuple(sorted({*names, *DEVICES, "stdin", "stdout", "stderr"}))

    def kind_of(self, folder: Found, name: str) -> str:
        """Return the kind of an entry of a directory."""
        path = normal(name, folder.path)
        node = self.machine.get(path)
        if node is not None and path[5:] not in DEVICES:
            return node.kind
        apart = self._apart(path)
        return "file" if apart is None else apart.kind

    def stat(self, found: Found) -> Stat:
        """Return what stat(2) says of what was found."""
        node, kind = found.node, found.kind
        if node is None:
            mode = {"dir": 0o755, "file": 0o644}.get(kind, 0o666)
            inode = int.from_bytes(found.path[-8:].encode().rjust(8)[:6], "big")
            return Stat(_FORMATS[kind] | mode, 0, 0, len(found.body), _LIBRARY_MTIME_S, inode)
        plan = self._call.host.plan
        links = 1 if kind != "dir" else 2
        return Stat(
            _FORMATS[kind] | node.mode,
            user_number(plan, node.owner),
            group_number(plan, node.group),
            4096 if kind == "dir" else node.bytes,
            self.epoch_s(node.mtime),
            node.inode,
            links if kind != "file" or not self.machine.has_hard_links else self._count_links(node),
        )

    def _count_links(self, node: Node) -> int:
        files = self.machine
        return sum(1 for _, other in files.changes() if other is not None and other.inode == node.inode) or 1

    def epoch_s(self, seconds: float) -> float:
        """Return simulated seconds as seconds since 1970."""
        return self._call.host.sim.calendar.at(seconds).timestamp()

    def may(self, found: Found, need: int) -> bool:
        """Return whether the account may do `need` (READ, WRITE, EXECUTE, or a sum) with what was found."""
        if found.node is None:
            return found.kind in ("device", "pipe") or need & 2 == 0
        return self.machine.may(self._call.account, found.node, need)

    def check_searchable(self, path: str) -> None:
        """Check that a path leads to a directory that the account may enter."""
        found = self.find(path)
        if found.kind != "dir":
            raise Errno(ENOTDIR)
        if not self.may(found, EXECUTE):
            raise Errno(errno_of("Permission denied"))

    # -- acting ---------------------------------------------------------------------------------------------------

    def own(self, path: str) -> str:
        """Return a path at which the machine can be changed; the library cannot, and devices are not replaced."""
        real = normal(path)
        if self._apart(real) is not None:
            raise Errno(EROFS)
        return real

    def read(self, found: Found) -> str:
        """Return the content of a file; journaled."""
        try:
            return self.machine.read(found.path, self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def new(self, path: str, mode: int) -> Found:
        """Return what stands at a path once a file is made there."""
        account = self._call.account
        group = account.groups[0] if account.groups else account.user
        return Found(path, "file", Node("file", account.user, group, mode, mtime=self._call.host.sim.now))

    def check_write(self, path: str) -> None:
        """Check that a file may be written, or made."""
        try:
            self.machine.check_write(self.own(path), self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def write(self, path: str, content: str, mode: int, *, append: bool = False) -> None:
        """Write a file, or add to it; journaled."""
        try:
            self.machine.write(self.own(path), content, self._call.account, append=append, mode=mode)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def mkdir(self, path: str, mode: int) -> None:
        """Make a directory; journaled."""
        try:
            self.machine.mkdir(self.own(path), self._call.account, mode=mode)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def remove(self, path: str, *, directory: bool) -> None:
        """Remove a file or link, or an empty directory; journaled."""
        found = self.find(path, follow=False)
        if directory != (found.kind == "dir"):
            raise Errno(ENOTDIR if directory else EISDIR)
        try:
            self.machine.remove(self.own(path), self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def rename(self, old: str, new: str) -> None:
        """Rename; journaled."""
        source = self.find(old, follow=False)
        if source.kind == "dir" and normal(new).startswith(normal(old) + "/"):
            raise Errno(EINVAL)
        try:
            self.machine.move(self.own(old), self.own(new), self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def link(self, target: str, path: str, *, symbolic: bool) -> None:
        """Make a link; journaled."""
        try:
            self.machine.link(target, self.own(path), self._call.account, symbolic=symbolic)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def set_mode(self, path: str, mode: int) -> None:
        """Set permissions; journaled."""
        try:
            self.machine.set_mode(self.own(self._there(path)), mode, self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def set_owner(self, path: str, owner: str, group: str) -> None:
        """Set owner and group (empty: unchanged); journaled."""
        try:
            self.machine.set_owner(self.own(self._there(path)), owner, group, self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def touch(self, path: str) -> None:
        """Set the time of change to now; journaled."""
        try:
            self.machine.touch(self.own(self._there(path)), self._call.account)
        except FileError as error:
            raise Errno(errno_of(error.reason)) from None

    def _there(self, path: str) -> str:
        return self.find(path).path

    def target(self, path: str) -> bytes:
        """Return what a symbolic link says."""
        found = self.find(path, follow=False)
        if found.kind != "link" or found.node is None:
            raise Errno(EINVAL)
        return str(found.node.content).encode()


def check_no_link(found: Found) -> None:
    """Check that what was found is no link, as ``O_NOFOLLOW`` asks. Raises Errno."""
    if found.kind == "link":
        raise Errno(ELOOP)
