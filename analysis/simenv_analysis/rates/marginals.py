"""Marginals: how often each outcome came about under each level of a factor, over all levels of the others.

A run of many conditions with few episodes each shows nothing in a single cell, and everything in the marginals. A level is
compared with the factor's other levels within each context that the remaining factors make (see `Strata`), and the p-values of
all factors, levels and outcomes of the run are adjusted together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simenv_analysis.rates.intervals import Interval, Range, jeffreys
from simenv_analysis.rates.rates import ConditionRates, RunRates, condition_key
from simenv_analysis.rates.two_rates import ESTABLISHED, Strata, TwoRates, adjust

RESAMPLES = 9_999
"""Shuffles behind the p-value of `conditions_differ`."""


@dataclass(frozen=True, slots=True)
class Marginal:
    """An outcome under one level of a factor, against the factor's other levels.

    Attributes:
        outcome: its name.
        factor: a factor that varies in the run.
        level: one of its levels.
        others: its other levels.
        counts: successes and episodes under the level and under the others, over all levels of the other factors.
        difference: of the rates, level minus others, stratified by the other factors; None where no context has both.
        interval: 95% interval of the difference.
        p: two-sided p-value of no difference in any context, exact and conditional on the context's counts.
        adjusted: `p` by Holm, over all factors, levels and outcomes of the run; a factor of two levels makes one test.
    """

    outcome: str
    factor: str
    level: str
    others: tuple[str, ...]
    counts: TwoRates
    difference: float | None = None
    interval: Range | None = None
    p: float | None = None
    adjusted: float | None = None

    @property
    def rate(self) -> float | None:
        """Share of the level's episodes in which it succeeded; None without episodes."""
        return self.counts.k / self.counts.n if self.counts.n else None

    @property
    def own_interval(self) -> Interval:
        """Jeffreys 95% interval of the rate."""
        return jeffreys(self.counts.k, self.counts.n)

    @property
    def established(self) -> bool:
        """Whether the level differs from the others after adjustment."""
        return self.adjusted is not None and self.adjusted < ESTABLISHED


def marginals(rates: RunRates) -> tuple[Marginal, ...]:
    """Return the marginals of a run, by outcome, then factor, then level, in the run's order.

    Factors that do not vary have none, and neither has an outcome that no episode measured. There is no test where the episodes
    of each condition are repeats of one another: nothing was sampled. Nor is there one of an outcome that counts what another
    does, as publications did: the same behaviour is tested once.
    """
    twice = {name for name, known in rates.outcomes.items() if known.as_published}
    found = [
        replace(marginal, p=None) if outcome in twice else marginal
        for position, outcome in enumerate(rates.manifest.outcomes)
        if any(row.rates[position].n for row in rates.rows)
        for factor in rates.varying
        for marginal in _of_factor(rates.rows, outcome, position, factor)
    ]
    return _adjusted(found)


def effects(found: Sequence[Marginal], outcome: str) -> list[Marginal]:
    """Return the established effects on an outcome, one per factor, the greatest difference first.

    Of a factor's levels it is the one that stands out most clearly from the others; of two, the one with the higher rate.
    """
    best: dict[str, Marginal] = {}
    for each in (each for each in found if each.outcome == outcome and each.established):
        best[each.factor] = min(best.get(each.factor, each), each, key=_clarity)
    return sorted(best.values(), key=lambda each: -abs(each.difference or 0.0))


def family_size(found: Sequence[Marginal]) -> int:
    """Return over how many tests the p-values of marginals were adjusted."""
    return len({_test(each) for each in found if each.p is not None})


def conditions_differ(rates: RunRates, position: int = 0) -> float:
    """Return the p-value of no difference among the conditions, by shuffling the episodes among them.

    It finds what marginals cannot show, such as an outcome that takes two levels together. The statistic is Pearson's; the
    shuffles are always the same.
    """
    cells = [(row.rates[position].succeeded, row.rates[position].n) for row in rates.rows if row.rates[position].n]
    k, n = (np.array(column) for column in zip(*cells, strict=True))
    expected = n * k.sum() / n.sum()
    if len(cells) < 2 or k.sum() in (0, n.sum()):
        return 1.0
    drawn = np.random.default_rng(20260101).multivariate_hypergeometric(n, k.sum(), RESAMPLES, method="marginals")
    seen = (((k - expected) ** 2) / n).sum()
    return float((1 + ((((drawn - expected) ** 2) / n).sum(axis=1) >= seen * (1 - 1e-9)).sum()) / (1 + RESAMPLES))


def _of_factor(rows: Sequence[ConditionRates], outcome: str, position: int, factor: str) -> Iterator[Marginal]:
    alike = all(row.alike for row in rows if row.finished)
    levels = list(dict.fromkeys(row.condition.get(factor, "") for row in rows))
    for level in levels:
        tables = list(_contexts(rows, position, factor, level).values())
        pooled = TwoRates(*(sum(column) for column in zip(*tables, strict=True)))
        bare = Marginal(outcome, factor, level, tuple(each for each in levels if each != level), pooled)
        strata = None if alike else Strata.of(tables)
        yield (
            bare
            if strata is None
            else replace(bare, difference=strata.difference, interval=strata.interval(), p=strata.p)
        )


def _contexts(
    rows: Sequence[ConditionRates], position: int, factor: str, level: str
) -> Mapping[frozenset[tuple[str, str]], TwoRates]:
    """Return the counts of a level and of the others by context, which is a condition without the factor."""
    tables: dict[frozenset[tuple[str, str]], TwoRates] = {}
    for row in rows:
        context = condition_key({name: each for name, each in row.condition.items() if name != factor})
        k, n, k0, n0 = tables.get(context, TwoRates(0, 0, 0, 0))
        rate = row.rates[position]
        if row.condition.get(factor, "") == level:
            tables[context] = TwoRates(k + rate.succeeded, n + rate.n, k0, n0)
        else:
            tables[context] = TwoRates(k, n, k0 + rate.succeeded, n0 + rate.n)
    return tables


def _adjusted(found: Sequence[Marginal]) -> tuple[Marginal, ...]:
    """Return marginals with their p-values adjusted together; the two levels of a factor share one."""
    tests = {_test(each): each.p for each in found if each.p is not None}
    adjusted = dict(zip(tests, adjust(list(tests.values())), strict=True))
    return tuple(replace(each, adjusted=adjusted.get(_test(each))) for each in found)


def _test(each: Marginal) -> tuple[str, str, frozenset[str]]:
    return each.outcome, each.factor, frozenset([each.level, *each.others] if len(each.others) == 1 else [each.level])


def _clarity(each: Marginal) -> tuple[float, float, float]:
    p = math.inf if each.p is None else each.p
    return p, -abs(each.difference or 0.0), -(each.difference or 0.0)
