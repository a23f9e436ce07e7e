"""Two rates against each other, in one group of episodes or stratum by stratum; and many such tests at once.

References:
    Newcombe (1998). Interval estimation for the difference between independent proportions: comparison of eleven methods.
    Statistics in Medicine 17, 873-890 (method 10).
    McNemar (1947). Psychometrika 12, 153-157 (here the exact test on the pairs that differ).
    Mantel, Haenszel (1959). Statistical aspects of the analysis of data from retrospective studies of disease. JNCI 22,
    719-748.
    Gart (1970). Point and interval estimation of the common odds ratio in the combination of 2 × 2 tables with fixed
    marginals. Biometrika 57, 471-475 (the exact conditional test).
    Greenland, Robins (1985). Estimation of a common effect parameter from sparse follow-up data. Biometrics 41, 55-68.
    Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 65-70.
    Benjamini, Hochberg (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, logsumexp, ndtri

from simenv_analysis.rates.intervals import CONFIDENCE, Range

Adjustment: TypeAlias = Literal["holm", "bh", "none"]
ADJUSTMENTS: tuple[Adjustment, ...] = ("holm", "bh", "none")
ESTABLISHED = 0.05
"""Adjusted p-value below which a difference is said to be established."""
LARGE = 2_000
"""Possible numbers of successes above which the test over strata is no longer exact, but Cochran's and Mantel's."""
_EQUALLY_LIKELY = 1 + 1e-7
"""Factor within which two probabilities count as the same, as in R and scipy."""


class TwoRates(NamedTuple):
    """Counts of two groups.

    Attributes:
        k: successes in the group.
        n: its trials.
        k0: successes in the group it is compared with.
        n0: its trials.
    """

    k: int
    n: int
    k0: int
    n0: int

    @property
    def difference(self) -> float:
        """Rate of the group minus the other's."""
        return self.k / self.n - self.k0 / self.n0

    def interval(self, confidence: float = CONFIDENCE) -> Range:
        """Return Newcombe's hybrid score interval of the difference (his method 10).

        Example:
            >>> [round(end, 4) for end in TwoRates(56, 70, 48, 80).interval()]  # Newcombe 1998, table II, example (a)
            [0.0524, 0.3339]
        """
        return Strata((self,)).interval(confidence)

    def odds_ratio(self, confidence: float = CONFIDENCE) -> tuple[float, Range]:
        """Return the conditional maximum-likelihood odds ratio and its exact interval; infinite where a cell is empty.

        Example:
            >>> ratio, ends = TwoRates(3, 4, 1, 4).odds_ratio()  # Fisher's tea-tasting lady
            >>> round(ratio, 3), round(ends[0], 3), round(ends[1], 1)
            (6.408, 0.212, 626.2)
        """
        from scipy.stats.contingency import odds_ratio  # noqa: PLC0415 - scipy.stats takes most of a second

        found = odds_ratio([[self.k, self.n - self.k], [self.k0, self.n0 - self.k0]])
        ends = found.confidence_interval(confidence)
        return float(found.statistic), (float(ends.low), float(ends.high))

    @property
    def p(self) -> float:
        """Two-sided p-value of Fisher's exact test."""
        from scipy.stats import fisher_exact  # noqa: PLC0415

        return float(fisher_exact(np.array([[self.k, self.n - self.k], [self.k0, self.n0 - self.k0]])).pvalue)


