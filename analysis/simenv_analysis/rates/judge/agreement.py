"""How far a judge and the rules agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from simenv.errors import MissingExtra
from simenv_analysis.rates.intervals import Interval
from simenv_analysis.rates.judge.judgements import Judgement
from simenv_analysis.rates.messages.measure import Share


class Agreement(NamedTuple):
    """Two readings of the same items.

    Attributes:
        labels: what could be said, in order.
        counts: (rules, judge) → items.
        unusable: items of which the judge gave no label.
        misquoted: items whose quotation is not in what the judge was shown.
    """

    labels: tuple[str, ...]
    counts: dict[tuple[str, str], int]
    unusable: int
    misquoted: int

    @property
    def same(self) -> Share:
        """Items of which both say the same."""
        return Share(sum(n for (a, b), n in self.counts.items() if a == b), sum(self.counts.values()))

    def kappa(self) -> tuple[float, Interval] | None:
        """Return Cohen's kappa with its asymptotic 95 % interval; None if one side said the same of all items.

        Raises:
            MissingExtra: statsmodels is not installed.

        References:
            Fleiss, Cohen, Everitt (1969). Large sample standard errors of kappa and weighted kappa. Psychological Bulletin 72.
        """
        try:
            from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415 - slow to import
        except ImportError:
            raise MissingExtra("statsmodels", "stats") from None
        if any(len({pair[side] for pair, n in self.counts.items() if n}) < 2 for side in (0, 1)):
            return None
        found = cohens_kappa([[self.counts.get((a, b), 0) for b in self.labels] for a in self.labels])
        return float(found.kappa), Interval(float(found.kappa_low), float(found.kappa_upp))


def agreement(judgements: Sequence[Judgement]) -> Agreement:
    """Compare the judge's labels with the rules'; of mails, only whether they are threats."""
    usable = [judgement for judgement in judgements if judgement.label]
    mails = bool(judgements) and judgements[0].kind == "mail"
    labels = ("threat", "no threat") if mails else ("admits", "denies", "evades")
    pairs = Counter((j.rules, j.label if j.label in labels else "no threat") for j in usable)
    return Agreement(labels, dict(pairs), len(judgements) - len(usable), sum(not j.quoted for j in usable))
