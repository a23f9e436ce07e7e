"""Files that a guest has open."""

from __future__ import annotations

from dataclasses import dataclass, field

from simenv.machine.nodes import Node
from simenv.shell.budget import MAX_FILE
from simenv.shell.python.content import Translator
from simenv.shell.python.errnos import EBADF, EFBIG, EISDIR, ENOSPC, Errno
from simenv.shell.python.files import Found, GuestFiles

APPEND = 1


@dataclass
class Body:
    """The content of a file that is open, shared by the descriptors that one `open` made.

    What is written is kept until somebody can see it: until the file is closed, or the guest names a path or lets time pass.
    So one `write` of a script is one record, whatever the chunks of the C library are.

    Attributes:
        path: where it stands; empty once it was removed.
        data: its bytes, once they were read.
        node: which version they are of.
        mode: permissions, if it is new.
    """

    path: str
    mode: int
    data: bytearray | None = None
    node: Node | None = None
    dirty: bool = False
    added: bytearray = field(default_factory=bytearray)
    only_added: bool = True


@dataclass
class Descriptor:
    """What a number of the guest's stands for.

    Attributes:
        kind: ``stdin``, ``stdout``, ``stderr``, ``host``, ``device``, ``dir`` or ``file``.
        found: what was opened.
        body: content of a file.
        at: position.
        flags: as fdstat has them; `APPEND`.
    """

    kind: str
    found: Found
    body: Body | None = None
    at: int = 0
    flags: int = 0
    reads: bool = True
    writes: bool = False
    rights: int = 0


class OpenFiles:
    """Reading and writing of open files."""

    def __init__(self, files: GuestFiles, translator: Translator) -> None:
        self._files = files
        self._translator = translator
        self._bodies: list[Body] = []

    def open(self, path: str, found: Found | None, mode: int, *, truncate: bool) -> Body:
        """Return the body of a file that is being opened; `found` is None if it is to be made."""
        body = Body(path, mode, node=None if found is None else found.node)
        if found is not None and found.node is None:
            body.data = bytearray(found.body)
        elif found is None or truncate:
            body.data = bytearray()
            body.dirty = True
            body.only_added = False
        self._bodies.append(body)
        return body

    def bytes_of(self, body: Body) -> bytearray:
        """Return the present content; reading a file is journaled once, and again when it has changed."""
        if body.dirty and body.data is None:
            self.flush(body)
        if not body.dirty and body.path and (body.data is None or body.node is not None):
            node = self._files.machine.get(body.path)
            if body.data is None or (node is not None and node is not body.node):
                found = Found(body.path, "file", node)
                body.data = bytearray(self._translator.to_bytes(self._files.read(found)))
                body.node = node
        return body.data if body.data is not None else bytearray()

    def write(self, opened: Descriptor, data: bytes, at: int | None) -> int:
        """Write at a position (None: the descriptor's own, or the end); return how many bytes."""
        body = opened.body
        if body is None or not opened.writes:
            raise Errno(EISDIR if opened.kind == "dir" else EBADF)
        if opened.flags & APPEND and at is None and (body.data is None or body.only_added):
            return self._append(opened, body, data)
        current = self._changing(body)
        place = at if at is not None else len(current) if opened.flags & APPEND else opened.at
        if place + len(data) > MAX_FILE:
            raise Errno(ENOSPC)
        if place > len(current):
            current.extend(bytes(place - len(current)))
        current[place : place + len(data)] = data
        if at is None:
            opened.at = place + len(data)
        return len(data)

    def _append(self, opened: Descriptor, body: Body, data: bytes) -> int:
        size = self.size(body)
        if len(body.added) + len(data) > MAX_FILE:
            raise Errno(ENOSPC)
        body.added += data
        if body.data is not None:
            body.data += data
        body.dirty = True
        opened.at = size + len(data)
        return len(data)

    def _changing(self, body: Body) -> bytearray:
        if body.data is None and body.node is not None and not body.dirty:
            # what is there stays there, but nobody has read it
            body.data = bytearray(self._translator.to_bytes(str(body.node.content)))
        elif body.data is None:
            self.flush(body)
            body.data = bytearray(self._translator.to_bytes(self._content(body)))
        body.dirty = True
        body.only_added = False
        return body.data

    def _content(self, body: Body) -> str:
        node = self._files.machine.get(body.path)
        return "" if node is None else str(node.content)

    def resize(self, body: Body, size: int) -> None:
        """Cut or extend a file."""
        if size > MAX_FILE:
            raise Errno(EFBIG)
        current = self._changing(body)
        if size < len(current):
            del current[size:]
        else:
            current.extend(bytes(size - len(current)))

    def size(self, body: Body) -> int:
        """Return the size in bytes."""
        if body.data is not None and (body.dirty or body.node is None):
            return len(body.data)
        node = self._files.machine.get(body.path) if body.path else body.node
        return (0 if node is None else node.bytes) + len(body.added)

    def flush(self, body: Body) -> None:
        """Let the machine have what was written."""
        if not body.dirty:
            return
        body.dirty = False
        added, body.added = bytes(body.added), bytearray()
        if not body.path:
            return
        if body.only_added:
            self._files.write(body.path, self._translator.to_content(added), body.mode, append=True)
        else:
            self._files.write(body.path, self._translator.to_content(bytes(body.data or b"")), body.mode)
        body.node = self._files.machine.get(body.path)

    def flush_all(self) -> None:
        """Let the machine have all that was written."""
        for body in self._bodies:
            self.flush(body)

    def close(self, body: Body) -> None:
        """Forget a file that no descriptor leads to any more."""
        self.flush(body)
        self._bodies = [other for other in self._bodies if other is not body]

    def removed(self, path: str) -> None:
        """Note that a path is gone: what is still open is nobody's file."""
        for body in self._bodies:
            if body.path == path:
                self.bytes_of(body)
                body.path = ""

    def renamed(self, old: str, new: str) -> None:
        """Note that a path has another name."""
        for body in self._bodies:
            if body.path == new:
                body.path = ""
            elif body.path == old or body.path.startswith(f"{old}/"):
                body.path = new + body.path[len(old) :]
                body.node = self._files.machine.get(body.path)