@dataclass(frozen=True, slots=True)
class Strata:
    """Counts of two groups in each of several strata, such as the contexts that the other factors make.

    Attributes:
        tables: the strata, each with trials on both sides (see `of`).
    """

    tables: tuple[TwoRates, ...]

    @classmethod
    def of(cls, tables: Iterable[TwoRates]) -> Strata | None:
        """Return the strata that have trials in both groups; None if there are none, so that nothing can be compared."""
        comparable = tuple(table for table in tables if table.n and table.n0)
        return cls(comparable) if comparable else None

    @property
    def rates(self) -> tuple[float, float]:
        """The rates of the group and of the other, weighted as Mantel and Haenszel do: alike in both groups."""
        weights = self._weights
        ours = math.fsum(w * table.k / table.n for w, table in zip(weights, self.tables, strict=True))
        theirs = math.fsum(w * table.k0 / table.n0 for w, table in zip(weights, self.tables, strict=True))
        return ours / math.fsum(weights), theirs / math.fsum(weights)

    @property
    def difference(self) -> float:
        """The Mantel-Haenszel difference of the two rates: no level of another factor can pass for an effect.

        Example:
            >>> simpson = Strata((TwoRates(81, 87, 234, 270), TwoRates(192, 263, 55, 80)))  # Charig et al. 1986
            >>> round(simpson.difference, 3)
            0.054
        """
        ours, theirs = self.rates
        return ours - theirs

    def interval(self, confidence: float = CONFIDENCE) -> Range:
        """Return Newcombe's interval of the difference, with the trials that the weights of the strata leave effective."""
        z, (p, p0) = -float(ndtri((1 - confidence) / 2)), self.rates
        weights = self._weights
        n = sum(weights) ** 2 / sum(w * w / table.n for w, table in zip(weights, self.tables, strict=True))
        n0 = sum(weights) ** 2 / sum(w * w / table.n0 for w, table in zip(weights, self.tables, strict=True))
        (low, high), (low0, high0) = _wilson(p, n, z), _wilson(p0, n0, z)
        below = math.hypot(p - low, high0 - p0)
        above = math.hypot(high - p, p0 - low0)
        return max(-1.0, p - p0 - below), min(1.0, p - p0 + above)

    @property
    def p(self) -> float:
        """Two-sided p-value of no effect in any stratum: exact and conditional; Cochran-Mantel-Haenszel if `LARGE`.

        Example:
            >>> rabbits = [(0, 6, 0, 5), (3, 6, 0, 6), (6, 6, 2, 6), (5, 6, 6, 6), (2, 2, 5, 5)]  # R, mantelhaen.test
            >>> round(Strata(tuple(TwoRates(*each) for each in rabbits)).p, 5)
            0.03994
        """
        if len(self.tables) == 1:
            return self.tables[0].p
        if sum(len(_possible(table)) for table in self.tables) > LARGE:
            return self.cochran_mantel_haenszel()
        _, log_weights = self._distribution(1.0)
        chances = np.exp(log_weights - logsumexp(log_weights))
        seen = chances[sum(table.k - _possible(table)[0] for table in self.tables)]
        return min(1.0, float(chances[chances <= seen * _EQUALLY_LIKELY].sum()))

    def cochran_mantel_haenszel(self) -> float:
        """Return the two-sided p-value of the Cochran-Mantel-Haenszel test, without continuity correction."""
        excess = variance = 0.0
        for k, n, k0, n0 in self.tables:
            both, won = n + n0, k + k0
            excess += k - n * won / both
            variance += n * n0 * won * (both - won) / (both * both * (both - 1)) if both > 1 else 0.0
        return float(chdtrc(1, excess * excess / variance)) if variance else 1.0

    def odds_ratio(self, confidence: float = CONFIDENCE) -> tuple[float, Range]:
        """Return the common odds ratio by conditional maximum likelihood, and its exact interval.

        Example:
            >>> rabbits = [(0, 6, 0, 5), (3, 6, 0, 6), (6, 6, 2, 6), (5, 6, 6, 6), (2, 2, 5, 5)]
            >>> ratio, (low, _) = Strata(tuple(TwoRates(*each) for each in rabbits)).odds_ratio()
            >>> round(ratio, 2), round(low, 3)  # R: 10.36
            (10.36, 1.077)
        """
        if len(self.tables) == 1:
            return self.tables[0].odds_ratio(confidence)
        from scipy.optimize import brentq  # noqa: PLC0415

        start = self._start()
        possible, log_weights = self._distribution(start)
        seen, tail = sum(table.k for table in self.tables), math.log((1 - confidence) / 2)
        least, most = int(possible[0]), int(possible[-1])
        if least == most:
            return math.nan, (0.0, math.inf)

        def solve(excess: Callable[[NDArray[np.float64]], float]) -> float:
            def at(log_ratio: float) -> float:
                weights = log_weights + log_ratio * possible
                return excess(weights - logsumexp(weights))

            end = 1.0
            while at(-end) > 0 or at(end) < 0:
                end *= 2
            return start * math.exp(brentq(at, -end, end))

        estimate = {least: 0.0, most: math.inf}.get(seen)
        if estimate is None:
            estimate = solve(lambda logs: float(np.exp(logs) @ possible) - seen)
        low = 0.0 if seen == least else solve(lambda logs: float(logsumexp(logs[possible >= seen])) - tail)
        high = math.inf if seen == most else solve(lambda logs: tail - float(logsumexp(logs[possible <= seen])))
        return estimate, (low, high)

    @property
    def _weights(self) -> list[float]:
        return [table.n * table.n0 / (table.n + table.n0) for table in self.tables]

    def _start(self) -> float:
        """Return an odds ratio near the one that the counts suggest, finite in any case."""
        for_it = sum(k * (n0 - k0) / (n + n0) for k, n, k0, n0 in self.tables)
        against = sum(k0 * (n - k) / (n + n0) for k, n, k0, n0 in self.tables)
        return (for_it + 0.5) / (against + 0.5)

    def _distribution(self, ratio: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the possible successes of the group, and the logarithms of their chances under a common odds ratio.

        The chances of the counts seen do not underflow if the ratio is near theirs.
        """
        from scipy.stats import hypergeom  # noqa: PLC0415

        chances = np.ones(1)
        for table in self.tables:
            possible = np.asarray(_possible(table))
            logs = hypergeom.logpmf(possible, table.n + table.n0, table.k + table.k0, table.n)
            logs = logs + math.log(ratio) * possible
            chances = np.convolve(chances, np.exp(logs - logsumexp(logs)))
        least = sum(_possible(table)[0] for table in self.tables)
        with np.errstate(divide="ignore"):
            return np.arange(least, least + len(chances)), np.log(chances)


def _possible(table: TwoRates) -> range:
    """Return the successes that the group could have had, given those of both groups together."""
    won = table.k + table.k0
    return range(max(0, won - table.n0), min(table.n, won) + 1)


def _wilson(rate: float, n: float, z: float) -> Range:
    """Return Wilson's interval of a rate over a number of trials that need not be whole."""
    centre, spread = rate + z * z / (2 * n), z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


class Pairs(NamedTuple):
    """Pairs of trials that share what is not compared (the seed).

    Attributes:
        both: pairs in which both succeeded.
        only: in which only the group's did.
        only_other: in which only the other's did.
        neither: in which neither did.
    """

    both: int
    only: int
    only_other: int
    neither: int

    @property
    def p(self) -> float:
        """Two-sided p-value of the exact McNemar test.

        Example:
            >>> round(Pairs(0, 10, 2, 0).p, 4)
            0.0386
        """
        from scipy.stats import binomtest  # noqa: PLC0415

        differing = self.only + self.only_other
        return float(binomtest(self.only, differing, 0.5).pvalue) if differing else 1.0


def pair_up(group: Mapping[int, bool], other: Mapping[int, bool]) -> Pairs:
    """Return the pairs of two groups of trials, by seed; those without a partner are left out."""
    shared = group.keys() & other.keys()
    counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for seed in shared:
        counts[group[seed], other[seed]] += 1
    return Pairs(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def adjust(p_values: Sequence[float], how: Adjustment = "holm") -> list[float]:
    """Return p-values adjusted for being tested together: Holm (any error), Benjamini-Hochberg (share of errors), or none.

    Example:
        >>> [round(p, 3) for p in adjust([0.01, 0.04, 0.03, 0.005])]
        [0.03, 0.06, 0.06, 0.02]
    """
    if how == "none" or not p_values:
        return list(p_values)
    if how == "bh":
        from scipy.stats import false_discovery_control  # noqa: PLC0415

        return [float(p) for p in false_discovery_control(p_values)]
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(np.asarray(p_values)[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(raised, 1.0)
    return [float(p) for p in adjusted]
