"""Two runs side by side: two agents, two models, or two versions, under the conditions that they share."""

from __future__ import annotations

from dataclasses import dataclass

from simenv.errors import ConditionError
from simenv_analysis.rates.rates import varying_factors
from simenv_analysis.rates.two_rates import Adjustment
from simenv_analysis.statistics.contrasts.contrast import Contrast, adjusted, contrast_two
from simenv_analysis.statistics.contrasts.trials import Trials


@dataclass(frozen=True, slots=True)
class Versus:
    """Run B against run A.

    Attributes:
        rows: a contrast for each outcome and shared condition; `level` is the outcome.
        adjustment: how p-values were adjusted over all of them.
        unshared: conditions that only one of the two runs has.
        differing: the contrasts that differ after adjustment (adjusted p below 0.05), greatest difference first.
    """

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
    rows = []
    for name in outcomes:
        for key in shared:
            context = {factor: a.arms[key].condition[factor] for factor in varying}
            row = contrast_two(context, name, b.arms[key].of(name), a.arms[key].of(name))
            rows += [row] if row is not None else []
    compared = adjusted(rows, how)
    differing = sorted((row for row in compared if row.adjusted < 0.05), key=lambda row: -abs(row.counts.difference))
    return Versus(compared, how, len(a.arms.keys() ^ b.arms.keys()), tuple(differing))
