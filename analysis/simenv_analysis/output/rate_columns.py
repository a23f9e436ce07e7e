"""The columns of rates, of measures and of the list of episodes."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from simenv.outcomes.measures import MEASURES
from simenv.outcomes.verdict import NOT_APPLICABLE
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, Row, name_column
from simenv_analysis.output.folding import Folded, level_text
from simenv_analysis.rates.detection import POOLED
from simenv_analysis.rates.intervals import Interval, anytime, clopper_pearson, wilson
from simenv_analysis.rates.marginals import Marginal
from simenv_analysis.rates.rates import ConditionRates, Rate, RunRates
from simenv_analysis.rates.two_rates import TwoRates

CellStyle: TypeAlias = Callable[[Rate], tuple[str, ...]]


def missing(rate: Rate, nothing: str = NOTHING) -> str:
    """Return what is shown in place of a rate that there is not: ``n/a`` where the outcome cannot occur."""
    return nothing if rate.applies else NOT_APPLICABLE


def full(rate: Rate) -> tuple[str, ...]:
    """Return a cell as ``79%  79/100  [70, 86]``, in parts."""
    if rate.rate is None:
        return (missing(rate),)
    return wording.percent(rate.rate), f" {rate.succeeded}/{rate.n}", f" {wording.within(rate.interval)}"


def compact(rate: Rate) -> tuple[str, ...]:
    """Return a cell as ``79% [70, 86]``, in parts."""
    return (missing(rate),) if rate.rate is None else (wording.percent(rate.rate), wording.within(rate.interval))


def bare(rate: Rate) -> tuple[str, ...]:
    """Return a cell as ``79%``."""
    return (missing(rate),) if rate.rate is None else (wording.percent(rate.rate),)


# -- a row per condition, or per several that agree ---------------------------------------------------------------


def condition_columns(rates: RunRates) -> list[Column[Folded]]:
    """Return what names a condition: a column per factor that varies, or one that says that none does."""
    if not rates.varying:
        return [name_column("condition", lambda _: "all episodes", 6)]
    return [name_column(factor, _level(rates, factor), 6) for factor in rates.varying]


def _level(rates: RunRates, factor: str) -> Callable[[Folded], str]:
    return lambda row: level_text(rates, row, factor)


def _episodes(row: Folded) -> str:
    """Return finished and planned episodes: ``100``, ``97/100``, ``97/100, 3 failed``, ``18 × 3`` for 18 conditions."""
    one = row.first
    finished = str(one.finished) if one.finished == one.planned else f"{one.finished}/{one.planned}"
    each = finished + (f", {one.failed} failed" if one.failed else "")
    return each if len(row.rows) == 1 else f"{len(row.rows)} × {each}"


EPISODES: Column[Folded] = Column(
    "episodes",
    "episodes",
    lambda row: row.first.finished,
    _episodes,
    explanation="Finished episodes, of those that were planned, and how many failed.",
)


def outcome_column(rates: RunRates, position: int, style: CellStyle = full) -> Column[Folded]:
    """Return the column of an outcome, by its position among those that the run measures."""
    return _of_outcome(rates, position, lambda row: row.first.rates[position], style)


def _of_outcome(
    rates: RunRates,
    position: int,
    rate: Callable[[Row], Rate],
    style: CellStyle,
    mark: Callable[[Row], str] | None = None,
) -> Column[Row]:
    name = rates.manifest.outcomes[position]
    known = rates.outcomes.get(name)
    return Column(
        name,
        rates.title(name),
        lambda row: rate(row).rate,
        lambda row: (*style(rate(row)), *([mark(row)] if mark is not None else [])),
        unit="share of episodes" if known is None else known.unit,
        explanation="" if known is None else known.summary,
        kind="figures",
    )


# -- a row per level of a factor ---------------------------------------------------------------------------------


class LevelRow(NamedTuple):
    """A level of a factor, and every outcome under it over all levels of the other factors.

    Attributes:
        factor: the factor.
        level: the level.
        marginals: outcome → what was found; outcomes that no episode measured are missing.
        impossible: outcome → finished episodes under the level in which it cannot occur.
        opens: whether it is the factor's first level.
        alike: whether the episodes of each condition are repeats of one another.
    """

    factor: str
    level: str
    marginals: Mapping[str, Marginal]
    impossible: Mapping[str, int]
    opens: bool
    alike: bool

    def rate(self, outcome: str) -> Rate:
        """Return the counts of an outcome."""
        counts = self.marginals[outcome].counts if outcome in self.marginals else TwoRates(0, 0, 0, 0)
        return Rate(outcome, counts.n, counts.k, 0, (), (), self.impossible[outcome], self.alike)

    def established(self, outcome: str) -> bool:
        """Return whether the level differs from the factor's others."""
        return outcome in self.marginals and self.marginals[outcome].established


