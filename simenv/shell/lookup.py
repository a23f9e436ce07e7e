"""What a command word runs: alias, function, builtin, or a file on PATH."""

from __future__ import annotations

from functools import lru_cache

from simenv.machine.nodes import EXECUTE, FileError, Node, normal
from simenv.shell.state import Resolution, Session


@lru_cache(maxsize=4096)
def _candidates(path: str, name: str) -> tuple[str, ...]:
    return tuple(f"{directory or '.'}/{name}" for directory in path.split(":")) if path else ()


def find_file(shell: Session, name: str) -> tuple[str, Node] | None:
    """Return path and node of the first executable file called `name` on PATH; with a ``/``, of that path.

    Raises:
        FileError: a path with ``/`` is missing, closed, a directory or not executable.
    """
    if "/" in name:
        return _explicit(shell, name)
    files, account = shell.host.files, shell.account
    search = shell.variables.get("PATH", "")
    known = files.programs if search == shell.host.plan.path else None
    if known is not None and (found := known.get((name, account.user))) is not None:
        node = files.get(found)
        assert node is not None, "it would have been forgotten"
        return found, node
    for path in _candidates(search, name):
        if path[0] != "/":
            path = normal(path, shell.cwd)  # noqa: PLW2901
        node = files.get(path)
        if node is None or node.kind == "link":
            real = _through_links(shell, path)
            if real != path:
                known = None  # what a link leads to may change without anybody touching the folders of PATH
            node = files.get(real) if real is not None and real != path else None
        if node is not None and node.kind == "file" and files.may(account, node, EXECUTE):
            if known is not None:
                known[name, account.user] = path
            return path, node
    return None


def _through_links(shell: Session, path: str) -> str | None:
    """Return where a path leads when links are followed; None if in a circle."""
    try:
        return shell.host.files.resolve(path)
    except FileError:
        return None


def _explicit(shell: Session, name: str) -> tuple[str, Node]:
    path = normal(name, shell.cwd)
    node = shell.host.files.find(path, shell.account)
    if node.kind == "dir":
        raise FileError(name, "Is a directory")
    if not shell.host.files.may(shell.account, node, EXECUTE):
        raise FileError(name, "Permission denied")
    return path, node


def resolve(shell: Session, name: str, builtins: frozenset[str]) -> Resolution | None:
    """Return what `name` would run, or None."""
    if shell.interactive and (alias := shell.aliases.get(name)):
        return Resolution("alias", "", alias.record)
    if name in shell.functions:
        return Resolution("function", "", shell.functions[name][1])
    if name in builtins:
        return Resolution("builtin", "", -1)
    try:
        found = find_file(shell, name)
    except FileError:
        return None
    if found is None:
        return None
    path, node = found
    entry = shell.host.files.get(path) or node  # a link stands for its target, but it is its own making that matters
    return Resolution("file", path, max(node.record, entry.record))
