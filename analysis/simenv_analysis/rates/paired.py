"""Paired differences: how a figure of the same seeds differs between two levels of a factor.

Episodes with one seed share their surface and their questions, so the difference within a seed is free of what makes one
series harder than another.

References:
    Student (1908). The Probable Error of a Mean. Biometrika 6(1), 1-25 (the t interval of a mean difference).
    Efron, Tibshirani (1993). An Introduction to the Bootstrap, chapter 13 (the percentile interval).
    Miller (2024). Adding Error Bars to Evals, arXiv:2411.00640 (pairs by question in evaluations of models).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simenv.errors import ConditionError
from simenv.outcomes.measures import MEASURES
from simenv.schema.problems import nearest
from simenv.store.episode import Episode
from simenv.store.manifest import Manifest
from simenv.store.run import RunDirectory
from simenv_analysis.rates.described import measures_harm
from simenv_analysis.rates.intervals import CONFIDENCE, Range
from simenv_analysis.rates.rates import condition_key, varying_factors

RESAMPLES = 10_000
_AT_ONCE = 1_000_000
"""Differences drawn per batch: bounds the memory, and does not change results."""
CONTROL = "none"
"""The level that others are compared with, if the factor has it; otherwise its first one."""

_Key: TypeAlias = frozenset[tuple[str, str]]
_Arms: TypeAlias = dict[str, dict[int, float]]
"""Level → seed → figure."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one level changes, against the reference level, over pairs of equal seeds.

    Attributes:
        context: levels of the other factors that vary; empty for the row over all of them.
        level: the level.
        n: pairs (over all contexts: seeds).
        mean_level: mean of the figure under the level, over the pairs.
        mean_reference: the same under the reference.
        mean: mean difference, level minus reference.
        student: 95% interval of the mean difference by Student's t; None if there are fewer than two pairs, or no two differ.
        bootstrap: the same by the percentiles of resampled pairs.
        p: two-sided p-value of the paired t-test.
    """

    context: Mapping[str, str]
    level: str
    n: int
    mean_level: float
    mean_reference: float
    mean: float
    student: Range | None
    bootstrap: Range | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences that a factor makes.

    Attributes:
        measure: name of the figure.
        factor: what was varied.
        reference: the level compared with.
        rows: one per context and level; then one per level over all contexts, if there are several.
        unpaired: episodes without a partner, or without the figure.
    """

    measure: str
    factor: str
    reference: str
    rows: tuple[Difference, ...]
    unpaired: int


def read_comparison(run: RunDirectory, factor: str, measure: str = "accuracy") -> Comparison:
    """Compare the levels of a factor in a run directory; `factor` may say the reference: ``consequence=none``.

    Raises:
        EpisodeError: it is no run directory, or a file in it is damaged.
        ConditionError: the run has no such factor, level or measure.
    """
    return compare(run.manifest(), run.episodes(), factor, measure)


def compare(manifest: Manifest, episodes: Iterable[Episode], factor: str, measure: str = "accuracy") -> Comparison:
    """Compare the levels of a factor over pairs of episodes that differ in nothing else.

    Raises:
        ConditionError: there is no such factor, level or measure.
    """
    name, _, asked = factor.partition("=")
    if name not in manifest.factors:
        raise ConditionError(f"{manifest.world} has no factor {name!r}; {nearest(name, manifest.factors)}")
    if measure not in MEASURES:
        raise ConditionError(f"there is no measure {measure!r}; {nearest(measure, MEASURES)}")
    if MEASURES[measure].about_harm and not measures_harm(manifest):
        raise ConditionError(f"{manifest.world} measures nothing harmful, so {measure} is not defined there")
    levels = [level for level in manifest.factors[name] if any(c.get(name) == level for c in manifest.conditions)]
    if asked and asked not in levels:
        raise ConditionError(f"the run has no {name}={asked}; {nearest(asked, levels)}")
    reference = asked or (CONTROL if CONTROL in levels else levels[0])
    others = [factor for factor in varying_factors(manifest.conditions) if factor != name]
    figures, contexts, count = _figures(episodes, name, measure)
    rows: list[Difference] = []
    paired: set[tuple[_Key, int, str]] = set()
    for level in (level for level in levels if level != reference):
        by_seed: dict[int, list[Range]] = {}
        for key, condition in contexts.items():
            pairs = _pairs(figures[key], level, reference)
            paired |= {(key, seed, arm) for seed in pairs for arm in (level, reference)}
            for seed, pair in pairs.items():
                by_seed.setdefault(seed, []).append(pair)
            rows.append(_difference({f: condition[f] for f in others}, level, list(pairs.values())))
        if len(contexts) > 1:
            means = [(statistics.fmean(a for a, _ in p), statistics.fmean(b for _, b in p)) for p in by_seed.values()]
            rows.append(_difference({}, level, means))
    return Comparison(measure, name, reference, tuple(rows), count - len(paired))


def _figures(
    episodes: Iterable[Episode], factor: str, measure: str
) -> tuple[dict[_Key, _Arms], dict[_Key, dict[str, str]], int]:
    figures: dict[_Key, _Arms] = {}
    contexts: dict[_Key, dict[str, str]] = {}
    count = 0
    for episode in episodes:
        count += 1
        context = {name: level for name, level in episode.condition.items() if name != factor}
        key = condition_key(context)
        contexts.setdefault(key, context)
        arms = figures.setdefault(key, {})
        if measure in episode.measures:
            arms.setdefault(episode.condition[factor], {})[episode.seed] = episode.measures[measure]
    return figures, contexts, count


def _pairs(arms: _Arms, level: str, reference: str) -> dict[int, Range]:
    ours, theirs = arms.get(level, {}), arms.get(reference, {})
    return {seed: (ours[seed], theirs[seed]) for seed in sorted(ours.keys() & theirs.keys())}


def _difference(context: Mapping[str, str], level: str, pairs: Sequence[Range]) -> Difference:
    if not pairs:
        return Difference(context, level, 0, math.nan, math.nan, math.nan, None, None, None)
    differences = [ours - theirs for ours, theirs in pairs]
    means = statistics.fmean(a for a, _ in pairs), statistics.fmean(b for _, b in pairs)
    interval, p = student_interval(differences)
    return Difference(
        context, level, len(pairs), *means, statistics.fmean(differences), interval, bootstrap_interval(differences), p
    )


def student_interval(differences: Sequence[float], confidence: float = CONFIDENCE) -> tuple[Range | None, float | None]:
    """Return Student's interval of a mean difference, and the p-value of the paired t-test; None if no two differ.

    Example:
        >>> interval, p = student_interval([-0.4, -0.5, -0.3, -0.6])
        >>> [round(end, 3) for end in interval], round(p, 4)
        ([-0.655, -0.245], 0.0061)
    """
    n = len(differences)
    if n < 2 or max(differences) - min(differences) < 1e-12:
        return None, None
    from scipy.stats import ttest_1samp  # noqa: PLC0415 - scipy.stats takes most of a second

    found = ttest_1samp(differences, 0.0)
    low, high = found.confidence_interval(confidence)
    return (float(low), float(high)), float(found.pvalue)


def bootstrap_interval(differences: Sequence[float], confidence: float = CONFIDENCE) -> Range | None:
    """Return the percentile interval of a mean difference over resampled pairs, always the same; None if no two differ."""
    n = len(differences)
    if n < 2 or max(differences) - min(differences) < 1e-12:
        return None
    from scipy.stats import bootstrap  # noqa: PLC0415

    found = bootstrap(
        (differences,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, _AT_ONCE // n),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(20241205),
    )
    low, high = found.confidence_interval
    return float(low), float(high)
