"""Intervals for a rate: what a count of successes says about the probability behind it."""

from __future__ import annotations

import math
import operator
from typing import Literal, NamedTuple, TypeAlias

from scipy.special import betaincinv, betaln, xlog1py, xlogy

CONFIDENCE = 0.95
"""Confidence of every interval that simenv prints."""


Range: TypeAlias = tuple[float, float]
"""Lower and upper end, of a figure that is no probability."""


class Interval(NamedTuple):
    """A range of probabilities.

    Attributes:
        low: lower end, 0 to 1.
        high: upper end, 0 to 1.
    """

    low: float
    high: float


def jeffreys(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the equal-tailed Jeffreys interval of a binomial rate.

    The ends are quantiles of Beta(k + 1/2, n - k + 1/2), except that the lower end is 0 at k = 0 and the upper end is
    1 at k = n, so that coverage does not collapse there. With n = 0 nothing is known, and the interval is (0, 1).

    Args:
        k: successes.
        n: trials.
        confidence: nominal coverage, above 0 and below 1.

    Raises:
        TypeError: `k` or `n` is no integer.
        ValueError: not 0 ≤ k ≤ n, or `confidence` is out of range.

    References:
        Brown, Cai, DasGupta (2001). Interval Estimation for a Binomial Proportion. Statistical Science 16(2), 101-133.

    Example:
        >>> low, high = jeffreys(79, 100)
        >>> f"{low:.3f} {high:.3f}"
        '0.703 0.861'
        >>> jeffreys(0, 100).low
        0.0
    """
    return effective(*_checked(k, n, confidence), confidence)


def effective(k: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """Return Jeffreys' interval for counts that need not be whole, such as those divided by a design effect.

    Args:
        k: successes, 0 to `n`.
        n: trials.
        confidence: nominal coverage, above 0 and below 1.
    """
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else float(betaincinv(k + 0.5, n - k + 0.5, tail))
    high = 1.0 if k == n else float(betaincinv(k + 0.5, n - k + 0.5, 1 - tail))
    return Interval(low, high)


def wilson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return Wilson's score interval: its coverage is near the nominal one on average, as Jeffreys'.

    Args and errors as `jeffreys`.

    References:
        Wilson (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

    Example:
        >>> low, high = wilson(79, 100)
        >>> f"{low:.3f} {high:.3f}"
        '0.700 0.858'
    """
    return _of_scipy(k, n, confidence, "wilson")


def clopper_pearson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return Clopper and Pearson's exact interval: its coverage is at least the nominal one, at the price of being wide.

    Args and errors as `jeffreys`.

    References:
        Clopper, Pearson (1934). The use of confidence or fiducial limits illustrated in the case of the binomial.
        Biometrika 26, 404-413.

    Example:
        >>> low, high = clopper_pearson(0, 20)
        >>> f"{low:.3f} {high:.3f}"
        '0.000 0.168'
    """
    return _of_scipy(k, n, confidence, "exact")


def anytime(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return an interval that may be looked at after every trial: with this confidence *all* of them hold the rate.

    The rates are left out under which the mixture Beta(1/2, 1/2) makes the trials 1/(1 - confidence) times as likely: by
    Ville's inequality the true rate is ever left out with probability 1 - confidence at most. Wider than an interval
    for a number of trials that was fixed beforehand.

    Args and errors as `jeffreys`.

    References:
        Robbins (1970). Statistical methods related to the law of the iterated logarithm. Annals of Mathematical Statistics 41,
        1397-1409. Howard, Ramdas, McAuliffe, Sekhon (2021). Time-uniform, nonparametric, nonasymptotic confidence sequences.
        Annals of Statistics 49, 1055-1080.

    Example:
        >>> low, high = anytime(79, 100)
        >>> f"{low:.3f} {high:.3f}"
        '0.637 0.902'
    """
    from scipy.optimize import brentq  # noqa: PLC0415 - a table of rates needs neither it nor scipy.stats

    k, n = _checked(k, n, confidence)
    if n == 0:
        return Interval(0.0, 1.0)
    mixture = betaln(k + 0.5, n - k + 0.5) - betaln(0.5, 0.5)

    def excess(rate: float) -> float:
        return float(mixture - xlogy(k, rate) - xlog1py(n - k, -rate) + math.log(1 - confidence))

    best, tiny = min(max(k / n, 1e-12), 1 - 1e-12), 1e-15
    low = 0.0 if k == 0 else float(brentq(excess, tiny, best))
    high = 1.0 if k == n else float(brentq(excess, best, 1 - tiny))
    return Interval(low, high)


def _of_scipy(k: int, n: int, confidence: float, method: Literal["wilson", "exact"]) -> Interval:
    from scipy.stats import binomtest  # noqa: PLC0415

    k, n = _checked(k, n, confidence)
    if n == 0:
        return Interval(0.0, 1.0)
    found = binomtest(k, n).proportion_ci(confidence, method)
    return Interval(max(0.0, float(found.low)), min(1.0, float(found.high)))


def _checked(k: int, n: int, confidence: float) -> tuple[int, int]:
    k, n = operator.index(k), operator.index(n)
    if not 0 <= k <= n:
        raise ValueError(f"{k} successes in {n} trials: need 0 ≤ k ≤ n")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: need a number between 0 and 1, such as 0.95")
    return k, n
