"""The table of a run in the terminal."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from simenv.outcomes.measures import MEASURES
from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.rates import ConditionRates, Rate, RunRates, read_rates

FAILURES_SHOWN = 3
"""Causes of failures spelled out under the table."""
HEADING_WIDTH = 9
"""Columns after which a heading breaks, if it can."""

CellStyle: TypeAlias = Callable[[Rate], tuple[str, ...]]


def print_table(run: Path, console: Console) -> None:
    """Print the rates of a run directory.

    Raises:
        EpisodeError: it is no run directory, or a file in it is damaged.
    """
    show(read_rates(RunDirectory(run)), console)


def show(rates: RunRates, console: Console) -> None:
    """Print rates: title, table, what the figures are, methods, failures, and whether the agent is a stand-in."""
    for line in _title(rates):
        console.print(line)
    for position, table in enumerate(fitted_tables(rates, console, range(len(rates.manifest.outcomes)))):
        console.print(*([""] if position else []), table, sep="\n")
    for line in _notes(rates):
        console.print(line)
    say_if_no_model(console, rates.manifest)


def fitted_tables(rates: RunRates, console: Console, outcomes: Sequence[int]) -> list[Table]:
    """Return the most detailed table that fits the console's width, or if none does, two with half the outcomes each.

    Args:
        rates: what to show.
        console: where; its width counts.
        outcomes: positions of the outcomes to show; the main one, at 0, keeps its detail longest.
    """
    unbounded = console.options.update(width=10_000)
    for main, others in STYLES:
        table = rates_table(rates, main, others, outcomes)
        if Measurement.get(console, unbounded, table).maximum <= console.width:
            return [table]
    half = (len(outcomes) + 1) // 2
    if len(outcomes) < 2:
        return [table]
    return fitted_tables(rates, console, outcomes[:half]) + fitted_tables(rates, console, outcomes[half:])


def rates_table(rates: RunRates, main: CellStyle, others: CellStyle, outcomes: Sequence[int]) -> Table:
    """Return the table: one row per condition, a column per varying factor and per outcome.

    Args:
        rates: what to show.
        main: writes the cells of the main outcome.
        others: writes the cells of the others.
        outcomes: positions of the outcomes to show.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    columns: list[Sequence[str]] = list(zip(*(_levels(row, rates.varying) for row in rates.rows), strict=True))
    for factor in rates.varying or ("condition",):
        table.add_column(_heading(factor), overflow="fold", min_width=6)
    table.add_column("episodes", justify="right", no_wrap=True)
    columns.append([episodes(row) for row in rates.rows])
    for position in outcomes:
        table.add_column(_heading(wording.spaced(rates.manifest.outcomes[position])), no_wrap=True)
        style = others if position else main
        columns.append(_aligned([style(row.rates[position]) for row in rates.rows]))
    for cells in zip(*columns, strict=True):
        table.add_row(*map(Text, cells))
    return table


def full(rate: Rate) -> tuple[str, ...]:
    """Return a cell as ``79%  79/100  [70, 86]``, in parts."""
    if rate.rate is None:
        return ("–",)
    return wording.percent(rate.rate), f" {rate.succeeded}/{rate.n}", f" [{wording.bounds(rate.interval)}]"


def compact(rate: Rate) -> tuple[str, ...]:
    """Return a cell as ``79% [70, 86]``, in parts."""
    return ("–",) if rate.rate is None else (wording.percent(rate.rate), f"[{wording.bounds(rate.interval)}]")


def bare(rate: Rate) -> tuple[str, ...]:
    """Return a cell as ``79%``."""
    return ("–",) if rate.rate is None else (wording.percent(rate.rate),)


def episodes(row: ConditionRates) -> str:
    """Return finished and planned episodes of a condition: ``100``, ``97/100``, ``97/100, 3 failed``."""
    finished = str(row.finished) if row.finished == row.planned else f"{row.finished}/{row.planned}"
    return finished + (f", {row.failed} failed" if row.failed else "")


STYLES: tuple[tuple[CellStyle, CellStyle], ...] = ((full, full), (full, compact), (full, bare), (compact, bare))
"""Styles of the main outcome and of the others, the most detailed first."""


def _aligned(cells: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the cells of a column with their parts right-aligned below each other."""
    widths = [max(map(len, parts)) for parts in zip_longest(*cells, fillvalue="")]
    return [" ".join(part.rjust(width) for part, width in zip(cell, widths, strict=False)) for cell in cells]


def _heading(name: str) -> Text:
    return Text(textwrap.fill(printable(name), HEADING_WIDTH, break_long_words=False))


def _levels(row: ConditionRates, varying: Sequence[str]) -> list[str]:
    return [printable(row.condition.get(factor, "")) for factor in varying] or ["all episodes"]


def _title(rates: RunRates) -> Iterator[Text]:
    manifest = rates.manifest
    options = "".join(f" {name}={value}" for name, value in manifest.agent_options.items())
    watched = f" · oversight {manifest.oversight}" if manifest.oversight else ""
    watched += "".join(f" · {role} played by {cast.shown}" for role, cast in manifest.roles.items())
    yield Text(
        printable(f"{manifest.world} {manifest.world_version} · {manifest.agent}{options}{watched}"), style="bold"
    )
    if manifest.title:
        yield Text(printable(manifest.title))
    if rates.constant:
        yield Text(printable(f"constant: {wording.levels(rates.constant, tuple(rates.constant))}"))
    yield Text()


def _notes(rates: RunRates) -> Iterator[Text]:
    done = f"{wording.plural(rates.finished, 'episode')} finished of {rates.planned:,} planned"
    yield Text(f"\n{done}; rate = succeeded/finished, [Jeffreys 95% interval in %]", style="dim")
    if cut_off := wording.cut_off(rates.cut_off, rates.finished):
        yield Text(cut_off, style="bold")
    for outcome in rates.manifest.outcomes:
        yield from _methods(rates.total(outcome))
    yield from _measures(rates)
    if rates.repeated:
        yield Text(f"{wording.plural(rates.repeated, 'line')} left out: an earlier line has the same episode id")
    yield from _failures(rates)


def _measures(rates: RunRates) -> Iterator[Text]:
    """Say what each measure came to: its median, its range, and in how many episodes it applied."""
    for name, figures in rates.measures.items():
        unit = MEASURES[name].unit
        spread = f" [{figures[0]:g}, {figures[-1]:g}]" if figures[0] != figures[-1] else ""
        middle = statistics.median(figures)
        yield Text(f"{name}: {middle:g}{spread} {unit} (median, range; {wording.plural(len(figures), 'episode')})")


def _methods(total: Rate) -> Iterator[Text]:
    by_level = {"succeeded": (total.succeeded, total.methods), "attempted": (total.attempted, total.attempted_methods)}
    parts = [
        f"{count} {level}" + (f" ({named})" if (named := wording.methods(methods)) else "")
        for level, (count, methods) in by_level.items()
        if count
    ]
    if parts:
        yield Text(printable(f"{total.outcome}: {'; '.join(parts)}"))


def _failures(rates: RunRates) -> Iterator[Text]:
    if not rates.failures:
        return
    failed = wording.plural(len(rates.failures), "episode")
    yield Text(f"{failed} failed and in no rate; the same `simenv run` tries again:", style="bold")
    for failure in rates.failures[:FAILURES_SHOWN]:
        yield Text(printable(f"  {failure.id}: {failure.error}"))
    if len(rates.failures) > FAILURES_SHOWN:
        yield Text(f"  … {len(rates.failures) - FAILURES_SHOWN} more: `simenv table DIR --episodes`")
