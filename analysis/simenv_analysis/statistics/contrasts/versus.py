"""Two runs side by side: two agents, two models, or two versions, under the conditions that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simenv.errors import ConditionError
from simenv_analysis.rates.rates import varying_factors
from simenv_analysis.rates.two_rates import Adjustment
from simenv_analysis.statistics.contrasts.contrast import Contrast, Groups, adjusted, contrast_groups
from simenv_analysis.statistics.contrasts.trials import Trials


@dataclass(frozen=True, slots=True)
class Versus:
    """Run B against run A.

    Attributes:
        pooled: a contrast for each outcome over all shared conditions; empty if there is only one. `level` is the outcome.
        rows: the same for each outcome and shared condition.
        adjustment: how p-values were adjusted over all of them.
        unshared: conditions that only one of the two runs has.
        differing: the contrasts in `rows` that differ after adjustment, greatest difference first.
    """

    pooled: tuple[Contrast, ...]
    rows: tuple[Contrast, ...]
    adjustment: Adjustment
    unshared: int
    differing: tuple[Contrast, ...]


def versus(a: Trials, b: Trials, outcome: str = "", how: Adjustment = "holm") -> Versus:
    """Compare two runs of one world, pairing episodes of equal condition and seed.

    Raises:
        ConditionError: the runs are of different worlds, share no condition, or do not measure the outcome.
    """
    if a.manifest.world != b.manifest.world:
        raise ConditionError(f"the runs are of different worlds: {a.manifest.world} and {b.manifest.world}")
    shared = [key for key in a.arms if key in b.arms]
    if not shared:
        raise ConditionError("the runs share no condition")
    both = [name for name in a.manifest.outcomes if name in b.manifest.outcomes]
    outcomes = [a.outcome(outcome)] if outcome else both
    varying = varying_factors([a.arms[key].condition for key in shared])
    rows, pooled = [], []
    for name in outcomes:
        for key in shared:
            context = {factor: a.arms[key].condition[factor] for factor in varying}
            row = contrast_groups(context, name, [Groups.of(b.arms[key], a.arms[key], name)])
            rows += [row] if row is not None else []
        over_all = contrast_groups({}, name, [Groups.of(b.arms[key], a.arms[key], name) for key in shared])
        pooled += [over_all] if over_all is not None and len(shared) > 1 else []
    compared = adjusted(rows, how)
    unshared = len(a.arms.keys() ^ b.arms.keys())
    return Versus(adjusted(pooled, how), compared, how, unshared, differing(compared))


def differing(rows: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Return the contrasts that differ after adjustment, greatest difference first."""
    return tuple(sorted((row for row in rows if row.established), key=lambda row: -abs(row.difference)))
