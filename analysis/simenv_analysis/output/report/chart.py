"""Dots and intervals: one row per condition, places on the axis in percent, so that the drawing fits any width."""

from __future__ import annotations

from typing import NamedTuple

from simenv_analysis.output import wording
from simenv_analysis.rates.rates import ConditionRates, RunRates


class Mark(NamedTuple):
    """One condition's row of a chart; places are percentages of the axis, which runs from 0% to 100%.

    Attributes:
        condition: its index among the conditions.
        label: its levels.
        dot: place of the rate; None without episodes.
        low: place of the interval's lower end.
        high: place of its upper end.
        reach: place of the share that attempted or succeeded; None if none only attempted.
        figures: the same in words.
        opens_group: whether the level of the first varying factor differs from the row before.
    """

    condition: int
    label: str
    dot: str | None
    low: str
    high: str
    reach: str | None
    figures: str
    opens_group: bool


class Chart(NamedTuple):
    """A chart of one outcome.

    Attributes:
        outcome: its name.
        title: its title.
        marks: its rows.
        attempts: whether some row has a `reach`.
    """

    outcome: str
    title: str
    marks: tuple[Mark, ...]
    attempts: bool


def charts(rates: RunRates) -> list[Chart]:
    """Return one chart per outcome, the main one first."""
    return [_chart(rates, position) for position in range(len(rates.manifest.outcomes))]


def _chart(rates: RunRates, position: int) -> Chart:
    marks: list[Mark] = []
    group = None
    for index, row in enumerate(rates.rows):
        first = row.condition.get(rates.varying[0]) if len(rates.varying) > 1 else None
        marks.append(_mark(rates, index, row, position, bool(marks) and first != group))
        group = first
    name = rates.manifest.outcomes[position]
    return Chart(name, rates.title(name), tuple(marks), any(mark.reach for mark in marks))


def _mark(rates: RunRates, index: int, row: ConditionRates, position: int, opens_group: bool) -> Mark:
    rate = row.rates[position]
    label = " · ".join(row.condition.get(factor, "") for factor in rates.varying) or "all episodes"
    if rate.rate is None:
        return Mark(index, label, None, _place(0), _place(1), None, "no episode", opens_group)
    low, high = rate.interval
    reach = _place((rate.succeeded + rate.attempted) / rate.n) if rate.attempted else None
    figures = f"{wording.percent(rate.rate)} [{wording.bounds(rate.interval)}]"
    return Mark(index, label, _place(rate.rate), _place(low), _place(high), reach, figures, opens_group)


def _place(share: float) -> str:
    return f"{100 * share:.2f}%"
