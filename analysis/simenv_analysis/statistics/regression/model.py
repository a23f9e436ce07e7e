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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from simenv.errors import MissingExtra, SimenvError
from simenv_analysis.output import wording
from simenv_analysis.rates.intervals import CONFIDENCE
from simenv_analysis.rates.rates import varying_factors
from simenv_analysis.statistics.contrasts.trials import Arm, Trials
from simenv_analysis.statistics.regression.firth import Array, Data, firth

FEWEST_SEEDS = 6
"""With fewer clusters their errors come out as nothing now and then, and a p-value of noise as 0."""
EXTREME = 15.0
"""Log odds that only a likelihood without a maximum reaches."""
EXTREME_ODDS = 700.0
"""Log odds whose odds are too large for a number."""
_Fitted: TypeAlias = tuple[float, float, float, float]
"""A coefficient: estimate, ends of its interval, p-value."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A level of a factor against the factor's first level, all else equal.

    Attributes:
        factor: the factor.
        level: the level.
        reference: the level it is compared with.
        odds_ratio: by how much it multiplies the odds of the outcome.
        low: lower end of its 95 % interval.
        high: upper end.
        p: of no effect, two-sided: Wald's, by Student's t with one degree of freedom less than there are seeds, or the
            penalized likelihood ratio's.
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
        repeats: that the episodes of conditions are repeats of one another, each of which then counts once; empty if none are.
        method: ``clustered`` (maximum likelihood, with errors clustered by seed), or ``firth`` (see `firth`) where some levels
            have the outcome always or never, so that the likelihood has no maximum.
    """

    outcome: str
    effects: tuple[Effect, ...]
    episodes: int
    clusters: int
    missing: int
    method: Literal["clustered", "firth"]
    repeats: str = ""


def fit(trials: Trials, outcome: str = "") -> Model:
    """Fit a logistic model without interactions.

    Args:
        trials: a run.
        outcome: one that it measures; its first if empty.

    Raises:
        ConditionError: it does not measure it.
        MissingExtra: statsmodels is not installed.
        SimenvError: nothing varies, the outcome came about always or never, levels always go together, there are too few
            seeds, or all episodes are repeats of one another.
    """
    name = trials.outcome(outcome)
    arms = [_counted_once(arm) for arm in trials.arms.values() if arm.of(name)]
    repeats = _repeats(trials)
    factors = varying_factors([arm.condition for arm in arms])
    if not factors:
        raise SimenvError("only one condition has finished episodes: there is nothing to compare; run several levels")
    levels = {f: [x for x in trials.manifest.factors[f] if any(arm.condition[f] == x for arm in arms)] for f in factors}
    _check_outcome(arms, name)
    columns = [(factor, level) for factor in factors for level in levels[factor][1:]]
    design = np.array([[1.0, *(float(arm.condition[f] == level) for f, level in columns)] for arm in arms])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise SimenvError(
            "the levels of some factors always go together, so their effects cannot be told apart; run a grid"
        )
    separated = _is_separated(arms, levels, name)
    found = None if separated else _clustered(arms, design, name)
    effects = _penalized(arms, design, name) if found is None else found
    rows = tuple(
        Effect(f, level, levels[f][0], _bounded_exp(estimate), _bounded_exp(low), _bounded_exp(high), p)
        for (f, level), (estimate, low, high, p) in zip(columns, effects[1:], strict=True)
    )
    seeds = {seed for arm in arms for seed in arm.of(name)}
    episodes = sum(len(arm.of(name)) for arm in arms)
    method: Literal["clustered", "firth"] = "firth" if found is None else "clustered"
    return Model(name, rows, episodes, len(seeds), trials.missing, method, repeats)


def _repeats(trials: Trials) -> str:
    """Return in how many conditions the episodes are repeats of one another; nothing where none are.

    Raises:
        SimenvError: they are in all of them.
    """
    alike, ran = trials.repeats
    if alike and alike == ran:
        raise SimenvError(
            wording.repeats(alike, ran, "there are no odds to estimate").rstrip(".")
            + ": see `simenv contrast` for the differences"
        )
    return wording.repeats(alike, ran, "each of these counts as one episode")


def _counted_once(arm: Arm) -> Arm:
    """Return a condition, with one of its episodes if all are one and the same."""
    if not arm.draws.alike:
        return arm
    return replace(arm, trials={name: dict([next(iter(seeds.items()))]) for name, seeds in arm.trials.items()})


def _clustered(arms: Sequence[Arm], design: Array, name: str) -> list[_Fitted] | None:
    """Return the maximum of the likelihood with errors clustered by seed; None if it has none."""
    try:
        import statsmodels.api as sm  # noqa: PLC0415 - slow to import
    except ImportError:
        raise MissingExtra("statsmodels", "stats") from None
    rows = [(line, seed, won) for arm, line in zip(arms, design, strict=True) for seed, won in arm.of(name).items()]
    lines = np.array([line for line, _, _ in rows])
    seeds = np.unique([seed for _, seed, _ in rows], return_inverse=True)[1]
    clusters, least = int(seeds.max()) + 1, max(FEWEST_SEEDS, design.shape[1] + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.GLM(np.array([float(won) for _, _, won in rows]), lines, family=sm.families.Binomial())
        found = model.fit(cov_type="cluster", cov_kwds={"groups": seeds}, use_t=True)
    if np.abs(found.params).max() > EXTREME or not found.converged:
        return None
    if clusters < least or not np.isfinite(found.bse).all():
        raise SimenvError(
            f"{wording.plural(clusters, 'seed')}: too few for errors clustered by seed; this model needs {least} at least"
        )
    ends = found.conf_int(1 - CONFIDENCE)
    return [
        (float(b), float(low), float(high), float(p))
        for b, (low, high), p in zip(found.params, ends, found.pvalues, strict=True)
    ]


def _penalized(arms: Sequence[Arm], design: Array, name: str) -> list[_Fitted]:
    won = np.array([float(sum(arm.of(name).values())) for arm in arms])
    trials = np.array([float(len(arm.of(name))) for arm in arms])
    return [(each.estimate, each.low, each.high, each.p) for each in firth(Data(design, won, trials))]


def _bounded_exp(value: float) -> float:
    return math.exp(value) if value < EXTREME_ODDS else math.inf


def _check_outcome(arms: Sequence[Arm], name: str) -> None:
    seen = {won for arm in arms for won in arm.of(name).values()}
    if len(seen) == 1:
        always = "in every episode" if True in seen else "in no episode"
        raise SimenvError(f"{name} came about {always}, so there are no odds to explain; choose another --outcome")


def _is_separated(arms: Sequence[Arm], levels: Mapping[str, Sequence[str]], name: str) -> bool:
    """Return whether some level has the outcome always or never."""
    return any(
        len({won for arm in arms if arm.condition[factor] == level for won in arm.of(name).values()}) == 1
        for factor, known in levels.items()
        for level in known
    )
