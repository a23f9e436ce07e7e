"""Contrasts: what each level of a factor changes in an outcome, against a reference level.

First over all contexts of the other factors, where a run of few episodes per condition has its power; then in each context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from simenv.errors import ConditionError
from simenv.schema.problems import nearest
from simenv_analysis.rates.intervals import Range
from simenv_analysis.rates.paired import CONTROL
from simenv_analysis.rates.rates import condition_key, varying_factors
from simenv_analysis.rates.two_rates import ESTABLISHED, Adjustment, Pairs, Strata, TwoRates, adjust, pair_up
from simenv_analysis.statistics.contrasts.trials import Arm, Trials


class Groups(NamedTuple):
    """Trials of two groups in one context.

    Attributes:
        ours: seed → success, of the group.
        theirs: the same of the group that it is compared with.
        alike: whether the trials of either are one and the same episode again and again, which is no sample to test.
    """

    ours: Mapping[int, bool]
    theirs: Mapping[int, bool]
    alike: bool = False

    @classmethod
    def of(cls, arm: Arm, other: Arm | None, outcome: str) -> Groups:
        """Return the trials of an outcome in two arms, the second of which may be missing."""
        if other is None:
            return cls(arm.of(outcome), {})
        return cls(arm.of(outcome), other.of(outcome), arm.draws.alike or other.draws.alike)


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

    From `interval` on all is None where the episodes of one of the two are repeats of one another; over several contexts such
    contexts are left out, unless there are no others.
    """

    context: Mapping[str, str]
    level: str
    counts: TwoRates
    pairs: Pairs | None
    difference: float
    interval: Range | None = None
    odds_ratio: tuple[float, Range] | None = None
    p: float | None = None
    least: float | None = None
    adjusted: float | None = None

    @property
    def established(self) -> bool:
        """Whether the two differ after adjustment."""
        return self.adjusted is not None and self.adjusted < ESTABLISHED


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
        groups: per context, the trials of both.
    """
    groups = [each for each in groups if each.ours and each.theirs]
    groups = [each for each in groups if not each.alike] or groups
    strata = Strata.of(
        TwoRates(sum(ours.values()), len(ours), sum(theirs.values()), len(theirs)) for ours, theirs, _ in groups
    )
    if strata is None:
        return None
    counts = TwoRates(*map(sum, zip(*strata.tables, strict=True)))
    pairs = Pairs(*map(sum, zip(*(pair_up(ours, theirs) for ours, theirs, _ in groups), strict=True)))
    bare = Contrast(context, level, counts, pairs if sum(pairs) else None, strata.difference)
    if groups[0].alike:
        return bare
    matched = all(ours.keys() == theirs.keys() for ours, theirs, _ in groups)
    return replace(
        bare,
        interval=strata.interval(),
        odds_ratio=strata.odds_ratio(),
        p=pairs.p if matched else strata.p,
        least=Pairs(0, counts.n, 0, 0).p if matched else TwoRates(counts.n, counts.n, 0, counts.n0).p,
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
            groups.append(Groups.of(arm, other, outcome))
            row = contrast_groups({f: arm.condition[f] for f in others}, level, groups[-1:])
            empty += row is None
            rows += [row] if row is not None else []
        over_all = contrast_groups({}, level, groups) if len(groups) > 1 else None
        pooled += [over_all] if over_all is not None else []
    return Contrasts(outcome, name, reference, adjusted(pooled, how), adjusted(rows, how), how, empty)


def none_can_show(rows: Sequence[Contrast], how: Adjustment) -> bool:
    """Return whether no contrast can be established after adjustment, whatever its counts, since each has too few episodes."""
    least = [row.least for row in rows if row.least is not None]
    return bool(least) and min(adjust(least, how)) >= ESTABLISHED


def adjusted(rows: list[Contrast], how: Adjustment) -> tuple[Contrast, ...]:
    """Return contrasts with their p-values adjusted together."""
    ps = iter(adjust([row.p for row in rows if row.p is not None], how))
    return tuple(row if row.p is None else replace(row, adjusted=next(ps)) for row in rows)


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
