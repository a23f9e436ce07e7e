"""The table of a run in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.columns import terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.rate_columns import (
    EPISODES,
    CellStyle,
    Figures,
    bare,
    compact,
    condition_columns,
    full,
    outcome_column,
)
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.rates import Rate, RunRates, read_rates

FAILURES_SHOWN = 3
"""Causes of failures spelled out under the table."""
HEADING_WIDTH = 9
"""Columns after which a heading breaks, if it can."""


def print_table(run: Path, console: Console) -> None:
    """Print the rates of a run directory.

    Raises:
        EpisodeError: it is no run directory, or a file in it is damaged.
    """
    show(read_rates(RunDirectory(run)), console)


def show(rates: RunRates, console: Console) -> None:
    """Print rates: title, table, what the figures are, methods, failures, and the agent's disclaimer."""
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
    figures = [outcome_column(rates, position, others if position else main) for position in outcomes]
    return terminal_table([*condition_columns(rates), EPISODES, *figures], rates.rows, heading_width=HEADING_WIDTH)


STYLES: tuple[tuple[CellStyle, CellStyle], ...] = ((full, full), (full, compact), (full, bare), (compact, bare))
"""Styles of the main outcome and of the others, the most detailed first."""


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
    for name, sorted_figures in rates.measures.items():
        found = Figures.of(name, sorted_figures)
        spread = f" [{found.least:g}, {found.greatest:g}]" if found.least != found.greatest else ""
        of = wording.plural(found.episodes, "episode")
        yield Text(f"{name}: {found.median:g}{spread} {found.unit} (median, range; {of})")
    if rates.nothing_harmful:
        yield Text(wording.NOT_DEFINED)


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
