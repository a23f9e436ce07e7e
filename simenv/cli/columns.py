"""Two texts side by side, with what they share left out."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from simenv.cli.terminal import Console

_CONTEXT = 1
"""Equal lines that are kept before and after a difference."""
_MARGIN = 7
"""Columns of a table that hold no text."""


class Row(NamedTuple):
    """A line of either text; `differs`: the two are not the same."""

    left: str
    right: str
    differs: bool


def print_differences(names: tuple[str, str], left: Mapping[str, str], right: Mapping[str, str]) -> int:
    """Print each named text that is not the same in both mappings, side by side; return how many there are."""
    console = Console()
    width = (console.width - _MARGIN) // 2
    changed = [name for name in dict.fromkeys((*left, *right)) if left.get(name) != right.get(name)]
    for name in changed:
        table = Table(title=name, title_justify="left", width=console.width)
        for each in names:
            table.add_column(Text(each), width=width, overflow="fold")
        for row in paired_lines(_wrapped(left.get(name, ""), width), _wrapped(right.get(name, ""), width)):
            style = "bold" if row.differs else "dim"
            table.add_row(Text(row.left, style), Text(row.right, style))
        console.print(table)
    return len(changed)


def paired_lines(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    """Yield the lines of two texts next to each other; equal lines that are far from any difference become one ``…``.

    >>> [(row.left, row.right) for row in paired_lines(["a", "b", "c", "d"], ["a", "b", "c", "e"])]
    [('…', '…'), ('c', 'c'), ('d', 'e')]
    """
    for group, block in enumerate(
        difflib.SequenceMatcher(None, left, right, autojunk=False).get_grouped_opcodes(_CONTEXT)
    ):
        if group or block[0][1] > 0:
            yield Row("…", "…", differs=False)
        for tag, i, i_end, j, j_end in block:
            for number in range(max(i_end - i, j_end - j)):
                one = left[i + number] if i + number < i_end else ""
                other = right[j + number] if j + number < j_end else ""
                yield Row(one, other, differs=tag != "equal")
        last = block[-1]
    if left != right and last[2] < len(left):
        yield Row("…", "…", differs=False)


def _wrapped(text: str, width: int) -> list[str]:
    return [line for part in text.splitlines() for line in textwrap.wrap(part, width) or [""]]
