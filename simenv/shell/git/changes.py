"""What differs between two trees, and how git shows it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from simenv.shell.git.repository import Repository, Tree
from simenv.shell.invocation import Invocation

_NO_NEWLINE = "\\ No newline at end of file\n"


def compare(old: Tree, new: Tree) -> dict[str, str]:
    """Return what became of files: ``A`` added, ``D`` deleted, ``M`` modified."""
    found = {}
    for name in sorted({*old, *new}):
        if name not in new:
            found[name] = "D"
        elif name not in old:
            found[name] = "A"
        elif old[name] != new[name]:
            found[name] = "M"
    return found


def collapsed(names: Iterable[str], index: Tree) -> list[str]:
    """Return files that are not tracked, those of a directory without any tracked file as the directory."""
    tracked = {path[: at + 1] for path in index for at, char in enumerate(path) if char == "/"}
    found: dict[str, None] = {}
    for name in names:
        folders = [name[: at + 1] for at, char in enumerate(name) if char == "/"]
        found[next((folder for folder in folders if folder not in tracked), name)] = None
    return sorted(found)


def conclusion(repo: Repository, staged: object, unstaged: object, untracked: object) -> str:
    """Return the last line of ``git status``."""
    if staged:
        return ""
    if unstaged:
        return 'no changes added to commit (use "git add" and/or "git commit -a")\n'
    if untracked:
        return 'nothing added to commit but untracked files present (use "git add" to track)\n'
    if repo.head():
        return "nothing to commit, working tree clean\n"
    return 'nothing to commit (create/copy files and use "git add" to track)\n'


def hunks(inv: Invocation, before: list[str], after: list[str], names: tuple[str, str]) -> str:
    """Return the changed parts of a file as ``git diff`` shows them."""
    inv.shell.budget.charge(len(before) * len(after) + 1)
    lines = list(difflib.unified_diff(before, after, *names))
    shown = []
    for line in lines:
        found = re.match(r"@@ -(\d+)", line)
        if found:
            above = before[: max(int(found.group(1)) - 1, 0)]
            title = next((text for text in reversed(above) if re.match(r"[A-Za-z_$]", text)), "")
            shown.append(line.rstrip("\n") + (f" {title.rstrip()[:80]}" if title else "") + "\n")
            continue
        shown.append(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}")
    return "".join(shown)


def stat(counts: Mapping[str, tuple[int, int]]) -> str:
    """Return a table of how many lines were added and removed, by file."""
    width, digits = max(map(len, counts)), max(len(str(a + b)) for a, b in counts.values())
    rows = [
        f" {name:<{width}} | {a + b:>{digits}} {'+' * a}{'-' * b}".rstrip() + "\n" for name, (a, b) in counts.items()
    ]
    return "".join(rows) + total(counts)


def total(counts: Mapping[str, tuple[int, int]]) -> str:
    """Return the line below such a table."""
    added, gone = (sum(pair[at] for pair in counts.values()) for at in (0, 1))
    text = f" {len(counts)} file{'s' * (len(counts) != 1)} changed"
    if added or not gone:
        text += f", {added} insertion{'s' * (added != 1)}(+)"
    if gone or not added:
        text += f", {gone} deletion{'s' * (gone != 1)}(-)"
    return text + "\n"
