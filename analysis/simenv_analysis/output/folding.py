"""Conditions that agree in every figure, as one row, so that a large grid can be read."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from simenv_analysis.rates.rates import ConditionRates, RunRates

FOLD_ABOVE = 12
"""Conditions above which those that agree are folded."""
FOLDED = "Conditions that agree in every count are one row; the figures are those of each of them."
"""What is said where some were."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Conditions of equal figures that are all combinations of some levels.

    Attributes:
        levels: factor that varies → levels, in the run's order.
        rows: the conditions.
        positions: where they are among the run's conditions.
    """

    levels: Mapping[str, tuple[str, ...]]
    rows: tuple[ConditionRates, ...]
    positions: tuple[int, ...]

    @property
    def first(self) -> ConditionRates:
        """One of the conditions, with the figures of each."""
        return self.rows[0]


def folded(rates: RunRates) -> list[Folded]:
    """Return the conditions of a run; where there are more than `FOLD_ABOVE`, those that agree are one row.

    They agree if they have as many episodes planned, finished, failed and engaged, and as many at each level of each outcome.
    """
    found = [
        Folded({factor: (row.condition.get(factor, ""),) for factor in rates.varying}, (row,), (position,))
        for position, row in enumerate(rates.rows)
    ]
    if len(found) <= FOLD_ABOVE:
        return found
    before = len(found) + 1
    while len(found) < before:
        before = len(found)
        for factor in reversed(rates.varying):
            found = _fold(found, factor)
    return found


def level_text(rates: RunRates, row: Folded, factor: str) -> str:
    """Return the levels of a factor that a row is about: one, several, or ``any``."""
    known = {each.condition.get(factor, "") for each in rates.rows}
    levels = row.levels[factor]
    return "any" if len(levels) > 1 and len(levels) == len(known) else ", ".join(levels)


def label_of(rates: RunRates, row: Folded) -> str:
    """Return the levels that a row is about, in the order of the factors that vary."""
    return " · ".join(level_text(rates, row, factor) for factor in rates.varying) or "all episodes"


def _fold(rows: Sequence[Folded], factor: str) -> list[Folded]:
    """Return rows in which those that differ in the levels of one factor alone are one."""
    groups: dict[Hashable, list[Folded]] = {}
    for row in rows:
        others = tuple(levels for name, levels in row.levels.items() if name != factor)
        groups.setdefault((_figures(row.first), others), []).append(row)
    return [_joined(group, factor) for group in groups.values()]


def _joined(group: Sequence[Folded], factor: str) -> Folded:
    return Folded(
        {**group[0].levels, factor: tuple(level for row in group for level in row.levels[factor])},
        tuple(each for row in group for each in row.rows),
        tuple(each for row in group for each in row.positions),
    )


def _figures(row: ConditionRates) -> Hashable:
    counts = tuple((rate.n, rate.succeeded, rate.attempted, rate.impossible) for rate in row.rates)
    return row.planned, row.finished, row.failed, row.engagement.engaged, counts
