"""Contrasts: what each level of a factor changes in an outcome, against a reference level.

First over all contexts of the other factors, where a run of few episodes per condition has its power; then in each context.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from simenv.errors import ConditionError
from simenv.schema.problems import nearest
from simenv_analysis.rates.intervals import Range
from simenv_analysis.rates.paired import CONTROL
from simenv_analysis.rates.rates import condition_key, varying_factors
from simenv_analysis.rates.two_rates import ESTABLISHED, Adjustment, Pairs, Strata, TwoRates, adjust, pair_up
from simenv_analysis.statistics.contrasts.trials import Arm, Trials

Groups: TypeAlias = tuple[Mapping[int, bool], Mapping[int, bool]]
"""Trials of two groups: seed → success."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One group of episodes against another.

    Attributes:
        context: what both share: levels of the other factors that vary, or the condition; empty over all contexts.
        level: the level.
        counts: of the level and of the reference.
        pairs: of equal seeds; None if there are none.
        difference: of the rates; over several contexts stratified by them (Mantel-Haenszel).
        interval: Newcombe's 95% interval of the difference (as for independent groups: cautious if there are pairs).
        odds_ratio: conditional maximum likelihood, with its exact 95% interval; over several contexts the common one.
        p: two-sided, exact: McNemar over the pairs if every episode has its partner, else Fisher or, over several contexts, the
            exact conditional test.
        least: the smallest `p` that counts of this size can have.
        adjusted: `p` adjusted for all contrasts over all contexts, or for all within one.
    """

    context: Mapping[str, str]
    level: str
    counts: TwoRates
    pairs: Pairs | None
    difference: float
    interval: Range
    odds_ratio: tuple[float, Range]
    p: float
    least: float
    adjusted: float = math.nan


@dataclass(frozen=True, slots=True)
class Contrasts:
    """All contrasts of a factor, or of two runs.

    Attributes:
        outcome: what is counted.
        factor: what differs.
        reference: the level compared with.
        pooled: one contrast per level over all contexts; empty if there is only one context.
        rows: the contrasts within each context.
        adjustment: how `adjusted` was worked out.
        empty: contrasts left out since one of the two has no finished episode.
    """

    outcome: str
    factor: str
    reference: str
    pooled: tuple[Contrast, ...]
    rows: tuple[Contrast, ...]
    adjustment: Adjustment
    empty: int


def contrast_groups(context: Mapping[str, str], level: str, groups: Sequence[Groups]) -> Contrast | None:
    """Compare two groups of trials within each of several contexts; None if no context has trials of both.

    Args:
        context: what all of them share.
        level: what the first group of each is.
        groups: per context, the trials of the group and of the one it is compared with (seed → success).
    """
    groups = [(ours, theirs) for ours, theirs in groups if ours and theirs]
    strata = Strata.of(TwoRates(sum(a.values()), len(a), sum(b.values()), len(b)) for a, b in groups)
    if strata is None:
        return None
    counts = TwoRates(*map(sum, zip(*strata.tables, strict=True)))
    pairs = Pairs(*map(sum, zip(*(pair_up(ours, theirs) for ours, theirs in groups), strict=True)))
    matched = all(ours.keys() == theirs.keys() for ours, theirs in groups)
    p = pairs.p if matched else strata.p
    least = Pairs(0, counts.n, 0, 0).p if matched else TwoRates(counts.n, counts.n, 0, counts.n0).p
    return Contrast(
        context,
        level,
        counts,
        pairs if sum(pairs) else None,
        strata.difference,
        strata.interval(),
        strata.odds_ratio(),
        p,
        least,
    )


def contrast(trials: Trials, factor: str = "", outcome: str = "", how: Adjustment = "holm") -> Contrasts:
    """Compare the levels of a factor in every context of the other factors.

    Args:
        trials: of the run.
        factor: its name, or ``factor=level`` to say the reference; may be empty if only one factor varies.
        outcome: its name; empty: the first that the run measures.
        how: how p-values are adjusted.

    Raises:
        ConditionError: the run has no such factor, level or outcome, or several factors vary and none is named.
    """
    outcome = trials.outcome(outcome)
    name, reference, levels = _choose(trials, factor)
    others = [f for f in varying_factors([arm.condition for arm in trials.arms.values()]) if f != name]
    rows: list[Contrast] = []
    pooled: list[Contrast] = []
    empty = 0
    for level in (level for level in levels if level != reference):
        groups: list[Groups] = []
        for arm in (arm for arm in trials.arms.values() if arm.condition.get(name) == level):
            other = trials.arms.get(condition_key({**arm.condition, name: reference}))
            groups.append((arm.of(outcome), _of(other, outcome)))
            row = contrast_groups({f: arm.condition[f] for f in others}, level, groups[-1:])
            empty += row is None
            rows += [row] if row is not None else []
        over_all = contrast_groups({}, level, groups) if len(groups) > 1 else None
        pooled += [over_all] if over_all is not None else []
    return Contrasts(outcome, name, reference, adjusted(pooled, how), adjusted(rows, how), how, empty)


def none_can_show(rows: Sequence[Contrast], how: Adjustment) -> bool:
    """Return whether no contrast can be established after adjustment, whatever its counts, since each has too few episodes."""
    return bool(rows) and min(adjust([row.least for row in rows], how)) >= ESTABLISHED


def adjusted(rows: list[Contrast], how: Adjustment) -> tuple[Contrast, ...]:
    """Return contrasts with their p-values adjusted together."""
    ps = adjust([row.p for row in rows], how)
    return tuple(replace(row, adjusted=p) for row, p in zip(rows, ps, strict=True))


def _of(arm: Arm | None, outcome: str) -> dict[int, bool]:
    return {} if arm is None else arm.of(outcome)


def _choose(trials: Trials, factor: str) -> tuple[str, str, list[str]]:
    """Return the factor, its reference level, and its levels in this run."""
    name, _, asked = factor.partition("=")
    conditions = [arm.condition for arm in trials.arms.values()]
    varying = varying_factors(conditions)
    if not name and len(varying) == 1:
        name = varying[0]
    if not varying:
        raise ConditionError("nothing to contrast: no factor varies in this run")
    if name not in varying:
        raise ConditionError(f"--factor {name or 'is needed'}: choose one that varies; {nearest(name, varying)}")
    order = trials.manifest.factors.get(name, [])
    levels = sorted(
        {c[name] for c in conditions}, key=lambda level: (order.index(level) if level in order else 99, level)
    )
    if asked and asked not in levels:
        raise ConditionError(f"the run has no {name}={asked}; {nearest(asked, levels)}")
    return name, asked or (CONTROL if CONTROL in levels else levels[0]), levels
