"""Contrasts as tables in the terminal, and as rows for other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from simenv.cli.terminal import Console
from simenv.store.manifest import Manifest
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, name_column, record, terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.intervals import Range
from simenv_analysis.rates.two_rates import Adjustment
from simenv_analysis.statistics.contrasts.contrast import Contrast, Contrasts, none_can_show
from simenv_analysis.statistics.contrasts.trials import Trials
from simenv_analysis.statistics.contrasts.versus import Versus, differing

_HOW = {"holm": "Holm", "bh": "Benjamini-Hochberg", "none": "not adjusted"}
_NOTE = (
    "difference: [95% interval by Newcombe]; odds ratio: [exact 95% interval]; +n −m: pairs of equal seeds in which only one "
    "of the two did it; p: exact, McNemar where every episode has its partner, else Fisher{strata}; adjusted: {how}, {tests}"
)
_STRATA = ", and over all contexts conditional on the counts of each, as the difference is stratified"
NONE_CAN_SHOW = (
    "There are too few episodes in each context: after adjustment none of these can be established, whatever it is. "
    "That says nothing against an effect over all contexts."
)


def print_contrasts(found: Contrasts, trials: Trials, console: Console) -> None:
    """Print what a factor changes: over all contexts, then in each."""
    manifest = trials.manifest
    console.print(Text(printable(f"{manifest.world} {manifest.world_version} · {manifest.agent}"), style="bold"))
    console.print(Text(printable(f"{found.outcome}: {found.factor} against {found.reference}")))
    if found.pooled:
        console.print(Text("\nOver all contexts of the other factors\n", style="bold"))
        console.print(_table(found.pooled, found.factor, found.reference))
        console.print(Text("\nIn each context", style="bold"))
    console.print("", _table(found.rows, found.factor, found.reference), sep="\n")
    _print_notes(console, found.pooled, found.rows, found.adjustment)
    _print_repeats(console, repeats_of(trials))
    if found.empty:
        console.print(Text(f"{wording.plural(found.empty, 'contrast')} left out: no finished episode on one side"))
    _print_missing(console, trials)


def print_versus(found: Versus, a: Trials, b: Trials, console: Console) -> None:
    """Print how run B differs from run A: over all conditions, then in each."""
    ours, theirs = b.manifest, a.manifest
    console.print(Text(printable(f"{ours.world}: B {ours.agent} against A {theirs.agent}"), style="bold"))
    for difference in _differences(ours, theirs):
        console.print(Text(printable(difference), style="bold"))
    if found.pooled:
        console.print(Text("\nOver all conditions\n"))
        console.print(_table(found.pooled, "outcome", "A"))
    for outcome in dict.fromkeys(row.level for row in found.rows):
        console.print(Text(f"\n{printable(outcome)}"))
        console.print(_table([row for row in found.rows if row.level == outcome], "", "A"))
    _print_notes(console, found.pooled, found.rows, found.adjustment)
    if found.unshared:
        console.print(Text(f"{wording.plural(found.unshared, 'condition')} left out: only one of the runs has it"))
    for name, trials in (("A", a), ("B", b)):
        _print_repeats(console, repeats_of(trials), f"{name}: ")
    console.print()
    for line in versus_sentences(found):
        console.print(Text(printable(line)))
    for trials in (a, b):
        _print_missing(console, trials)


def versus_sentences(found: Versus) -> list[str]:
    """Return in what two runs differ after adjustment, over all conditions and in single ones; or that nothing is."""
    pooled, single = differing(found.pooled), found.differing
    fixed = [row for row in found.rows if row.p is None and row.difference]
    said = []
    if fixed:
        said.append(f"Without any chance they differ in {_count_of(len(fixed), len(found.rows))}:")
        said += [f"  {_place(row)}: {wording.points(row.difference)} points" for row in fixed]
    elif all(row.p is None for row in found.rows):
        return ["They do not differ."]
    if not pooled and not single:
        return said or ["No difference is established (adjusted p below 0.05)."]
    if pooled:
        said.append("Over all conditions they differ in (adjusted p below 0.05):")
        said += [f"  {row.level}: {wording.points(row.difference)} points" for row in pooled]
    if single:
        lead = "In single conditions they differ in" if found.pooled else "They differ in"
        said.append(f"{lead} {_count_of(len(single), len(found.rows))} (adjusted p below 0.05):")
        said += [f"  {_place(row)}: {wording.points(row.difference)} points" for row in single]
    return said


def _count_of(k: int, n: int) -> str:
    if k == n:
        return "the only comparison" if n == 1 else f"all {n} comparisons"
    return f"{k} of {n} comparisons"


def _place(row: Contrast) -> str:
    where = ", ".join(f"{factor}={level}" for factor, level in row.context.items())
    return f"{row.level} · {where}" if where else row.level


def repeats_of(*runs: Trials) -> str:
    """Return that the episodes of runs are repeats of one another, which gives no test; nothing where none are."""
    alike, ran = (sum(counts) for counts in zip(*(trials.repeats for trials in runs), strict=True))
    return wording.repeats(alike, ran, "no interval and no test is given")


def _print_repeats(console: Console, sentence: str, lead: str = "") -> None:
    if sentence:
        console.print(Text(f"{lead}{sentence}", style="bold"))


def contrast_rows(rows: Sequence[Contrast]) -> list[dict[str, Any]]:
    """Return contrasts as plain data; what is infinite or unknown becomes None."""
    difference, odds, pairs, *tests = FIGURES
    columns = [
        Column[Contrast]("context", "context", lambda row: dict(row.context)),
        Column[Contrast]("level", "level", lambda row: row.level),
        Column[Contrast]("counts", "counts", lambda row: row.counts._asdict()),
        pairs,
        difference,
        Column[Contrast]("interval", "interval", lambda row: row.interval and list(row.interval)),
        odds,
        Column[Contrast](
            "odds_interval", "interval", lambda row: row.odds_ratio and [_finite(end) for end in row.odds_ratio[1]]
        ),
        *tests,
    ]
    return [record(columns, row) for row in rows]


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
    names = [_factor(name) for name in dict.fromkeys(name for row in rows for name in row.context)]
    level: list[Column[Contrast]] = [name_column(factor, lambda row: row.level)] if factor else []
    counts = [
        Column[Contrast]("reference", reference, lambda row: f"{row.counts.k0}/{row.counts.n0}"),
        Column[Contrast]("rate", "rate" if factor else "B", lambda row: f"{row.counts.k}/{row.counts.n}"),
    ]
    return terminal_table([*names, *level, *counts, *FIGURES], rows)


def _factor(name: str) -> Column[Contrast]:
    return name_column(name, lambda row: row.context.get(name, ""))


def _difference(row: Contrast) -> str:
    if row.interval is None:
        return f"{wording.points(row.difference)} {wording.SAME}"
    low, high = row.interval
    return f"{wording.points(row.difference)} [{wording.points(low)}, {wording.points(high)}]"


def _odds(row: Contrast) -> str:
    if row.odds_ratio is None:
        return NOTHING
    return f"{_ratio(row.odds_ratio[0])} [{_ends(row.odds_ratio[1])}]"


def _pairs(row: Contrast) -> dict[str, Any] | None:
    return None if row.pairs is None else row.pairs._asdict()


def _pairs_text(row: Contrast) -> str:
    return NOTHING if row.pairs is None else f"+{row.pairs.only} −{row.pairs.only_other}"


def _ratio(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return "–" if math.isnan(value) else f"{value:.2g}"


def _ends(ends: Range) -> str:
    return ", ".join(map(_ratio, ends))


FIGURES: Sequence[Column[Contrast]] = (
    Column("difference", "difference (points)", lambda row: row.difference, _difference),
    Column("odds_ratio", "odds ratio", lambda row: row.odds_ratio and _finite(row.odds_ratio[0]), _odds),
    Column("pairs", "pairs", _pairs, _pairs_text),
    Column("p", "p", lambda row: row.p, lambda row: wording.p_value(row.p, "")),
    Column("adjusted", "adjusted", lambda row: row.adjusted, lambda row: wording.p_value(row.adjusted, "")),
)
"""What both the terminal and other programs are given of a contrast."""


def _print_notes(console: Console, pooled: Sequence[Contrast], rows: Sequence[Contrast], how: Adjustment) -> None:
    tests = wording.plural(len(rows), "test")
    if pooled:
        tests = f"{wording.plural(len(pooled), 'test')} over all, {tests} in single ones"
    note = _NOTE.format(how=_HOW[how], tests=tests, strata=_STRATA if pooled else "")
    console.print(Text(f"\n{note}", style="dim"))
    if none_can_show(rows, how):
        console.print(Text(NONE_CAN_SHOW if pooled else NONE_CAN_SHOW.split(". ", maxsplit=1)[0] + ".", style="bold"))


def _print_missing(console: Console, trials: Trials) -> None:
    if trials.missing:
        text = f"{wording.plural(trials.missing, 'planned episode')} of {trials.manifest.agent} not finished"
        console.print(Text(printable(f"{text}: if it is not by chance, neither is the difference"), style="bold"))
    say_if_no_model(console, trials.manifest)
