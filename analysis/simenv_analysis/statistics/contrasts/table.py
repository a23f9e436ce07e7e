"""Contrasts as tables in the terminal, and as rows for other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simenv.store.run import Manifest
from simenv_analysis.output import wording
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.intervals import Range
from simenv_analysis.statistics.contrasts.contrast import Contrast, Contrasts
from simenv_analysis.statistics.contrasts.trials import Trials
from simenv_analysis.statistics.contrasts.two_rates import Adjustment
from simenv_analysis.statistics.contrasts.versus import Versus

_HOW = {"holm": "Holm", "bh": "Benjamini-Hochberg", "none": "not adjusted"}
_NOTE = (
    "difference: [95% interval by Newcombe]; odds ratio: [exact 95% interval]; +n −m: pairs of equal seeds in which only one "
    "of the two did it; p: exact, McNemar where every episode has its partner, else Fisher; adjusted: {how}, {tests}"
)


def print_contrasts(found: Contrasts, trials: Trials, console: Console) -> None:
    """Print what a factor changes."""
    manifest = trials.manifest
    console.print(Text(printable(f"{manifest.world} {manifest.world_version} · {manifest.agent}"), style="bold"))
    console.print(Text(f"{found.outcome}: {found.factor} against {found.reference}\n"))
    console.print(_table(found.rows, found.factor, found.reference))
    _print_notes(console, found.rows, found.adjustment)
    if found.empty:
        console.print(Text(f"{wording.plural(found.empty, 'contrast')} left out: no finished episode on one side"))
    _print_missing(console, trials)


def print_versus(found: Versus, a: Trials, b: Trials, console: Console) -> None:
    """Print how run B differs from run A."""
    ours, theirs = b.manifest, a.manifest
    console.print(Text(printable(f"{ours.world}: B {ours.agent} against A {theirs.agent}"), style="bold"))
    for difference in _differences(ours, theirs):
        console.print(Text(printable(difference), style="bold"))
    for outcome in dict.fromkeys(row.level for row in found.rows):
        console.print(Text(f"\n{printable(outcome)}"))
        console.print(_table([row for row in found.rows if row.level == outcome], "", "A"))
    _print_notes(console, found.rows, found.adjustment)
    if found.unshared:
        console.print(Text(f"{wording.plural(found.unshared, 'condition')} left out: only one of the runs has it"))
    if found.differing:
        console.print(Text(f"\nThey differ in {len(found.differing)} of {len(found.rows)} (adjusted p below 0.05):"))
        for row in found.differing:
            where = ", ".join(f"{factor}={level}" for factor, level in row.context.items())
            console.print(
                Text(printable(f"  {row.level}{' · ' if where else ''}{where}: {row.counts.difference:+.0%}"))
            )
    else:
        console.print(Text("\nNo difference is established (adjusted p below 0.05)."))
    for trials in (a, b):
        _print_missing(console, trials)


def contrast_rows(rows: Sequence[Contrast]) -> list[dict[str, Any]]:
    """Return contrasts as plain data; what is infinite or unknown becomes None."""
    return [
        {
            "context": dict(row.context),
            "level": row.level,
            "counts": row.counts._asdict(),
            "pairs": None if row.pairs is None else row.pairs._asdict(),
            "difference": row.counts.difference,
            "interval": list(row.interval),
            "odds_ratio": _finite(row.odds_ratio[0]),
            "odds_interval": [_finite(end) for end in row.odds_ratio[1]],
            "p": row.p,
            "adjusted": _finite(row.adjusted),
        }
        for row in rows
    ]


def _differences(ours: Manifest, theirs: Manifest) -> list[str]:
    """Return in what the worlds of two runs differ, as far as their conditions are shared, a sentence each."""
    said = []
    if ours.oversight != theirs.oversight:
        b, a = (manifest.oversight or "the world's own" for manifest in (ours, theirs))
        said.append(f"Oversight: {b} in B, {a} in A.")
    if ours.limits != theirs.limits:
        said.append("The two runs have different limits.")
    shared = ours.documents.keys() & theirs.documents.keys()
    same_documents = all(ours.documents[name] == theirs.documents[name] for name in shared)
    if ours.world_version != theirs.world_version or not (said or same_documents):  # the others change documents too
        said.append("The two runs used different versions of the world.")
    return said


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _table(rows: Sequence[Contrast], factor: str, reference: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    factors = list(dict.fromkeys(name for row in rows for name in row.context))
    for heading in (*factors, *([factor] if factor else [])):
        table.add_column(Text(printable(heading)), overflow="fold")
    for heading in (reference, "rate" if factor else "B", "difference", "odds ratio", "pairs", "p", "adjusted"):
        table.add_column(Text(printable(heading)), justify="right", no_wrap=True)
    for row in rows:
        cells = (*(row.context.get(name, "") for name in factors), *([row.level] if factor else []), *_cells(row))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _cells(row: Contrast) -> tuple[str, ...]:
    counts = row.counts
    low, high = row.interval
    return (
        f"{counts.k0}/{counts.n0}",
        f"{counts.k}/{counts.n}",
        f"{100 * counts.difference:+.0f}% [{100 * low:+.0f}, {100 * high:+.0f}]",
        f"{_ratio(row.odds_ratio[0])} [{_ends(row.odds_ratio[1])}]",
        "–" if row.pairs is None else f"+{row.pairs.only} −{row.pairs.only_other}",
        _p(row.p),
        _p(row.adjusted),
    )


def _ratio(value: float) -> str:
    return "∞" if math.isinf(value) else "–" if math.isnan(value) else f"{value:.2g}"


def _ends(ends: Range) -> str:
    return ", ".join(map(_ratio, ends))


def _p(p: float) -> str:
    return "–" if math.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def _print_notes(console: Console, rows: Sequence[Contrast], how: Adjustment) -> None:
    console.print(Text("\n" + _NOTE.format(how=_HOW[how], tests=wording.plural(len(rows), "test")), style="dim"))


def _print_missing(console: Console, trials: Trials) -> None:
    if trials.missing:
        text = f"{wording.plural(trials.missing, 'planned episode')} of {trials.manifest.agent} not finished"
        console.print(Text(printable(f"{text}: if it is not by chance, neither is the difference"), style="bold"))
    say_if_no_model(console, trials.manifest)
