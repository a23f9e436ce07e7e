"""Dots and intervals: one row per condition or level, places on the axis in percent, so that the drawing fits any width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simenv_analysis.output import wording
from simenv_analysis.output.folding import Folded, label_of
from simenv_analysis.output.rate_columns import LevelRow, missing
from simenv_analysis.rates.rates import Rate, RunRates


class Mark(NamedTuple):
    """One row of a chart; places are percentages of the axis, which runs from 0% to 100%.

    Attributes:
        condition: its index among the conditions; None if it is about several.
        label: its levels.
        dot: place of the rate; None without episodes.
        low: place of the interval's lower end.
        high: place of its upper end.
        reach: place of the share that attempted or succeeded; None if none only attempted.
        figures: the same in words.
        opens_group: whether a space goes before it: another factor, or another level of the first varying one.
    """

    condition: int | None
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


def condition_charts(rates: RunRates, rows: Sequence[Folded]) -> list[Chart]:
    """Return one chart per outcome by condition, the main one first."""
    return [_by_condition(rates, rows, position) for position in range(len(rates.manifest.outcomes))]


def level_charts(rates: RunRates, rows: Sequence[LevelRow]) -> list[Chart]:
    """Return one chart per outcome by level of each factor, the main one first."""
    return [
        _chart(
            rates,
            outcome,
            [
                _mark(None, f"{row.factor}: {row.level}", row.rate(outcome), row.opens and row is not rows[0])
                for row in rows
            ],
        )
        for outcome in rates.manifest.outcomes
    ]


def _by_condition(rates: RunRates, rows: Sequence[Folded], position: int) -> Chart:
    marks: list[Mark] = []
    group = None
    for row in rows:
        first = row.levels[rates.varying[0]] if len(rates.varying) > 1 else None
        place = row.positions[0] if len(row.rows) == 1 else None
        marks.append(_mark(place, label_of(rates, row), row.first.rates[position], bool(marks) and first != group))
        group = first
    return _chart(rates, rates.manifest.outcomes[position], marks)


def _chart(rates: RunRates, outcome: str, marks: Sequence[Mark]) -> Chart:
    return Chart(outcome, rates.title(outcome), tuple(marks), any(mark.reach for mark in marks))


def _mark(condition: int | None, label: str, rate: Rate, opens_group: bool) -> Mark:
    if rate.rate is None:
        return Mark(condition, label, None, _place(0), _place(1), None, missing(rate, "no episode"), opens_group)
    low, high = rate.interval or (rate.rate, rate.rate)
    reach = _place((rate.succeeded + rate.attempted) / rate.n) if rate.attempted else None
    figures = f"{wording.percent(rate.rate)} {wording.within(rate.interval)}"
    return Mark(condition, label, _place(rate.rate), _place(low), _place(high), reach, figures, opens_group)


def _place(share: float) -> str:
    return f"{100 * share:.2f}%"
