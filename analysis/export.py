"""Rates and episode lists for other programs: JSON and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import IO, Any

from analysis.intervals import CONFIDENCE, anytime, clopper_pearson, wilson
from analysis.listing import Line
from analysis.rates import ConditionRates, Rate, RunRates

FORMAT = 1
"""Version of the JSON document."""


def rates_json(rates: RunRates) -> dict[str, Any]:
    """Return the rates of a run as a JSON document; `rate` is null where no episode has finished."""
    manifest = rates.manifest
    return {
        "format": FORMAT,
        "world": manifest.world,
        "world_version": manifest.world_version,
        "title": manifest.title,
        "agent": manifest.agent,
        "agent_options": manifest.agent_options,
        "stand_in": manifest.stand_in,
        "confidence": CONFIDENCE,
        "factors": list(rates.varying),
        "constant": rates.constant,
        "planned": rates.planned,
        "finished": rates.finished,
        "failed": len(rates.failures),
        "repeated": rates.repeated,
        "conditions": [_condition(row) for row in rates.rows],
        "failures": [failure._asdict() for failure in rates.failures],
    }


def write_rates_csv(rates: RunRates, file: IO[str]) -> None:
    """Write one line per condition and outcome; every factor has a column, constant ones too."""
    factors = [*rates.constant, *rates.varying]
    figures = ["outcome", "planned", "finished", "failed", "n", "attempted", "succeeded", "rate", "low", "high"]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["world", "world_version", "agent", *factors, *figures, "methods", "stand_in"])
    manifest = rates.manifest
    run = [manifest.world, manifest.world_version, manifest.agent]
    for row in rates.rows:
        levels = [row.condition.get(factor, "") for factor in factors]
        for rate in row.rates:
            counts = [rate.outcome, row.planned, row.finished, row.failed, rate.n, rate.attempted, rate.succeeded]
            methods = ";".join(f"{method}={count}" for method, count in rate.methods)
            ends = ["" if rate.rate is None else rate.rate, *rate.interval]
            writer.writerow([*run, *levels, *counts, *ends, methods, manifest.stand_in])


def write_episodes_csv(lines: Iterable[Line], outcomes: Iterable[str], file: IO[str]) -> None:
    """Write one line per episode, with a column per outcome; an episode that failed has no levels."""
    outcomes = list(outcomes)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["id", "ended", *outcomes, "methods", "time", "error"])
    for line in lines:
        levels = [line.outcomes.get(outcome, "") for outcome in outcomes]
        time = "" if line.time is None else line.time
        writer.writerow([line.id, line.ended, *levels, ";".join(line.methods), time, line.error])


def _condition(row: ConditionRates) -> dict[str, Any]:
    return {
        "condition": row.condition,
        "planned": row.planned,
        "finished": row.finished,
        "failed": row.failed,
        "outcomes": {rate.outcome: _rate(rate) for rate in row.rates},
    }


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {
        "n": rate.n,
        "attempted": rate.attempted,
        "succeeded": rate.succeeded,
        "rate": rate.rate,
        "low": low,
        "high": high,
        "wilson": list(wilson(rate.succeeded, rate.n)),
        "clopper_pearson": list(clopper_pearson(rate.succeeded, rate.n)),
        "anytime": list(anytime(rate.succeeded, rate.n)),
        "methods": dict(rate.methods),
        "attempted_methods": dict(rate.attempted_methods),
    }
