"""The part of docs/shell.md that is made from the code: every builtin and program."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial

from simenv.company.network import NETWORK_PROGRAMS
from simenv.shell import COMMANDS
from simenv.shell.builtins import BUILTINS
from tests.pages import DOCS, cell, filled


def _meaning(program: object) -> str:
    """Return the first line of a program's docstring."""
    function = program.func if isinstance(program, partial) else program
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _table(programs: Mapping[str, object]) -> str:
    rows = ["| command | meaning |", "|---|---|"]
    for name in sorted(programs):
        rows.append(f"| `{cell(name)}` | {cell(_meaning(programs[name]))} |")
    return "\n".join(rows)


def shell_page() -> str:
    """Return the page on the simulated shell."""
    parts = {
        "Builtins": BUILTINS,
        "Programs of a standard host": COMMANDS,
        "Programs of a company's network": NETWORK_PROGRAMS,
    }
    return filled("shell.md", "\n\n".join(f"## {title}\n\n{_table(programs)}" for title, programs in parts.items()))


if __name__ == "__main__":
    (DOCS / "shell.md").write_text(shell_page())
