"""Simulated file systems: operations of accounts on the files of a host, with their permissions and records."""

from __future__ import annotations

from typing import Any

from simenv.machine.content.tokens import OPEN, byte_size, normalised
from simenv.machine.grown import GrownText
from simenv.machine.identity import ROOT, SYSTEM, Account
from simenv.machine.nodes import (
    DENIED,
    EXECUTE,
    EXISTS,
    IS_DIR,
    NO_SPACE,
    NO_SUCH,
    NOT_DIR,
    NOT_EMPTY,
    NOT_PERMITTED,
    READ,
    WRITE,
    FileError,
    Node,
    Text,
    parent,
)
from simenv.machine.path_table import PathTable


def _is_bulk(node: Node) -> bool:
    return not isinstance(node.content, GrownText) and OPEN in str(node.content)


class FileSystem(PathTable):
    """The files of one host in one episode.

    All paths are absolute and normal (see `normal`). Every operation takes the acting `Account`, checks its permissions as
    POSIX does, and writes a record (``file.read``, ``file.write``, ``file.move``, ``file.remove``,
    ``file.touch``, ``file.mode``, ``file.owner``, ``file.flag``, ``file.link``, ``file.mkdir``). Refusals raise
    `FileError`; operations refused for lack of permission that would have changed something are journaled as
    ``file.refused``.
    """

    __slots__ = ()

    # -- looking, without acting -------------------------------------------------------------------------------

    def may(self, account: Account, node: Node, need: int) -> bool:
        """Return whether the permission bits of `node` allow `account` the access `need` (READ, WRITE, EXECUTE, or a sum)."""
        user = account.user
        if user == ROOT:
            return need != EXECUTE or node.kind == "dir" or node.mode & 0o111 != 0
        mode = node.mode
        if user == node.owner:
            mode >>= 6
        elif node.group == user or node.group in account.groups:
            mode >>= 3
        return mode & need == need

    def find(self, path: str, account: Account) -> Node:
        """Return the node at `path`, with links followed, if every directory on the way may be searched.

        Raises:
            FileError: it does not exist, or a directory on the way may not be searched.
        """
        real = self.resolve(path) if self._links else path
        node = self.get(real)
        if not self._may_search(real, account):
            raise FileError(path, DENIED)
        if node is None:
            raise FileError(path, self._why_missing(real))
        return node

    def _why_missing(self, path: str) -> str:
        above = parent(path)
        while above != "/" and (node := self.get(above)) is None:
            above = parent(above)
        node = self.get(above)
        return NOT_DIR if node is not None and node.kind != "dir" else NO_SUCH

    def _may_search(self, path: str, account: Account) -> bool:
        if account.user == ROOT:
            return True
        directory = path.rpartition("/")[0]
        key = (directory, account.user)
        known = self._searchable.get(key)
        if known is None:
            node = self.get(directory or "/")
            here = node is None or node.kind != "dir" or self.may(account, node, EXECUTE)
            known = here and (not directory or self._may_search(directory, account))
            self._searchable[key] = known
        return known

    def names(self, path: str, account: Account) -> tuple[str, ...]:
        """Return the sorted names in the directory `path` (``.`` and ``..`` left out).

        Raises:
            FileError: not a directory, missing, or not readable.
        """
        node = self.find(path, account)
        if node.kind != "dir":
            raise FileError(path, NOT_DIR)
        if not self.may(account, node, READ):
            raise FileError(path, DENIED)
        return self.listing(self.resolve(path))

    def place(self, path: str, content: str | Text) -> None:
        """Set the content of a file of the world before the episode begins, without a record or permission check."""
        self._own[path] = self._base[path].holding(content)

    def refresh(self, path: str) -> None:
        """Set the modification time of a file to now, if it exists, without a record or permission check."""
        node = self.get(path)
        if node is not None:
            self._put(path, node._replace(mtime=self._sim.now), structural=False)

    def log(self, path: str, content: Text, new: Node) -> bool:
        """Let a service write its own log; return whether it can.

        There is no record, since the logged events are in the journal already.

        Args:
            path: where; a link is followed.
            content: the new content.
            new: owner and mode, if the file has to be created again.
        """
        real = self.resolve(path)
        node = self.get(real)
        if node is None:
            above = self.get(parent(real))
            if above is None or above.kind != "dir":
                return False
            self._put(
                real, new._replace(content=content, mtime=self._sim.now, inode=self._new_inode()), structural=True
            )
        elif node.kind != "file" or node.immutable or real.startswith("/dev/"):
            return False
        else:
            self._put(real, node._replace(content=content, mtime=self._sim.now), structural=False)
        return True

    # -- acting ------------------------------------------------------------------------------------------------

    def read(self, path: str, account: Account) -> str:
        """Return the content of a file; journaled as ``file.read``.

        Raises:
            FileError: missing, a directory, or not readable.
        """
        node = self.find(path, account)
        if node.kind == "dir":
            raise FileError(path, IS_DIR)
        if not self.may(account, node, READ):
            raise FileError(path, DENIED)
        sim = self._sim
        real = self.resolve(path) if self._links else path
        sim.journal.write(sim.now, account.principal, "file.read", f"{self._host}:{real}", {})
        content = node.content
        return content if isinstance(content, str) else str(content)

    def write(self, path: str, content: str, account: Account, *, append: bool = False, mode: int = 0o644) -> Node:
        """Create a file or replace (or extend) its content; journaled as ``file.write``.

        Args:
            path: where; a link is followed.
            content: the new text, or the text to add.
            account: who writes.
            append: add to the end.
            mode: permission bits, if the file is new.

        Raises:
            FileError: a directory, or not writable, or its directory is missing or may not be searched.
        """
        real = self.resolve(path)
        old = self.get(real)
        if old is None:
            self._check_entry(real, path, account)
            old = Node("file", account.user, self._group(account), mode, inode=self._new_inode())
            new = True
        else:
            self.find(path, account)
            if old.kind == "dir":
                raise FileError(path, IS_DIR)
            is_fixed = old.immutable or (old.append_only and not append)
            if is_fixed or not self.may(account, old, WRITE):
                raise self._refusal(path, NOT_PERMITTED if is_fixed else DENIED, account)
            new = False
        if append and OPEN not in content and not new and not _is_bulk(old):
            return self._extend(real, path, old, content, account)
        text = str(old.content) + content if append else content
        if OPEN in text:
            text = normalised(text)
        changed = new or text != str(old.content)
        size = len(text) if OPEN not in text else byte_size(text)
        self._check_room(path, size - old.stored_bytes)
        whole = {"before": ""} if append and not new else {}
        details = {"bytes": size, "content": text, "new": new, "append": append, "changed": changed, **whole}
        seq = self._record(account, "file.write", real, details)
        node = old.written(text, self._sim.now, seq)
        self._put(real, node, structural=new)
        return node

    def _extend(self, real: str, path: str, old: Node, added: str, account: Account) -> Node:
        """Append to a file, at a cost proportional to the added text: only the first record holds the previous content."""
        text = old.content if isinstance(old.content, GrownText) else GrownText(str(old.content))
        before = {} if text is old.content else {"before": str(text)}
        self._check_room(path, byte_size(added))
        text = text.plus(added)
        size = text.characters
        details = {"bytes": size, "content": added, "new": False, "append": True, "changed": bool(added), **before}
        seq = self._record(account, "file.write", real, details)
        node = old.written(text, self._sim.now, seq)
        self._put(real, node, structural=False)
        return node

    def _check_room(self, path: str, more_bytes: int) -> None:
        """Raise FileError if the disk lacks the room."""
        if more_bytes > max(0, self.free_bytes):
            raise FileError(path, NO_SPACE)

    def check_write(self, path: str, account: Account, size_bytes: int = 0) -> None:
        """Raise FileError if writing this many bytes would, without writing."""
        real = self.resolve(path)
        node = self.get(real)
        self._check_room(path, size_bytes - (0 if node is None else node.stored_bytes))
        if node is None:
            self._check_entry(real, path, account)
            return
        self.find(path, account)
        if node.kind == "dir":
            raise FileError(path, IS_DIR)
        if node.immutable or not self.may(account, node, WRITE):
            raise self._refusal(path, NOT_PERMITTED if node.immutable else DENIED, account)

    def stand_for(self, path: str, program: str) -> None:
        """Make a file a built-in program, as a complete copy of one."""
        real = self.resolve(path)
        node = self.get(real)
        if node is not None:
            self._put(real, node._replace(program=program), structural=False)

    def mkdir(self, path: str, account: Account, *, mode: int = 0o755) -> None:
        """Make a directory; journaled as ``file.mkdir``. Raises FileError as mkdir(2) does."""
        real = self.resolve(path)
        if self.get(real) is not None:
            raise FileError(path, EXISTS)
        self._check_entry(real, path, account)
        seq = self._record(account, "file.mkdir", real, {"mode": f"{mode:o}"})
        self._put(real, Node("dir", account.user, self._group(account), mode, mtime=self._sim.now, record=seq,
                             inode=self._new_inode()), structural=True)  # fmt: skip

    def remove(self, path: str, account: Account) -> None:
        """Remove a file, a link, or an empty directory; journaled as ``file.remove``. The link itself, not its target.

        Raises:
            FileError: missing, not empty, or the directory that holds it is not writable.
        """
        real = self._entry(path)
        node = self.get(real)
        if node is None:
            raise FileError(path, self._why_missing(real))
        self._check_entry(real, path, account)
        if node.kind == "dir" and self.names(real, SYSTEM):
            raise FileError(path, NOT_EMPTY)
        seq = self._record(account, "file.remove", real, {"kind": node.kind})
        self._drop(real, seq)

    def move(self, source: str, target: str, account: Account) -> None:
        """Rename `source` to exactly `target`, replacing a file there; journaled as ``file.move``.

        Raises:
            FileError: as rename(2) does.
        """
        old, new = self._entry(source), self._entry(target)
        node = self.get(old)
        if node is None:
            raise FileError(source, self._why_missing(old))
        self._check_entry(old, source, account)
        self._check_entry(new, target, account)
        there = self.get(new)
        if there is not None and there.kind == "dir" and (node.kind != "dir" or self.names(new, SYSTEM)):
            raise FileError(target, IS_DIR if node.kind != "dir" else NOT_EMPTY)
        if there is not None and node.kind == "dir" and there.kind != "dir":
            raise FileError(target, NOT_DIR)
        if node.kind == "dir" and new.startswith(old + "/"):
            raise FileError(target, "Invalid argument")
        if old == new:
            return
        seq = self._record(account, "file.move", old, {"to": f"{self._host}:{new}"})
        inside = [p for p in self.paths() if p.startswith(old + "/")] if node.kind == "dir" else []
        for path in [old, *inside]:
            moved = self.get(path)
            if moved is not None:
                self._put(new + path[len(old) :], moved._replace(record=seq), structural=True)
                self._drop(path, seq)

    def copy(self, source: str, target: str, account: Account, *, keep: bool = False) -> None:
        """Copy the file `source` to exactly `target`; journaled as ``file.read`` and ``file.write``.

        Args:
            source: a file; a link is followed.
            target: the path of the copy; an existing file keeps its owner and mode.
            account: who copies.
            keep: keep the mode (``cp -p``); otherwise the mode is masked by 022, as a new file's is.

        Raises:
            FileError: as reading the one or writing the other does.
        """
        node = self.find(source, account)
        content = self.read(source, account)
        mode = node.mode if keep else node.mode & ~0o022
        written = self.write(target, content, account, mode=mode)
        if node.program:
            self._put(self.resolve(target), written._replace(program=node.program), structural=False)

    def link(self, target: str, path: str, account: Account, *, symbolic: bool = True) -> None:
        """Make `path` a link to `target` (a symbolic target is kept as written); journaled as ``file.link``.

        Raises:
            FileError: `path` exists, its directory is not writable, or a hard link's target is missing or a directory.
        """
        real = self._entry(path)
        if self.get(real) is not None:
            raise FileError(path, EXISTS)
        self._check_entry(real, path, account)
        if symbolic:
            node = Node("link", account.user, self._group(account), 0o777, content=target, inode=self._new_inode())
        else:
            node = self.find(target, account)
            if node.kind == "dir" or node.is_fixed:
                raise FileError(target, NOT_PERMITTED)
            self._own.setdefault(self.resolve(target), node)  # where `_update_hard_links` looks for it
            self._has_hard_links = True
        seq = self._record(account, "file.link", real, {"target": target, "symbolic": symbolic})
        self._put(real, node._replace(record=seq, mtime=self._sim.now), structural=True)

    def set_mode(self, path: str, mode: int, account: Account) -> None:
        """Set the permission bits; journaled as ``file.mode``.

        Raises:
            FileError: missing, or the account is neither owner nor root.
        """
        node = self.find(path, account)
        if node.is_fixed or account.user not in (ROOT, node.owner):
            raise self._refusal(path, NOT_PERMITTED, account)
        real = self.resolve(path)
        seq = self._record(account, "file.mode", real, {"mode": f"{mode:o}", "was": f"{node.mode:o}"})
        self._put(real, node._replace(mode=mode, record=seq), structural=False)

    def set_owner(self, path: str, owner: str, group: str, account: Account) -> None:
        """Set owner and group (empty: unchanged); journaled as ``file.owner``.

        Raises:
            FileError: missing, or the account may not (only root gives files away; an owner may pick an own group).
        """
        node = self.find(path, account)
        own_group = (
            account.user == node.owner and owner in ("", node.owner) and group in (account.user, *account.groups)
        )
        if node.is_fixed or (account.user != ROOT and not own_group):
            raise self._refusal(path, NOT_PERMITTED, account)
        real = self.resolve(path)
        details: dict[str, Any] = {
            "owner": owner or node.owner,
            "group": group or node.group,
            "was": f"{node.owner}:{node.group}",
        }
        seq = self._record(account, "file.owner", real, details)
        self._put(real, node._replace(owner=details["owner"], group=details["group"], record=seq), structural=False)

    def set_immutable(self, path: str, immutable: bool, account: Account) -> None:
        """Set or lift the flag that lets nobody change, rename or remove a file (``chattr +i``); journaled as ``file.flag``.

        Raises:
            FileError: missing, or the account is not root.
        """
        self._set_flag(path, "immutable", immutable, account)

    def set_append_only(self, path: str, append_only: bool, account: Account) -> None:
        """Set or lift the flag that lets others only add to a file (``chattr +a``). Raises and journals as `set_immutable`."""
        self._set_flag(path, "append_only", append_only, account)

    def _set_flag(self, path: str, flag: str, on: bool, account: Account) -> None:
        node = self.find(path, account)
        if account.user != ROOT:
            raise self._refusal(path, NOT_PERMITTED, account)
        real = self.resolve(path)
        seq = self._record(account, "file.flag", real, {flag: on, "was": getattr(node, flag)})
        flagged = node._replace(immutable=on) if flag == "immutable" else node._replace(append_only=on)
        self._put(real, flagged._replace(record=seq), structural=False)

    def touch(self, path: str, account: Account, moment: float | None = None) -> None:
        """Create an empty file, or set the time of change of an existing one (``file.touch``).

        The time is `moment`, in simulated seconds; None: now.

        Raises:
            FileError: as `write` does.
        """
        real = self.resolve(path)
        node = self.get(real)
        if node is None:
            self.write(path, "", account)
        else:
            self.find(path, account)
            if node.immutable:
                raise FileError(path, NOT_PERMITTED)
            if account.user not in (ROOT, node.owner) and not self.may(account, node, WRITE):
                raise FileError(path, DENIED)
            self._record(account, "file.touch", real, {} if moment is None else {"mtime": moment})
            self._put(real, node._replace(mtime=self._sim.now if moment is None else moment), structural=False)

    # -- what acts have in common --------------------------------------------------------------------------------

    def _check_entry(self, real: str, path: str, account: Account) -> None:
        """Check that an entry may be made, replaced or removed at `real`."""
        if real == "/":
            raise FileError(path, NOT_PERMITTED)
        above = parent(real)
        directory = self.get(above)
        if directory is None:
            raise FileError(path, self._why_missing(real))
        if directory.kind != "dir":
            raise FileError(path, NOT_DIR)
        if not self._may_search(real, account) or not self.may(account, directory, WRITE):
            raise self._refusal(path, DENIED, account)
        entry = self.get(real)
        if entry is not None and entry.is_fixed:
            raise self._refusal(path, NOT_PERMITTED, account)
        sticky = directory.mode & 0o1000 and entry is not None
        if sticky and account.user not in (ROOT, directory.owner, entry.owner if entry else ROOT):
            raise self._refusal(path, NOT_PERMITTED, account)

    def _refusal(self, path: str, reason: str, account: Account) -> FileError:
        """Journal that an act was refused, and return the error to raise."""
        self._record(account, "file.refused", path, {"reason": reason})
        return FileError(path, reason)

    def _group(self, account: Account) -> str:
        return account.groups[0] if account.groups else account.user

    def _record(self, account: Account, verb: str, path: str, details: dict[str, Any]) -> int:
        sim = self._sim
        return sim.journal.write(sim.now, account.principal, verb, f"{self._host}:{path}", details)
