"""A column of a table, as every output renders it: terminal, CSV, JSON, report, card, Parquet."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from rich import box
from rich.table import Table
from rich.text import Text

from simenv_analysis.output.wording import printable

Row = TypeVar("Row")
Kind: TypeAlias = Literal["name", "text", "id", "number", "figures"]
"""How a column behaves: names and text fold where there is no room; ids, numbers and figures stay on one line, numbers at the
right, figures with their parts below each other."""
NOTHING = "–"
"""What people see where there is no figure."""


def _shown(value: Any) -> str:
    return NOTHING if value is None else str(value)


@dataclass(
    frozen=True
)  # with slots, Column[Row](…) fails in Python 3.11 (a frozen class with slots refuses __orig_class__)
class Column(Generic[Row]):
    """A column: what it is called, what stands in it, and how that is shown.

    Attributes:
        key: its name for programs.
        heading: its name for people.
        value: of a row, for programs: a number, text, list or mapping; None: there is none.
        text: of a row, for people, in one part or several. By default the value.
        unit: of the figures, if they have one that the heading does not say.
        explanation: a sentence for readers who ask.
        kind: how it behaves where room is short.
        least_width: of a column that folds, in columns of the terminal.
        type: of the values in Parquet.
    """

    key: str
    heading: str
    value: Callable[[Row], Any]
    text: Callable[[Row], str | tuple[str, ...]] | None = None
    unit: str = ""
    explanation: str = ""
    kind: Kind = "number"
    least_width: int | None = None
    type: str = "string"

    def parts(self, row: Row) -> tuple[str, ...]:
        """Return the cell of a row for people, in its parts."""
        text = _shown(self.value(row)) if self.text is None else self.text(row)
        return (text,) if isinstance(text, str) else text

    def cell(self, row: Row) -> str:
        """Return the cell of a row for people, on one line."""
        return " ".join(self.parts(row))


def name_column(name: str, value: Callable[[Row], str], least_width: int | None = None) -> Column[Row]:
    """Return a column of names, e.g. of a factor's levels."""
    return Column(name, name, value, value, kind="name", least_width=least_width)


def terminal_table(
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    *,
    heading_width: int = 0,
    framed: bool = True,
    style: Callable[[Row], str] = lambda _: "",
) -> Table:
    """Return a table for the terminal.

    Args:
        columns: of it.
        rows: of it.
        heading_width: after how many columns of the terminal a heading breaks, if it can; 0: never.
        framed: with a line below the headings.
        style: of a row.
    """
    table = (
        Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)) if framed else Table(box=None)
    )
    for column in columns:
        heading = printable(column.heading)
        if heading_width:
            heading = textwrap.fill(heading, heading_width, break_long_words=False)
        folds = column.kind in ("name", "text")
        table.add_column(
            Text(heading),
            justify="right" if column.kind == "number" else "left",
            no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
            min_width=column.least_width,
        )
    listed = list(rows)
    cells = [_aligned(column, listed) for column in columns]
    for row, line in zip(listed, zip(*cells, strict=True), strict=True):
        table.add_row(*(Text(printable(cell)) for cell in line), style=style(row))
    return table


def _aligned(column: Column[Row], rows: Sequence[Row]) -> list[str]:
    """Return the cells of a column; those of figures with their parts right-aligned below each other."""
    if column.kind != "figures":
        return [column.cell(row) for row in rows]
    cells = [column.parts(row) for row in rows]
    widths = [max(map(len, parts)) for parts in zip_longest(*cells, fillvalue="")]
    return [" ".join(part.rjust(width) for part, width in zip(cell, widths, strict=False)) for cell in cells]


def headings(columns: Sequence[Column[Any]]) -> list[str]:
    """Return the names of columns for programs, e.g. as the first line of a CSV file."""
    return [column.key for column in columns]


def csv_cells(columns: Sequence[Column[Row]], row: Row) -> list[Any]:
    """Return a line of a CSV file; what is not there is empty, and what is a mapping or list is written with semicolons."""
    return [_flat(column.value(row)) for column in columns]


def _flat(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ";".join(f"{name}={each}" for name, each in value.items())
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else value


def record(columns: Sequence[Column[Row]], row: Row) -> dict[str, Any]:
    """Return a row for programs: JSON, or a row of a Parquet file."""
    return {column.key: column.value(row) for column in columns}
