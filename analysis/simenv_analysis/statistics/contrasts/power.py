"""How many episodes it takes, and what a number of episodes can show.

References:
    Casagrande, Pike, Smith (1978). An improved approximate formula for calculating sample sizes for comparing two binomial
    distributions. Biometrics 34, 483-486.
    Fleiss, Levin, Paik (2003). Statistical Methods for Rates and Proportions, 3rd ed., chapter 4.
"""

from __future__ import annotations

import math

from scipy.stats import norm

from simenv_analysis.rates.intervals import CONFIDENCE, effective


def episodes_for_difference(rate: float, other: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return the episodes a condition needs so that Fisher's exact test finds the difference of two rates with that power.

    Sample size with continuity correction (Casagrande, Pike, Smith 1978), which is close to what the exact test takes.

    Raises:
        ValueError: a number is out of range, or the rates are equal.

    Example:
        >>> episodes_for_difference(0.25, 0.40, power=0.9, alpha=0.05)
        216
    """
    _check(rate, other, power, alpha)
    if rate == other:
        raise ValueError("the two rates are equal: no number of episodes tells them apart")
    mean, gap = (rate + other) / 2, abs(rate - other)
    z_alpha, z_power = float(norm.isf(alpha / 2)), float(norm.isf(1 - power))
    spread = z_alpha * math.sqrt(2 * mean * (1 - mean))
    spread += z_power * math.sqrt(rate * (1 - rate) + other * (1 - other))
    plain = (spread / gap) ** 2
    return math.ceil(plain / 4 * (1 + math.sqrt(1 + 4 / (plain * gap))) ** 2)


def detectable_difference(n: int, rate: float, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """Return the smallest rise of a rate that `n` episodes a condition find with that power; None if no rise is found.

    Raises:
        ValueError: a number is out of range.
    """
    _check(rate, 0.5, power, alpha)
    if n < 1:
        raise ValueError("the number of episodes must be at least 1")
    low, high = 0.0, 1.0 - rate
    if high <= 0 or episodes_for_difference(rate, 1.0, power, alpha) > n:
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if episodes_for_difference(rate, rate + middle, power, alpha) <= n else (middle, high)
    return high


def episodes_for_width(width: float, rate: float = 0.5, confidence: float = CONFIDENCE) -> int:
    """Return the episodes after which the Jeffreys interval of a rate is at most so wide, and from which on it stays so.

    It is that of a share of successes that is exactly the rate; a whole number of them lies beside that, so the interval of an
    experiment may come out a little wider or narrower.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> episodes_for_width(0.1)
        382
    """
    if not 0.005 <= width < 1:
        raise ValueError("the width must be at least 0.005 and below 1")
    _check(rate, 0.5, 0.8, 1 - confidence)
    low, high = 0, 1
    while _width(high, rate, confidence) > width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _width(middle, rate, confidence) <= width else (middle, high)
    return high


def _width(n: int, rate: float, confidence: float) -> float:
    interval = effective(rate * n, n, confidence)  # a whole number of successes would make the width jump up and down
    return interval.high - interval.low


def _check(rate: float, other: float, power: float, alpha: float) -> None:
    for name, value in (("rate", rate), ("other rate", other)):
        if not 0 <= value <= 1:
            raise ValueError(f"the {name} must be between 0 and 1, e.g. 0.3")
    if not 0.05 < power < 1 or not 0 < alpha < 0.5:
        raise ValueError("power must be between 0.05 and 1, alpha between 0 and 0.5")
