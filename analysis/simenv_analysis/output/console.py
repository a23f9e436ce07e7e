"""The terminal that tables are printed to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from simenv.cli.terminal import Console
from simenv.store.manifest import Manifest
from simenv_analysis.output.wording import printable

PIPED_WIDTH = 100
"""Columns of text that goes into a pipe or a file, unless the variable COLUMNS says otherwise."""
FOLDED_WIDTH = 12
"""Columns of a window that a folding column is left with before the table is shown in parts, if it does not say otherwise."""


def console() -> Console:
    """Return a console as wide as the window, or `PIPED_WIDTH` columns where there is none; it shows tables whole."""
    has_window = sys.stdout.isatty() or "COLUMNS" in os.environ
    return WholeTables(None if has_window else PIPED_WIDTH, bounded=has_window)


def say_if_no_model(out: Console, manifest: Manifest) -> None:
    """Print the disclaimers of the agent and of the players of roles, if there are any."""
    if manifest.caveat:
        out.print(Text.assemble("\n", ("Not a model.", "bold reverse"), (f" {printable(manifest.caveat)}", "bold")))


class WholeTables(Console):
    """A console that cuts no column and no figure of a table.

    Where a table is wider than the console, its words wrap; if that is not enough, it is shown in parts, one below the other,
    each with the columns that say what a row is about.

    Args:
        width: in columns; None: that of the window.
        bounded: tables are fitted into the width; else they are as wide as they need to be.
    """

    def __init__(self, width: int | None, *, bounded: bool) -> None:
        super().__init__(width=width, highlight=False)
        self._bounded = bounded

    def print(self, *objects: Any, **settings: Any) -> None:
        """Print as a console of rich does, but tables whole."""
        shown = [part for each in objects for part in (self._whole(each) if isinstance(each, Table) else [each])]
        super().print(*shown, **{"crop": False, **settings})

    def _whole(self, table: Table) -> Iterator[Table | str]:
        """Yield a table that fits, or its parts with empty lines between."""
        everything = range(len(table.columns))
        if not self._bounded or self._needs(table) <= self.width:
            table.width = self._needs(table)
            yield table
            return
        narrow = self._part(table, everything)
        if self._needs(narrow) <= self.width:
            yield narrow
            return
        for number, columns in enumerate(self._split(table)):
            yield from ([""] if number else [])
            yield self._part(table, columns)

    def _split(self, table: Table) -> Iterator[list[int]]:
        """Yield the columns of each part: the first ones, which name the row, and as many others as fit."""
        everything = range(len(table.columns))
        names = next((i for i, column in enumerate(table.columns) if column.justify == "right"), 1)
        if self._needs(self._part(table, everything[: names + 1])) > self.width:
            names = 1
        part: list[int] = []
        for other in everything[names:]:
            if part and self._needs(self._part(table, [*everything[:names], *part, other])) > self.width:
                yield [*everything[:names], *part]
                part = []
            part.append(other)
        yield [*everything[:names], *part]

    def _part(self, table: Table, columns: Sequence[int]) -> Table:
        """Return some columns of a table, as narrow as they have to be, as far as that goes."""
        part = Table(box=table.box, pad_edge=table.pad_edge, show_edge=table.show_edge, padding=table.padding)
        chosen = [table.columns[i] for i in columns]
        for column in chosen:
            part.add_column(column.header, justify=column.justify, overflow="fold", width=self._full(column))
        for cells in zip(*(column.cells for column in chosen), strict=True):
            part.add_row(*cells)
        least = [self._least(column) for column in chosen]
        while self._needs(part) > self.width:
            spare = [
                ((column.width or 0), i) for i, column in enumerate(part.columns) if (column.width or 0) > least[i]
            ]
            if not spare:
                break
            widest, i = max(spare)
            part.columns[i].width = widest - 1
        part.width = self._needs(part)
        return part

    def _needs(self, table: Table) -> int:
        """Return how wide a table is if nothing limits it."""
        return Measurement.get(self, self.options.update(width=10_000), table).maximum

    def _full(self, column: Column) -> int:
        return max(self._measured(cell).maximum for cell in (column.header, *column.cells))

    def _least(self, column: Column) -> int:
        """Return the width in which all words of a column are whole, and its figures on one line."""
        words = max(self._measured(cell).minimum for cell in (column.header, *column.cells))
        if column.justify == "right" or column.no_wrap:
            return max([words, *(self._measured(cell).maximum for cell in column.cells)])
        return min(words, column.min_width or FOLDED_WIDTH) if column.overflow == "fold" else words

    def _measured(self, cell: RenderableType) -> Measurement:
        return Measurement.get(self, self.options.update(width=10_000), cell)
