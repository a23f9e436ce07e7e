"""Pathname expansion over the simulated files."""

from __future__ import annotations

import re

from simenv.machine.nodes import FileError, normal
from simenv.shell.pattern.regex import compile_glob
from simenv.shell.state import Session

_GLOB = re.compile(r"[*?\[(]")
_SPECIAL = re.compile(r"(?:[^\\*?\[(]|\\.)*(?:[*?]|\[(?=.*\])|\()", re.S)
_MAX_PATHS = 10_000


def is_glob(pattern: str) -> bool:
    """Return whether a pattern has something special that is not escaped."""
    return _SPECIAL.match(pattern) is not None


def glob_paths(shell: Session, pattern: str) -> list[str]:
    """Return the paths that match a glob, sorted; empty if there are none."""
    absolute = pattern.startswith("/")
    found = ["/"] if absolute else [""]
    parts = [part for part in pattern.split("/") if part]
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**" and shell.options.globstar:
            found = [path for base in found for path in _below(shell, base, directories=not last or pattern[-1] == "/")]
            found = [path for path in found if path or not last]
        else:
            found = [path for base in found for path in _step(shell, base, part, last=last)]
        shell.budget.charge(len(found) + 1)
        if len(found) > _MAX_PATHS:
            return []
    if pattern.endswith("/"):
        found = [f"{path.rstrip('/')}/" for path in found if shell.is_directory(path)]
    return found


def _below(shell: Session, base: str, *, directories: bool) -> list[str]:
    """Return `base` and all that is below it, hidden files apart; links are not followed."""
    found, open_ = [base], [base]
    while open_ and len(found) <= _MAX_PATHS:
        for path in _step(shell, open_.pop(), "*", last=True):
            link = shell.host.files.get(normal(path, shell.cwd))
            is_directory = link is not None and link.kind == "dir"
            open_ += [path] if is_directory else []
            found += [path] if is_directory or not directories else []
    return sorted(found)


def _step(shell: Session, base: str, part: str, *, last: bool) -> list[str]:
    prefix = f"{base}/" if base and base != "/" else base
    if not _GLOB.search(part) or not is_glob(part):
        path = prefix + re.sub(r"\\(.)", r"\1", part)
        return [path] if shell.exists(path) else []
    try:
        names = shell.host.files.names(normal(base or ".", shell.cwd), shell.account)
    except FileError:
        return []
    options = shell.options
    matcher = compile_glob(part, ignore_case=options.nocaseglob, extended=options.extglob)
    shell.budget.charge(len(names))
    hidden = part.startswith((".", "\\."))
    matched = [
        name
        for name in names
        if (hidden or options.dotglob or name[0] != ".") and matcher.matches(name, work=shell.budget.charge)
    ]
    paths = [prefix + name for name in matched]
    return paths if last else [path for path in paths if shell.is_directory(path)]
