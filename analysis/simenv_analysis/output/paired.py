"""What a factor changes in a measure, as a table in the terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from simenv.cli.terminal import Console
from simenv.store.manifest import Manifest
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, name_column, terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.intervals import Range
from simenv_analysis.rates.paired import Comparison, Difference


def print_comparison(comparison: Comparison, manifest: Manifest, console: Console) -> None:
    """Print a comparison as a table."""
    console.print(Text(printable(f"{manifest.world} {manifest.world_version} · {manifest.agent}"), style="bold"))
    console.print(
        Text(f"{comparison.measure}: {comparison.factor} against {comparison.reference}, pairs of equal seeds\n")
    )
    console.print(terminal_table(columns_of(comparison), comparison.rows))
    console.print(
        Text("\nmean difference, [95% interval by Student's t], [by bootstrap]; – : no two pairs differ", style="dim")
    )
    if comparison.unpaired:
        console.print(
            Text(f"{wording.plural(comparison.unpaired, 'episode')} left out: no partner, or nothing to compare")
        )
    say_if_no_model(console, manifest)


def columns_of(comparison: Comparison) -> list[Column[Difference]]:
    """Return the columns of a comparison's table."""
    factors = dict.fromkeys(factor for row in comparison.rows for factor in row.context)
    level: Column[Difference] = name_column(comparison.factor, lambda row: row.level)
    return [
        *map(_factor, factors),
        level,
        Column("n", "pairs", lambda row: row.n),
        Column("mean_reference", comparison.reference, lambda row: row.mean_reference, _mean("mean_reference", ".3g")),
        Column("mean_level", "level", lambda row: row.mean_level, _mean("mean_level", ".3g")),
        Column("mean", "difference", lambda row: row.mean, _mean("mean", "+.3f")),
        Column("student", "t", lambda row: row.student, lambda row: _ends(row.student)),
        Column("bootstrap", "bootstrap", lambda row: row.bootstrap, lambda row: _ends(row.bootstrap)),
        Column("p", "p", lambda row: row.p, lambda row: _p(row.p)),
    ]


def _factor(factor: str) -> Column[Difference]:
    return name_column(factor, lambda row: row.context.get(factor, "all"))


def _mean(name: str, form: str) -> Callable[[Difference], str]:
    return lambda row: format(getattr(row, name), form) if row.n else NOTHING


def _p(p: float | None) -> str:
    if p is None:
        return NOTHING
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _ends(interval: Range | None) -> str:
    return NOTHING if interval is None else f"[{interval[0]:+.3f}, {interval[1]:+.3f}]"
