"""Contrasts: what each level of a factor changes in an outcome, against a reference level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from simenv.errors import ConditionError
from simenv.schema.problems import nearest
from simenv_analysis.rates.intervals import Range
from simenv_analysis.rates.paired import CONTROL
from simenv_analysis.rates.rates import condition_key, varying_factors
from simenv_analysis.rates.two_rates import Adjustment, Pairs, TwoRates, adjust, pair_up
from simenv_analysis.statistics.contrasts.trials import Arm, Trials


@dataclass(frozen=True, slots=True)
class Contrast:
    """One group of episodes against another.

    Attributes:
        context: what both share: levels of the other factors that vary, or the condition.
        level: the level.
        counts: of the level and of the reference.
        pairs: of equal seeds; None if there are none.
        interval: Newcombe's 95% interval of the difference (as for independent groups: cautious if there are pairs).
        odds_ratio: conditional maximum likelihood, with its exact 95% interval.
        p: two-sided, exact: McNemar over the pairs if every episode has its partner, else Fisher.
        adjusted: `p` adjusted for all contrasts shown together.
    """

    context: Mapping[str, str]
    level: str
    counts: TwoRates
    pairs: Pairs | None
    interval: Range
    odds_ratio: tuple[float, Range]
    p: float
    adjusted: float = math.nan


@dataclass(frozen=True, slots=True)
class Contrasts:
    """All contrasts of a factor, or of two runs.

    Attributes:
        outcome: what is counted.
        factor: what differs.
        reference: the level compared with.
        rows: the contrasts.
        adjustment: how `adjusted` was worked out.
        empty: contrasts left out since one of the two has no finished episode.
    """

    outcome: str
    factor: str
    reference: str
    rows: tuple[Contrast, ...]
    adjustment: Adjustment
    empty: int


def contrast_two(
    context: Mapping[str, str], level: str, ours: dict[int, bool], theirs: dict[int, bool]
) -> Contrast | None:
    """Compare two groups of trials (seed → success); None if one is empty."""
    if not ours or not theirs:
        return None
    counts = TwoRates(sum(ours.values()), len(ours), sum(theirs.values()), len(theirs))
    pairs = pair_up(ours, theirs) if ours.keys() & theirs.keys() else None
    p = pairs.p if pairs is not None and ours.keys() == theirs.keys() else counts.p
    return Contrast(context, level, counts, pairs, counts.interval(), counts.odds_ratio(), p)


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
    rows, empty = [], 0
    for level in levels:
        for arm in trials.arms.values():
            if arm.condition.get(name) != level or level == reference:
                continue
            other = trials.arms.get(condition_key({**arm.condition, name: reference}))
            context = {f: arm.condition[f] for f in others}
            row = contrast_two(context, level, arm.of(outcome), _of(other, outcome))
            empty += row is None
            rows += [row] if row is not None else []
    return Contrasts(outcome, name, reference, adjusted(rows, how), how, empty)


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
