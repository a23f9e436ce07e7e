"""A column: one object, the same figure in every output."""

from __future__ import annotations

from rich.console import Console

from simenv_analysis.output.columns import NOTHING, Column, csv_cells, headings, name_column, record, terminal_table

SIZE = Column[dict[str, int]]("size", "size in bytes", lambda row: row.get("n"), unit="bytes")
SHARES = Column[dict[str, int]](
    "shares", "shares", dict, lambda row: tuple(f"{v}%" for v in row.values()), kind="figures"
)
WHO = name_column("who", lambda row: "a\x1b[2Jb" if row else "nobody")


def test_programs_get_values_and_people_get_text() -> None:
    assert headings([SIZE, SHARES]) == ["size", "shares"]
    assert record([SIZE, SHARES], {"n": 7}) == {"size": 7, "shares": {"n": 7}}
    assert csv_cells([SIZE, SHARES], {"n": 7, "m": 8}) == [7, "n=7;m=8"]
    assert csv_cells([SIZE], {}) == [""]
    assert (SIZE.cell({}), SIZE.cell({"n": 7}), SHARES.cell({"n": 7, "m": 8})) == (NOTHING, "7", "7% 8%")


def test_the_terminal_aligns_figures_breaks_headings_and_is_not_steered() -> None:
    console = Console(width=60, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(terminal_table([WHO, SIZE, SHARES], [{"n": 7, "m": 100}, {"n": 70, "m": 8}], heading_width=6))
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert [line.split() for line in lines[:3]] == [["size"], ["in"], ["who", "bytes", "shares"]]
    assert lines[-2].endswith(" 7% 100%")
    assert lines[-1].endswith("70%   8%")
    assert "\x1b" not in "".join(lines)
