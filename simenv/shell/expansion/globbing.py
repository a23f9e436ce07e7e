"""Pathname expansion over the simulated files."""

from __future__ import annotations

import re

from simenv.machine.nodes import FileError, normal
from simenv.shell.pattern.regex import compile_glob
from simenv.shell.state import Session

_GLOB = re.compile(r"[*?\[]")
_MAX_PATHS = 10_000


def glob_paths(shell: Session, pattern: str) -> list[str]:
    """Return the paths that match a glob, sorted; empty if there are none."""
    absolute = pattern.startswith("/")
    found = ["/"] if absolute else [""]
    parts = [part for part in pattern.split("/") if part]
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        found = [path for base in found for path in _step(shell, base, part, last=last)]
        shell.budget.charge(len(found) + 1)
        if len(found) > _MAX_PATHS:
            return []
    if pattern.endswith("/"):
        found = [f"{path}/" for path in found if shell.is_directory(path)]
    return found


def _step(shell: Session, base: str, part: str, *, last: bool) -> list[str]:
    prefix = f"{base}/" if base and base != "/" else base
    if not _GLOB.search(part):
        path = prefix + part.replace("\\", "")
        return [path] if shell.exists(path) else []
    try:
        names = shell.host.files.names(normal(base or ".", shell.cwd), shell.account)
    except FileError:
        return []
    matcher = compile_glob(part)
    shell.budget.charge(len(names))
    hidden = part.startswith((".", "\\."))
    matched = [name for name in names if (hidden or name[0] != ".") and matcher.matches(name, work=shell.budget.charge)]
    paths = [prefix + name for name in matched]
    return paths if last else [path for path in paths if shell.is_directory(path)]
