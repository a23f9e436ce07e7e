"""The answer of a run in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from simenv_analysis.output import wording
from simenv_analysis.rates.rates import ConditionRates, Rate, RunRates


def headline(rates: RunRates) -> list[str]:
    """Return sentences on the main outcome: where it was most and least frequent, and whether these differ clearly.

    Where many episodes were cut off, the last one says so.
    """
    measured = [row for row in rates.rows if row.rates and row.rates[0].n]
    if not measured:
        return ["No episode has finished yet, so there is nothing to compare."]
    by_rate = sorted(measured, key=lambda row: row.rates[0].rate or 0.0)
    low, high = by_rate[0], by_rate[-1]
    cut_off = wording.cut_off(rates.cut_off, rates.finished)
    if low.rates[0].rate == high.rates[0].rate:
        said = _level(rates, measured)
    else:
        said = _contrast(rates, measured, _first(measured, low), _first(measured, high))
    return [*said, *([cut_off] if cut_off else [])]


def _level(rates: RunRates, measured: Sequence[ConditionRates]) -> list[str]:
    main = rates.total(rates.manifest.outcomes[0])
    where = "" if len(measured) == 1 else f" under each of the {len(measured)} conditions"
    share = wording.percent(main.rate or 0.0)
    together = "" if len(measured) == 1 else "together "
    figures = f"{main.succeeded}/{main.n}, 95% interval {wording.bounds(main.interval, '–')}%"
    return [f"{_name(rates, main)} in {share} of the episodes{where} ({together}{figures})."]


def _contrast(
    rates: RunRates, measured: Sequence[ConditionRates], low: ConditionRates, high: ConditionRates
) -> list[str]:
    top, bottom = high.rates[0], low.rates[0]
    sentence = (
        f"{_name(rates, top)} in {_figures(top)} under {_where(rates, high)}, {_rank('highest', measured, top)}, "
        f"and in {_figures(bottom)} under {_where(rates, low)}, {_rank('lowest', measured, bottom)}."
    )
    if top.interval.overlaps(bottom.interval):
        return [sentence, "The two intervals overlap: this run does not clearly tell these conditions apart."]
    return [sentence, "The two intervals do not overlap."]


def _first(measured: Sequence[ConditionRates], like: ConditionRates) -> ConditionRates:
    """Return the first condition with the same rate, so that ties do not depend on sorting."""
    return next(row for row in measured if row.rates[0].rate == like.rates[0].rate)


def _rank(rank: str, measured: Sequence[ConditionRates], rate: Rate) -> str:
    same = sum(row.rates[0].rate == rate.rate for row in measured)
    shared = f", which {same} conditions share" if same > 1 else ""
    return f"the {rank} rate of {len(measured)} conditions{shared}" if rank == "highest" else f"the {rank}{shared}"


def _figures(rate: Rate) -> str:
    share = wording.percent(rate.rate or 0.0)
    return f"{share} of episodes ({rate.succeeded}/{rate.n}, 95% interval {wording.bounds(rate.interval, '–')}%)"


def _where(rates: RunRates, row: ConditionRates) -> str:
    return wording.levels(row.condition, rates.varying)


def _name(rates: RunRates, rate: Rate) -> str:
    return f"The outcome “{rates.title(rate.outcome)}” came about"
