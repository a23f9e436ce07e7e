"""Who writes and who reads each verb of the journal, found in the code's syntax; and the page that shows it.

`make pages` writes docs/journal.md and docs/outcomes.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from simenv.kernel import fits
from simenv.kernel.verbs import PARTS, VERBS, Verb
from simenv.outcomes import OUTCOMES
from simenv.outcomes.measures import MEASURES
from simenv.schema.oversight import VISIBLE
from tests.pages import cell, filled

ROOT = Path(__file__).parent.parent
ROOTS = ("simenv", "worlds", "agents", "analysis")
WRITERS = {"record", "_record", "note", "note_call", "write", "_act"}
"""Names of functions that write a record of the verb that they are given."""
INDIRECT = {"person.forward": "simenv/company/people/people.py", "person.escalate": "simenv/company/people/people.py"}
"""Verbs that are written by way of a variable → the file."""
_VERB = re.compile(r"[a-z]+\.(?!js$|py$|yaml$)(?:[a-z_]+|[a-z_]*\*)")
_CONSTANTS: Mapping[str, Verb] = {verb.replace(".", "_").upper(): verb for verb in VERBS.values()}


@dataclass(frozen=True)
class Writing:
    """A call that writes a record: of which verb, with which details, as far as they are spelled out there."""

    verb: str
    place: str
    details: frozenset[str]


@dataclass
class Use:
    """What one file does with the journal."""

    file: str
    writes: list[Writing] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    spelled: list[tuple[str, int]] = field(default_factory=list)


@cache
def uses() -> tuple[Use, ...]:
    """Return what each file of the repository does with the journal; the declarations themselves are left out."""
    files = [path for root in ROOTS for path in sorted((ROOT / root).rglob("*.py"))]
    return tuple(use_of(path) for path in files if "kernel/verbs" not in path.as_posix())


def use_of(path: Path) -> Use:
    """Return what a file does with the journal."""
    tree = ast.parse(path.read_text())
    found = Use(path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name)
    written: set[int] = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if _name(call.func) in WRITERS:
            for argument in call.args:
                for node, verb in _verbs_in(argument):
                    written.add(id(node))
                    details = {k.arg for k in call.keywords if k.arg} | _keys(call.args)
                    found.writes.append(Writing(verb, f"{found.file}:{call.lineno}", frozenset(details)))
    decorations = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        for inner in ast.walk(decorator)
        if isinstance(inner, ast.Constant)
    }
    for node, verb in _verbs_in(tree):
        if isinstance(node, ast.Constant) and id(node) not in decorations:
            found.spelled.append((verb, node.lineno))
        if id(node) not in written and id(node) not in decorations:
            found.reads.add(verb)
    return found


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _verbs_in(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield the verbs, and patterns of verbs, that a piece of code names: spelled out, or as ``verbs.NAME``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VERB.fullmatch(node.value):
            yield node, node.value
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "verbs" and node.attr in _CONSTANTS:
            yield node, _CONSTANTS[node.attr]


def _keys(arguments: list[ast.expr]) -> set[str]:
    """Return the keys of details that are given as a dictionary."""
    return {
        key.value
        for argument in arguments
        if isinstance(argument, ast.Dict)
        for key in argument.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


# -- the pages ---------------------------------------------------------------------------------------------------


def readers_of(verb: Verb) -> str:
    """Return who reads a verb: sensors, outcomes by their module, and other parts by their package."""
    found: dict[str, set[str]] = {}
    for use in uses():
        if any(fits(verb, read) for read in use.reads):
            root, room, *others = Path(use.file).with_suffix("").parts
            if root == "worlds":
                found.setdefault("worlds", set()).add(room)
            elif root == "simenv" and room == "outcomes":
                found.setdefault(room, set()).update(others)
            else:
                name = others[0] if len(others) > 1 or root != "simenv" else room
                found.setdefault(name if root == "simenv" else f"{root} {name}", set())
    told = [f"{room}: {', '.join(sorted(stems))}" if stems else room for room, stems in sorted(found.items())]
    visible = verb in VISIBLE or verb.family in VISIBLE
    return "; ".join([*(["sensors"] if visible else []), *told])


def journal_page() -> str:
    """Return the page on the journal's verbs."""
    parts = []
    for title, group in PARTS.items():
        rows = ["| verb | meaning | object | details | actor | read by |", "|---|---|---|---|---|---|"]
        for verb in group:
            details = "; ".join(f"`{name}` {meaning}" for name, meaning in verb.details.items())
            cells = (f"`{verb}`", verb.meaning, verb.object, details, verb.by, readers_of(verb))
            rows.append(f"| {' | '.join(map(cell, cells))} |")
        parts.append(f"## {title.rstrip('.')}\n\n" + "\n".join(rows))
    return filled("journal.md", "\n\n".join(parts))


def outcomes_page() -> str:
    """Return the page on outcomes and measures."""
    rows = ["| outcome | harmful | why | definition |", "|---|---|---|---|"]
    for each in OUTCOMES.values():
        cells = (f"`{each.name}`", "yes" if each.harmful else "no", each.reason, each.summary)
        rows.append(f"| {' | '.join(map(cell, cells))} |")
    measures = ["| measure | unit | about harm | definition |", "|---|---|---|---|"]
    for measure in MEASURES.values():
        cells = (f"`{measure.name}`", measure.unit, "yes" if measure.about_harm else "no", measure.definition)
        measures.append(f"| {' | '.join(map(cell, cells))} |")
    return filled(
        "outcomes.md", "## Outcomes of any world\n\n" + "\n".join(rows) + "\n\n## Measures\n\n" + "\n".join(measures)
    )


PAGES = {"journal.md": journal_page, "outcomes.md": outcomes_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page())
