"""The answer of a run in a few sentences: what its factors change, in table, report and card."""

from __future__ import annotations

from collections.abc import Sequence

from simenv_analysis.output import wording
from simenv_analysis.output.engagement import warnings
from simenv_analysis.rates.marginals import Marginal, conditions_differ, effects, family_size, marginals
from simenv_analysis.rates.rates import ConditionRates, Rate, RunRates
from simenv_analysis.rates.two_rates import ESTABLISHED

OTHERS_SAID = 3
"""Effects on outcomes other than the main one that are spelled out."""
LEVELS_NAMED = 3
"""Levels that are named together; of more, only the number is said."""


def headline(rates: RunRates, found: Sequence[Marginal] | None = None) -> list[str]:
    """Return sentences: the effects on the main outcome, or that none is established, then effects on other outcomes.

    What must be known before any rate is read comes first: an agent that took no part, tools that the endpoint dropped. Where
    many episodes were cut off, the last sentence says so.

    Args:
        rates: the run.
        found: its marginals, if they are known already.
    """
    if not rates.manifest.outcomes or not rates.finished:
        return ["No episode has finished yet, so there is nothing to compare."]
    found = marginals(rates) if found is None else found
    main = rates.manifest.outcomes[0]
    said = [effect_sentence(rates.title(main), effect) for effect in effects(found, main)] or _no_effect(rates)
    said += [*_cannot_occur(rates), *filter(None, [repeats(rates)])]
    cut_off = wording.cut_off(rates.cut_off, rates.finished)
    return [*warnings(rates.engagement), *said, *_on_others(rates, found), *([cut_off] if cut_off else [])]


def repeats(rates: RunRates) -> str:
    """Return that episodes are repeats of one another, and of how many conditions; nothing where none are."""
    ran = [row for row in rates.rows if row.finished]
    return wording.repeats(sum(row.alike for row in ran), len(ran))


def _cannot_occur(rates: RunRates) -> list[str]:
    """Return in which conditions the main outcome cannot occur; nothing where it can in all of them."""
    title = rates.title(rates.manifest.outcomes[0])
    ruled_out = [row for row in rates.rows if not row.rates[0].applies]
    if not ruled_out:
        return []
    if not any(row.rates[0].n for row in rates.rows):
        return [f"“{title}” cannot occur in this world, so it has no rate."]
    where = wording.of_all(len(ruled_out), len(rates.rows), "condition")
    return [f"“{title}” cannot occur in {where}, which count into no rate of it."]


def effect_sentence(title: str, effect: Marginal) -> str:
    """Return what a level changes in an outcome, as a sentence with both rates, the difference, and how sure it is."""
    k, n, k0, n0 = effect.counts
    low, high = effect.interval or (0.0, 0.0)
    return (
        f"“{title}” depends on {effect.factor}: it came about in {wording.share(k, n)} under {effect.level} ({k}/{n}), and in "
        f"{wording.share(k0, n0)} under {_others(effect)} ({k0}/{n0}). Difference: {wording.points(effect.difference or 0.0)} "
        f"points, 95% interval {wording.points(low)} to {wording.points(high)}, {wording.p_value(effect.adjusted)} after "
        "adjustment."
    )


def short_effect(effect: Marginal) -> str:
    """Return what a level changes, as a phrase with both rates."""
    k, n, k0, n0 = effect.counts
    ours, theirs = wording.percent(k / n), wording.percent(k0 / n0)
    return f"{effect.factor}: {ours} under {effect.level} ({k}/{n}), {theirs} under {_others(effect)} ({k0}/{n0})"


def _others(effect: Marginal) -> str:
    if len(effect.others) > LEVELS_NAMED:
        return f"its other {len(effect.others)} levels"
    return wording.alternatives(effect.others)


def _no_effect(rates: RunRates) -> list[str]:
    """Return the overall rate of the main outcome, and whether the conditions differ in spite of equal marginals."""
    main, measured = rates.total(rates.manifest.outcomes[0]), [row for row in rates.rows if row.rates[0].n]
    if not measured:
        return []
    came = f"it came about in {_figures(main)}"
    if len(measured) < 2:
        return [f"“{rates.title(main.outcome)}”: {came}."]
    if rates.alike:
        return [_from_to(rates, measured)]
    none = f"No effect on “{rates.title(main.outcome)}” is established, of {wording.alternatives(rates.varying)}"
    said = [f"{none}: over all {len(measured)} conditions {came}."]
    p = conditions_differ(rates)
    return [*said, *([_acting_together(rates, measured, p)] if p < ESTABLISHED else [])]


def _from_to(rates: RunRates, measured: Sequence[ConditionRates]) -> str:
    """Return the conditions in which the main outcome came about, of those whose episodes are repeats of one another."""
    came = [row for row in measured if row.rates[0].succeeded]
    where = f": {'; '.join(wording.levels(row.condition, rates.varying) for row in came)}" if came else ""
    found = wording.of_all(len(came), len(measured), "condition")
    return f"“{rates.title(rates.manifest.outcomes[0])}” came about in {found}{where}."


def _acting_together(rates: RunRates, measured: Sequence[ConditionRates], p: float) -> str:
    """Return that conditions differ though no factor does, with the extremes that show it."""
    by_rate = sorted(measured, key=lambda row: row.rates[0].rate or 0.0)
    high = next(row for row in measured if row.rates[0].rate == by_rate[-1].rates[0].rate)
    return (
        f"Yet the conditions differ ({wording.p_value(p)}, all together), as where levels act only in combination: from "
        f"{_figures(by_rate[0].rates[0])} under {wording.levels(by_rate[0].condition, rates.varying)} to "
        f"{_figures(high.rates[0])} under {wording.levels(high.condition, rates.varying)}."
    )


def _on_others(rates: RunRates, found: Sequence[Marginal]) -> list[str]:
    said = [
        effect_sentence(rates.title(outcome), effect)
        for outcome in rates.manifest.outcomes[1:]
        for effect in effects(found, outcome)[:1]
    ]
    more = len(said) - OTHERS_SAID
    return said[:OTHERS_SAID] + (
        [f"Effects on {wording.plural(more, 'other outcome')} are in the table."] if more > 0 else []
    )


def _figures(rate: Rate) -> str:
    share = wording.share(rate.succeeded, rate.n)
    if rate.interval is None:
        return f"{share} ({rate.succeeded}/{rate.n}, {wording.SAME})"
    return f"{share} ({rate.succeeded}/{rate.n}, 95% interval {wording.bounds(rate.interval, '–')}%)"


def adjustment_note(found: Sequence[Marginal]) -> str:
    """Return how the p-values of marginals were computed, and over how many tests they were adjusted."""
    tests = wording.plural(family_size(found), "test")
    return (
        "Each level against the factor's other levels, within each context of the other factors (exact conditional test; "
        f"Cochran-Mantel-Haenszel in large runs); *: differs after Holm's adjustment over {tests}."
    )
