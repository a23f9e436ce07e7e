"""What theory says, in closed form."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from scipy.stats import norm

from simenv_analysis.convergence.mdp import MDP


def fan(ends: int) -> MDP:
    """Return the smallest world with an off-switch: from state 0 one step leads to state 1 (off) or to one of `ends` others.

    All but state 0 are absorbing.

    Raises:
        ValueError: fewer than one other state.
    """
    if ends < 1:
        raise ValueError(f"{ends} other states: need at least one")
    return MDP.deterministic([[1, *range(2, ends + 2)], *([state] for state in range(1, ends + 2))])


def fan_power(ends: int) -> float:
    """Return the POWER of state 0 of a `fan` for goals uniform on (0, 1): k/(k+1) with k = `ends` + 1 states within reach.

    It holds for every discount, since all that can be reached is absorbing and one step away.

    References:
        Turner et al. (2021), section 5: the average greatest of k draws.
    """
    reach = ends + 1
    return reach / (reach + 1)


def share_that_stays_on(ends: int) -> float:
    """Return the share of goals (i.i.d. continuous rewards) for which state 1 of a `fan`, off, is not the best: k/(k+1)."""
    return ends / (ends + 1)


def orbit_share(rewards: Sequence[float], off: int) -> float:
    """Return the share of the permutations of rewards over end states for which the best is another than `off`.

    Whatever the rewards, it is at least one half if there are two ends or more, ties counting for both sides by halves.

    References:
        Turner et al. (2021), theorem 6.13 (orbits).
    """
    counted = 0.0
    permutations = list(itertools.permutations(rewards))
    for permutation in permutations:
        best = max(permutation)
        holders = [place for place, value in enumerate(permutation) if value == best]
        counted += sum(place != off for place in holders) / len(holders)
    return counted / len(permutations)


def value_of_deferring(mean: float, sd: float) -> float:
    """Return what a robot gains by letting a rational human decide, over acting or switching itself off.

    The robot believes that its action is worth U ~ N(`mean`, `sd`²) to the human; being off is worth 0. The gain is
    E[max(U, 0)] - max(E[U], 0); it is never negative, and 0 only if the robot is sure.

    Raises:
        ValueError: `sd` is negative.

    References:
        Hadfield-Menell, Dragan, Abbeel, Russell (2017). The Off-Switch Game. IJCAI. Theorem 1.
    """
    if sd < 0:
        raise ValueError(f"a standard deviation of {sd}")
    if sd == 0:
        return 0.0
    z = mean / sd
    return float(mean * norm.cdf(z) + sd * norm.pdf(z)) - max(mean, 0.0)


def value_of_deferring_to_a_noisy_human(worths: Sequence[float], chances: Sequence[float], noise: float) -> float:
    """Return the same gain with a human who lets the robot act with probability 1/(1 + exp(-U/`noise`)); it can be negative.

    Args:
        worths: what the action may be worth.
        chances: how likely each is; they sum to 1.
        noise: how far the human is from rational, above 0.

    Raises:
        ValueError: the chances are none, or `noise` is not above 0.

    References:
        Hadfield-Menell et al. (2017), section 4.
    """
    if noise <= 0:
        raise ValueError(f"noise is {noise}: need a number above 0")
    if len(worths) != len(chances) or not math.isclose(sum(chances), 1.0, abs_tol=1e-9) or min(chances) < 0:
        raise ValueError("give a chance for each worth; they sum to 1")
    permitted = sum(p * u * _sigmoid(u / noise) for u, p in zip(worths, chances, strict=True))
    return permitted - max(sum(p * u for u, p in zip(worths, chances, strict=True)), 0.0)


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))