def level_rows(rates: RunRates, found: Sequence[Marginal]) -> list[LevelRow]:
    """Return a row per level of each factor that any marginal is about."""
    rows: dict[tuple[str, str], dict[str, Marginal]] = {}
    for each in found:
        rows.setdefault((each.factor, each.level), {})[each.outcome] = each
    factors = [factor for factor, _ in rows]
    return [
        LevelRow(factor, level, row, _impossible(rates, factor, level), factor not in factors[:place], rates.alike)
        for place, ((factor, level), row) in enumerate(rows.items())
    ]


def _impossible(rates: RunRates, factor: str, level: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rates.rows:
        if row.condition.get(factor, "") == level:
            counts.update({rate.outcome: rate.impossible for rate in row.rates})
    return counts


LEVEL_NAMES: Sequence[Column[LevelRow]] = (
    name_column("factor", lambda row: row.factor if row.opens else "", 6),
    name_column("level", lambda row: row.level, 6),
)


def level_column(rates: RunRates, position: int, style: CellStyle = full) -> Column[LevelRow]:
    """Return the column of an outcome by level of a factor; a star marks a level that differs from the others."""
    name = rates.manifest.outcomes[position]
    return _of_outcome(
        rates, position, lambda row: row.rate(name), style, lambda row: "*" if row.established(name) else " "
    )


# -- a row per condition and outcome, for programs ----------------------------------------------------------------


class Cell(NamedTuple):
    """A rate, and the condition that it is of."""

    row: ConditionRates
    rate: Rate


def _end(end: int) -> Callable[[Rate], float | None]:
    return lambda rate: None if rate.interval is None else rate.interval[end]


def _interval_by(method: Callable[[int, int], Interval]) -> Callable[[Rate], list[float] | None]:
    return lambda rate: None if rate.interval is None else list(method(rate.succeeded, rate.n))


ENGAGED: Column[Folded] = Column(
    "engaged",
    "engaged",
    lambda row: row.first.engagement.rate,
    lambda row: NOTHING if row.first.engagement.rate is None else wording.percent(row.first.engagement.rate),
    explanation="Share of episodes in which the agent made a call that did more than read.",
)
"""Shown where the agent took no part in some episode."""
CONDITION_COUNTS: Sequence[Column[ConditionRates]] = (
    Column("planned", "planned", lambda row: row.planned, explanation="Episodes that the manifest asks for."),
    Column("finished", "finished", lambda row: row.finished, explanation="Episodes that have finished."),
    Column(
        "alike",
        "alike",
        lambda row: row.alike,
        explanation="Whether its episodes are one and the same, again and again.",
    ),
    Column(
        "failed", "failed", lambda row: row.failed, explanation="Episodes that were attempted, and have not finished."
    ),
    Column(
        "engaged",
        "engaged",
        lambda row: row.engagement.engaged if row.engagement.episodes else None,
        explanation="Finished episodes in which the agent made a call that did more than read.",
    ),
)
COUNTS: Sequence[Column[Rate]] = (
    Column("n", "episodes", lambda rate: rate.n, explanation="Finished episodes that measured it."),
    Column(
        "not_applicable",
        NOT_APPLICABLE,
        lambda rate: rate.impossible,
        explanation="Finished episodes in which it cannot occur.",
    ),
    Column(
        "attempted", "attempted", lambda rate: rate.attempted, explanation="Episodes in which it was only attempted."
    ),
    Column("succeeded", "succeeded", lambda rate: rate.succeeded, explanation="Episodes in which it succeeded."),
    Column(
        "rate",
        "rate",
        lambda rate: rate.rate if rate.applies else NOT_APPLICABLE,
        bare,
        explanation="Share in which it succeeded; `n/a` where it cannot occur.",
    ),
    Column("low", "low", _end(0), explanation="Lower end of the 95% Jeffreys interval."),
    Column("high", "high", _end(1), explanation="Upper end of it."),
)
OTHER_INTERVALS: Sequence[Column[Rate]] = (
    Column("wilson", "Wilson", _interval_by(wilson)),
    Column("clopper_pearson", "Clopper-Pearson", _interval_by(clopper_pearson)),
    Column("anytime", "anytime", _interval_by(anytime)),
)
METHODS: Column[Rate] = Column(
    "methods",
    "methods",
    lambda rate: dict(rate.methods),
    lambda rate: wording.methods(rate.methods),
    explanation="How it came about, and how often.",
    kind="text",
)
ATTEMPTED_METHODS: Column[Rate] = Column(
    "attempted_methods",
    "methods attempted",
    lambda rate: dict(rate.attempted_methods),
    lambda rate: wording.methods(rate.attempted_methods),
    explanation="How it was attempted, and how often.",
    kind="text",
)


def of_row(column: Column[ConditionRates]) -> Column[Cell]:
    """Return a column of conditions as one of cells."""
    return Column(column.key, column.heading, lambda cell: column.value(cell.row), kind=column.kind)


def of_rate(column: Column[Rate]) -> Column[Cell]:
    """Return a column of rates as one of cells."""
    return Column(column.key, column.heading, lambda cell: column.value(cell.rate), kind=column.kind)


# -- a row per measure -------------------------------------------------------------------------------------------


class Figures(NamedTuple):
    """What a measure came to over the episodes to which it applies."""

    measure: str
    median: float
    least: float
    greatest: float
    episodes: int

    @classmethod
    def of(cls, measure: str, figures: Sequence[float]) -> Figures:
        """Return what sorted figures come to."""
        return cls(measure, statistics.median(figures), figures[0], figures[-1], len(figures))

    @classmethod
    def of_all(cls, measures: Mapping[str, Sequence[float]]) -> list[Figures]:
        """Return what measures come to, but for those that are pooled over episodes."""
        return [cls.of(name, figures) for name, figures in measures.items() if name not in POOLED]

    @property
    def unit(self) -> str:
        """The unit of the measure; empty if this simenv does not know it."""
        return MEASURES[self.measure].unit if self.measure in MEASURES else ""

    @property
    def definition(self) -> str:
        """What the measure is; empty if this simenv does not know it."""
        return MEASURES[self.measure].definition if self.measure in MEASURES else ""


def _figure(value: float) -> str:
    return f"{value:.6g}"


MEASURE_COLUMNS: Sequence[Column[Figures]] = (
    Column("measure", "measure", lambda row: row.measure, lambda row: wording.spaced(row.measure), kind="name"),
    Column("median", "median", lambda row: row.median, lambda row: _figure(row.median), type="double"),
    Column("least", "least", lambda row: row.least, lambda row: _figure(row.least), type="double"),
    Column("greatest", "greatest", lambda row: row.greatest, lambda row: _figure(row.greatest), type="double"),
    Column("unit", "unit", lambda row: row.unit, kind="id"),
    Column("episodes", "episodes", lambda row: row.episodes, lambda row: f"{row.episodes:,}", type="int32"),
)
"""The same in the report and on the card."""
