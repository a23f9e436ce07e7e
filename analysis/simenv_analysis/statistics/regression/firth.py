"""Logistic regression with Firth's penalty, which has finite odds where some level always or never has the outcome.

The likelihood is multiplied by Jeffreys' prior, the root of the determinant of Fisher's information. For one factor of two
levels that adds one half to each of the four counts. Intervals and p-values are those of the penalized likelihood's profile.

References:
    Firth (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Heinze, Schemper (2002). A solution to the problem of separation in logistic regression. Statistics in Medicine 21,
    2409-2419.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, log_expit
from scipy.stats import chi2

from simenv_analysis.rates.intervals import CONFIDENCE

Array: TypeAlias = NDArray[np.float64]
_STEPS = 200
_LONGEST = 5.0
"""Greatest change of a coefficient in a step, so that it does not overshoot where the odds are extreme."""
_FARTHEST = 1e4
"""Log odds beyond which an end of an interval is said to be infinite."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient, in log odds.

    Attributes:
        estimate: where the penalized likelihood is greatest.
        low: lower end of the profile interval.
        high: upper end.
        p: two-sided p-value of the penalized likelihood ratio against zero.
    """

    estimate: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Data:
    """Grouped data.

    Attributes:
        design: groups × coefficients.
        won: successes per group.
        trials: trials per group.
    """

    design: Array
    won: Array
    trials: Array


def firth(data: Data, confidence: float = CONFIDENCE) -> list[Coefficient]:
    """Fit all coefficients.

    The design must have full column rank.

    Example:
        >>> data = Data(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 10.0]), np.array([10.0, 10.0]))
        >>> round(float(np.exp(firth(data)[1].estimate)), 3)  # (10.5 / 0.5) / (0.5 / 10.5)
        441.0
    """
    count = data.design.shape[1]
    best = _climb(data, np.zeros(count), np.ones(count, dtype=bool))
    return [_profile(data, best, which, confidence) for which in range(count)]


def _profile(data: Data, best: Array, which: int, confidence: float) -> Coefficient:
    top, free = _likelihood(data, best), np.arange(len(best)) != which

    def drop(value: float) -> float:
        start = best.copy()
        start[which] = value
        return 2 * (top - _likelihood(data, _climb(data, start, free)))

    allowed = float(chi2.isf(1 - confidence, 1))

    def end(direction: float) -> float:
        reach = 1.0
        while drop(best[which] + direction * reach) < allowed:
            reach *= 2
            if reach > _FARTHEST:
                return direction * np.inf
        return float(brentq(lambda value: drop(value) - allowed, best[which], best[which] + direction * reach))

    return Coefficient(float(best[which]), end(-1.0), end(1.0), float(chi2.sf(max(0.0, drop(0.0)), 1)))


def _climb(data: Data, start: Array, free: NDArray[np.bool_]) -> Array:
    """Return where the penalized likelihood is greatest if some coefficients are free: Newton's steps, halved if worse."""
    beta, height = start, _likelihood(data, start)
    for _ in range(_STEPS):
        information, score = _information_and_score(data, beta)
        step = np.zeros_like(beta)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        step *= min(1.0, _LONGEST / max(np.abs(step).max(), 1e-300))
        while (higher := _likelihood(data, beta + step)) < height - 1e-12 and np.abs(step).max() > 1e-10:
            step = step / 2
        beta, height = beta + step, higher
        if np.abs(step).max() < 1e-9:
            break
    return beta


def _information_and_score(data: Data, beta: Array) -> tuple[Array, Array]:
    """Return Fisher's information, and the score with the penalty's part."""
    chance = expit(data.design @ beta)
    weight = data.trials * chance * (1 - chance)
    information = data.design.T @ (data.design * weight[:, None])
    leverage = weight * np.einsum("ij,jk,ik->i", data.design, np.linalg.inv(information), data.design)
    return information, data.design.T @ (data.won - data.trials * chance + leverage * (0.5 - chance))


def _likelihood(data: Data, beta: Array) -> float:
    """Return the logarithm of the penalized likelihood."""
    line = data.design @ beta
    plain = data.won @ log_expit(line) + (data.trials - data.won) @ log_expit(-line)
    weight = data.trials * np.exp(log_expit(line) + log_expit(-line))
    sign, log_determinant = np.linalg.slogdet(data.design.T @ (data.design * weight[:, None]))
    return float(plain + log_determinant / 2) if sign > 0 else -np.inf
