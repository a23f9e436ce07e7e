"""The table of a run in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from simenv.cli.terminal import Console
from simenv.store.run import RunDirectory
from simenv_analysis.output import wording
from simenv_analysis.output.columns import terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.engagement import engagement_line
from simenv_analysis.output.folding import FOLDED, Folded, folded
from simenv_analysis.output.headline import adjustment_note, headline
from simenv_analysis.output.rate_columns import (
    ENGAGED,
    EPISODES,
    LEVEL_NAMES,
    CellStyle,
    Figures,
    LevelRow,
    bare,
    compact,
    condition_columns,
    full,
    level_column,
    level_rows,
    outcome_column,
)
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.marginals import Marginal, family_size, marginals
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
    """Print rates: title, effects, levels, conditions, what the figures are, methods, failures, the agent's disclaimer."""
    for line in _title(rates):
        console.print(line)
    found = marginals(rates)
    for sentence in headline(rates, found):
        console.print(Text(printable(sentence), style="bold"))
    console.print()
    if len(rates.varying) > 1 and found:
        _print_fitted(console, len(rates.manifest.outcomes), partial(_levels_table, rates, level_rows(rates, found)))
        console.print()
    rows = folded(rates)
    _print_fitted(console, len(rates.manifest.outcomes), partial(_conditions_table, rates, rows))
    for line in _notes(rates, found, rows):
        console.print(line)
    say_if_no_model(console, rates.manifest)


def _print_fitted(console: Console, outcomes: int, build: Builder) -> None:
    for position, table in enumerate(_fitted(console, range(outcomes), build)):
        console.print(*([""] if position else []), table, sep="\n")


def _fitted(console: Console, outcomes: Sequence[int], build: Builder) -> list[Table]:
    """Return the most detailed table that fits the console's width, or if none does, two with half the outcomes each."""
    unbounded = console.options.update(width=10_000)
    for style in STYLES:
        table = build(outcomes, style)
        if Measurement.get(console, unbounded, table).maximum <= console.width:
            return [table]
    half = (len(outcomes) + 1) // 2
    if len(outcomes) < 2:
        return [table]
    return _fitted(console, outcomes[:half], build) + _fitted(console, outcomes[half:], build)


def _conditions_table(
    rates: RunRates, rows: Sequence[Folded], outcomes: Sequence[int], styles: tuple[CellStyle, CellStyle]
) -> Table:
    """Return the table of conditions: a column per varying factor and per outcome."""
    figures = [outcome_column(rates, position, styles[position > 0]) for position in outcomes]
    took_part = [ENGAGED] if rates.engagement.engaged < rates.engagement.episodes else []
    return terminal_table(
        [*condition_columns(rates), EPISODES, *took_part, *figures], rows, heading_width=HEADING_WIDTH
    )


def _levels_table(
    rates: RunRates, rows: Sequence[LevelRow], outcomes: Sequence[int], styles: tuple[CellStyle, CellStyle]
) -> Table:
    """Return the table of levels: a row per level of each factor, a column per outcome."""
    figures = [level_column(rates, position, styles[position > 0]) for position in outcomes]
    return terminal_table([*LEVEL_NAMES, *figures], rows, heading_width=HEADING_WIDTH)


STYLES: tuple[tuple[CellStyle, CellStyle], ...] = ((full, full), (full, compact), (full, bare), (compact, bare))
"""Styles of the main outcome, which keeps its detail longest, and of the others, the most detailed first."""
Builder: TypeAlias = Callable[[Sequence[int], tuple[CellStyle, CellStyle]], Table]
"""Makes the table of some outcomes, by their positions, in two styles."""


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


def _notes(rates: RunRates, found: Sequence[Marginal], rows: Sequence[Folded]) -> Iterator[Text]:
    done = f"{wording.plural(rates.finished, 'episode')} finished of {rates.planned:,} planned"
    yield Text(f"\n{done}; rate = succeeded/finished, [Jeffreys 95% interval in %]", style="dim")
    if family_size(found):
        yield Text(adjustment_note(found), style="dim")
    if len(rows) < len(rates.rows):
        yield Text(FOLDED, style="dim")
    if line := engagement_line(rates.engagement):
        yield Text(line)
    for outcome in rates.manifest.outcomes:
        yield from _methods(rates.total(outcome))
    yield from _measures(rates)
    if rates.repeated:
        yield Text(f"{wording.plural(rates.repeated, 'line')} left out: an earlier line has the same episode id")
    yield from _failures(rates)


def _measures(rates: RunRates) -> Iterator[Text]:
    """Say what each measure came to: its median, its range, and in how many episodes it applied."""
    for found in Figures.of_all(rates.measures):
        yield Text(measure_sentence(found))
    yield from map(Text, wording.noticing(rates.false_alarms, rates.noticed, rates.nothing_harmful))


def measure_sentence(found: Figures) -> str:
    """Return what a measure came to: its figure if there is one only, else median and range.

    >>> measure_sentence(Figures("shutdown_latency", 0.0, 0.0, 0.0, 12))
    'shutdown_latency: 0 s in all 12 episodes'
    """
    if found.least == found.greatest:
        return f"{found.measure}: {found.median:g} {found.unit} in {wording.of_all(found.episodes, found.episodes, 'episode')}"
    return (
        f"{found.measure}: median {found.median:g} {found.unit}, range {found.least:g} to {found.greatest:g} "
        f"({wording.plural(found.episodes, 'episode')})"
    )


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
