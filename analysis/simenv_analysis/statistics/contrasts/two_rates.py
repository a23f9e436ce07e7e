"""Two rates against each other: difference, odds ratio, exact tests; and many such tests at once.

References:
    Newcombe (1998). Interval estimation for the difference between independent proportions: comparison of eleven methods.
    Statistics in Medicine 17, 873-890 (method 10).
    McNemar (1947). Psychometrika 12, 153-157 (here the exact test on the pairs that differ).
    Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 65-70.
    Benjamini, Hochberg (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.stats import binomtest, fisher_exact
from scipy.stats.contingency import odds_ratio as conditional_odds_ratio

from simenv.errors import MissingExtra
from simenv_analysis.rates.intervals import CONFIDENCE, Range

Adjustment: TypeAlias = Literal["holm", "bh", "none"]
ADJUSTMENTS: tuple[Adjustment, ...] = ("holm", "bh", "none")


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

        Raises:
            MissingExtra: statsmodels is not installed.

        Example:
            >>> [round(end, 4) for end in TwoRates(56, 70, 48, 80).interval()]  # Newcombe 1998, table II, example (a)
            [0.0524, 0.3339]
        """
        try:
            from statsmodels.stats.proportion import confint_proportions_2indep  # noqa: PLC0415 - slow to import
        except ImportError:
            raise MissingExtra("statsmodels", "stats") from None
        low, high = confint_proportions_2indep(
            self.k, self.n, self.k0, self.n0, method="newcomb", compare="diff", alpha=1 - confidence
        )
        return float(low), float(high)

    def odds_ratio(self, confidence: float = CONFIDENCE) -> tuple[float, Range]:
        """Return the conditional maximum-likelihood odds ratio and its exact interval; infinite where a cell is empty.

        Example:
            >>> ratio, ends = TwoRates(3, 4, 1, 4).odds_ratio()  # Fisher's tea-tasting lady
            >>> round(ratio, 3), round(ends[0], 3), round(ends[1], 1)
            (6.408, 0.212, 626.2)
        """
        found = conditional_odds_ratio([[self.k, self.n - self.k], [self.k0, self.n0 - self.k0]])
        ends = found.confidence_interval(confidence)
        return float(found.statistic), (float(ends.low), float(ends.high))

    @property
    def p(self) -> float:
        """Two-sided p-value of Fisher's exact test."""
        return float(fisher_exact(np.array([[self.k, self.n - self.k], [self.k0, self.n0 - self.k0]])).pvalue)


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
        differing = self.only + self.only_other
        return float(binomtest(self.only, differing, 0.5).pvalue) if differing else 1.0


def pair_up(group: dict[int, bool], other: dict[int, bool]) -> Pairs:
    """Return the pairs of two groups of trials, by seed; those without a partner are left out."""
    shared = group.keys() & other.keys()
    counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for seed in shared:
        counts[group[seed], other[seed]] += 1
    return Pairs(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def adjust(p_values: Sequence[float], how: Adjustment = "holm") -> list[float]:
    """Return p-values adjusted for being tested together: Holm (any error), Benjamini-Hochberg (share of errors), or none.

    Raises:
        MissingExtra: statsmodels is not installed.

    Example:
        >>> [round(p, 3) for p in adjust([0.01, 0.04, 0.03, 0.005])]
        [0.03, 0.06, 0.06, 0.02]
    """
    if how == "none" or not p_values:
        return list(p_values)
    try:
        from statsmodels.stats.multitest import multipletests  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("statsmodels", "stats") from None
    _, adjusted, *_ = multipletests(list(p_values), method="holm" if how == "holm" else "fdr_bh")
    return [float(p) for p in adjusted]
