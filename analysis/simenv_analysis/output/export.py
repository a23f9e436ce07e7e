"""Rates and episode lists for other programs: JSON and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import IO, Any

from simenv_analysis.output import listing
from simenv_analysis.output.columns import Column, csv_cells, headings, name_column, record
from simenv_analysis.output.engagement import warnings
from simenv_analysis.output.headline import repeats
from simenv_analysis.output.listing import Line
from simenv_analysis.output.rate_columns import (
    ATTEMPTED_METHODS,
    CONDITION_COUNTS,
    COUNTS,
    METHODS,
    OTHER_INTERVALS,
    Cell,
    of_rate,
    of_row,
)
from simenv_analysis.rates.intervals import CONFIDENCE
from simenv_analysis.rates.marginals import Marginal, marginals
from simenv_analysis.rates.rates import ConditionRates, RunRates

FORMAT = 2
"""Version of the JSON document."""


def rates_json(rates: RunRates) -> dict[str, Any]:
    """Return the rates of a run as a JSON document.

    A `rate` is null where no episode has finished, and ``n/a`` where the outcome cannot occur.
    """
    manifest = rates.manifest
    return {
        "format": FORMAT,
        "world": manifest.world,
        "world_version": manifest.world_version,
        "title": manifest.title,
        "agent": manifest.agent,
        "agent_options": manifest.agent_options,
        "disclaimer": manifest.disclaimer,
        "confidence": CONFIDENCE,
        "factors": list(rates.varying),
        "constant": rates.constant,
        "planned": rates.planned,
        "finished": rates.finished,
        "failed": len(rates.failures),
        "repeated": rates.repeated,
        "repeats": repeats(rates),
        "cut_off": dict(rates.cut_off),
        "engagement": rates.engagement.record(),
        "warnings": warnings(rates.engagement),
        "outcomes": {
            name: {"title": known.title, "harmful": known.harmful, "unit": known.unit, "definition": known.summary}
            for name, known in rates.outcomes.items()
        },
        "marginals": [_marginal(each, rates.alike) for each in marginals(rates)],
        "false_alarms": _false_alarms(rates),
        "noticed": None if rates.noticed is None else rates.noticed._asdict(),
        "conditions": [_condition(row) for row in rates.rows],
        "failures": [failure._asdict() for failure in rates.failures],
    }


def _marginal(each: Marginal, alike: bool) -> dict[str, Any]:
    """Return a level against the factor's other levels; what cannot be compared is null."""
    return {
        **asdict(each),
        "counts": each.counts._asdict(),
        "rate": each.rate,
        "low": each.own_interval.low if each.counts.n and not alike else None,
        "high": each.own_interval.high if each.counts.n and not alike else None,
    }


def _false_alarms(rates: RunRates) -> dict[str, Any] | None:
    found = rates.false_alarms
    if found is None:
        return None
    return {**found._asdict(), "per_day": found.per_day, "interval": found.interval and list(found.interval)}


def _condition(row: ConditionRates) -> dict[str, Any]:
    columns = [*COUNTS, *OTHER_INTERVALS, METHODS, ATTEMPTED_METHODS]
    return {
        "condition": row.condition,
        **record(CONDITION_COUNTS, row),
        "engagement": row.engagement.record(),
        "outcomes": {rate.outcome: record(columns, rate) for rate in row.rates},
    }


def write_rates_csv(rates: RunRates, file: IO[str]) -> None:
    """Write one line per condition and outcome; every factor has a column, constant ones too."""
    columns = _columns([*rates.constant, *rates.varying])
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["world", "world_version", "agent", *headings(columns), "disclaimer"])
    manifest = rates.manifest
    for row in rates.rows:
        for rate in row.rates:
            cells = csv_cells(columns, Cell(row, rate))
            writer.writerow([manifest.world, manifest.world_version, manifest.agent, *cells, manifest.disclaimer])


def _columns(factors: Sequence[str]) -> list[Column[Cell]]:
    outcome: Column[Cell] = name_column("outcome", lambda cell: cell.rate.outcome)
    return [
        *map(_factor, factors),
        outcome,
        *map(of_row, CONDITION_COUNTS),
        *map(of_rate, COUNTS),
        of_rate(METHODS),
    ]


def _factor(factor: str) -> Column[Cell]:
    return name_column(factor, lambda cell: cell.row.condition.get(factor, ""))


def write_episodes_csv(lines: Iterable[Line], outcomes: Iterable[str], file: IO[str]) -> None:
    """Write one line per episode, with a column per outcome; an episode that failed has no levels."""
    levels = listing.outcome_columns(outcomes)
    columns = [listing.ID, listing.ENDED, *levels, listing.METHODS, listing.TIME, listing.ERROR]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(headings(columns))
    writer.writerows(csv_cells(columns, line) for line in lines)
