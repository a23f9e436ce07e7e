"""Odds of an outcome as a product of the levels of all factors, with errors that know of shared surfaces.

References:
    Liang, Zeger (1986). Longitudinal data analysis using generalized linear models. Biometrika 73, 13-22 (cluster-robust
    errors). Cameron, Miller (2015). A practitioner's guide to cluster-robust inference. Journal of Human Resources 50, 317-372,
    section VI (few clusters). Miller (2024). Adding Error Bars to Evals. arXiv:2411.00640, section 2.2 (clusters in
    evaluations).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simenv.errors import MissingExtra, SimenvError
from simenv_analysis.output import wording
from simenv_analysis.rates.intervals import CONFIDENCE
from simenv_analysis.rates.rates import varying_factors
from simenv_analysis.statistics.contrasts.trials import Trials

FEWEST_SEEDS = 6
"""With fewer clusters their errors come out as nothing now and then, and a p-value of noise as 0."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A level of a factor against the factor's first level, all else equal.

    Attributes:
        factor: the factor.
        level: the level.
        reference: the level it is compared with.
        odds_ratio: by how much it multiplies the odds of the outcome.
        low: lower end of its 95 % interval, from errors clustered by seed.
        high: upper end.
        p: of no effect, two-sided (Wald, by Student's t with one degree of freedom less than there are seeds).
    """

    factor: str
    level: str
    reference: str
    odds_ratio: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model.

    Attributes:
        outcome: what is modelled.
        effects: one per level that is no reference.
        episodes: how many it rests on.
        clusters: seeds, each a surface that conditions share.
        missing: planned episodes that it does not rest on.
    """

    outcome: str
    effects: tuple[Effect, ...]
    episodes: int
    clusters: int
    missing: int


def fit(trials: Trials, outcome: str = "") -> Model:
    """Fit a logistic model without interactions.

    Args:
        trials: a run.
        outcome: one that it measures; its first if empty.

    Raises:
        ConditionError: it does not measure it.
        MissingExtra: statsmodels is not installed.
        SimenvError: nothing varies, there are too few seeds, or some level has the outcome always or never: then no finite
            odds fit.
    """
    try:
        import statsmodels.api as sm  # noqa: PLC0415 - slow to import
    except ImportError:
        raise MissingExtra("statsmodels", "stats") from None
    name = trials.outcome(outcome)
    arms = [arm for arm in trials.arms.values() if arm.of(name)]
    factors = varying_factors([arm.condition for arm in arms])
    if not factors:
        raise SimenvError("only one condition has finished episodes: there is nothing to compare; run several levels")
    levels = {f: [x for x in trials.manifest.factors[f] if any(arm.condition[f] == x for arm in arms)] for f in factors}
    rows = [(arm.condition, seed, won) for arm in arms for seed, won in sorted(arm.of(name).items())]
    _check_separation(rows, levels, name)
    columns = [(factor, level) for factor in factors for level in levels[factor][1:]]
    design = np.array([[1.0, *(float(condition[f] == level) for f, level in columns)] for condition, _, _ in rows])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise SimenvError(
            "the levels of some factors always go together, so their effects cannot be told apart; run a grid"
        )
    won = np.array([float(each) for _, _, each in rows])
    seeds = np.unique([seed for _, seed, _ in rows], return_inverse=True)[1]
    clusters, least = int(seeds.max()) + 1, max(FEWEST_SEEDS, design.shape[1] + 1)
    if clusters < least:
        raise SimenvError(
            f"{wording.plural(clusters, 'seed')}: too few for errors clustered by seed; this model needs {least} at least"
        )
    found = _fitted(sm, won, design, seeds)
    ends = np.exp(found.conf_int(1 - CONFIDENCE))
    effects = [
        Effect(
            f,
            level,
            levels[f][0],
            math.exp(found.params[i]),
            float(ends[i][0]),
            float(ends[i][1]),
            float(found.pvalues[i]),
        )
        for i, (f, level) in enumerate(columns, 1)
    ]
    return Model(name, tuple(effects), len(rows), clusters, trials.missing)


def _fitted(sm: Any, won: Any, design: Any, seeds: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.GLM(won, design, family=sm.families.Binomial())
        found = model.fit(cov_type="cluster", cov_kwds={"groups": seeds}, use_t=True)
    if not found.converged or not np.isfinite(found.bse).all() or np.abs(found.params).max() > 15:
        raise SimenvError(
            "no finite odds fit: some combination of levels has the outcome always or never; use `simenv contrast`"
        )
    return found


def _check_separation(
    rows: Sequence[tuple[dict[str, str], int, bool]], levels: dict[str, list[str]], name: str
) -> None:
    for factor, known in levels.items():
        for level in known:
            seen = {won for condition, _, won in rows if condition[factor] == level}
            if len(seen) == 1:
                always = "always" if True in seen else "never"
                raise SimenvError(
                    f"with {factor}={level} there was {always} {name}: no finite odds fit that; use `simenv contrast`"
                )
