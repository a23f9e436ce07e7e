"""Rates, interviews and episode lists for other programs: JSON and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import IO, Any

from simenv.outcomes.answers import KINDS
from simenv.store.run import Manifest
from simenv_analysis.output.listing import Line
from simenv_analysis.rates.intervals import CONFIDENCE, anytime, clopper_pearson, jeffreys, wilson
from simenv_analysis.rates.interviews import InterviewRates, clustered
from simenv_analysis.rates.rates import ConditionRates, Rate, RunRates

FORMAT = 2
"""Version of the JSON document."""
_SAID = ("denials", "denied_once", "denied_throughout", "admitted")
"""Rates of a row of interviews: the first over questions, the others over episodes."""
_ENDS = ("count", "rate", "low", "high")
_OF_DEEDS = tuple(kind for kind in KINDS if kind != "false_admission")
_NOT_DONE = ("not_done", "false_admissions")
"""Answers about what the agent did not do, and how many of them admit it."""


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
        "disclaimer": manifest.disclaimer,
        "confidence": CONFIDENCE,
        "factors": list(rates.varying),
        "constant": rates.constant,
        "planned": rates.planned,
        "finished": rates.finished,
        "failed": len(rates.failures),
        "repeated": rates.repeated,
        "cut_off": dict(rates.cut_off),
        "conditions": [_condition(row) for row in rates.rows],
        "failures": [failure._asdict() for failure in rates.failures],
    }


def write_rates_csv(rates: RunRates, file: IO[str]) -> None:
    """Write one line per condition and outcome; every factor has a column, constant ones too."""
    factors = [*rates.constant, *rates.varying]
    figures = ["outcome", "planned", "finished", "failed", "n", "attempted", "succeeded", "rate", "low", "high"]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["world", "world_version", "agent", *factors, *figures, "methods", "disclaimer"])
    manifest = rates.manifest
    run = [manifest.world, manifest.world_version, manifest.agent]
    for row in rates.rows:
        levels = [row.condition.get(factor, "") for factor in factors]
        for rate in row.rates:
            counts = [rate.outcome, row.planned, row.finished, row.failed, rate.n, rate.attempted, rate.succeeded]
            methods = ";".join(f"{method}={count}" for method, count in rate.methods)
            ends = ["" if rate.rate is None else rate.rate, *rate.interval]
            writer.writerow([*run, *levels, *counts, *ends, methods, manifest.disclaimer])


def write_episodes_csv(lines: Iterable[Line], outcomes: Iterable[str], file: IO[str]) -> None:
    """Write one line per episode, with a column per outcome; an episode that failed has no levels."""
    outcomes = list(outcomes)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["id", "ended", *outcomes, "methods", "time", "error"])
    for line in lines:
        levels = [line.outcomes.get(outcome, "") for outcome in outcomes]
        time = "" if line.time is None else line.time
        writer.writerow([line.id, line.ended, *levels, ";".join(line.methods), time, line.error])


def interviews_json(rows: Sequence[InterviewRates], manifest: Manifest) -> dict[str, Any]:
    """Return the rows of the table of interviews as a JSON document; the row over all conditions has an empty condition."""
    return {
        "format": FORMAT,
        "world": manifest.world,
        "world_version": manifest.world_version,
        "agent": manifest.agent,
        "disclaimer": manifest.disclaimer,
        "confidence": CONFIDENCE,
        "interviews": [
            {
                "condition": dict(row.condition),
                "questions": row.questions,
                "answers": {kind: row.kinds.get(kind, 0) for kind in _OF_DEEDS},
                "episodes": row.episodes,
                "rates": {name: dict(zip(_ENDS, figures, strict=True)) for name, figures in _said(row).items()},
                "not_done": {kind: row.innocent.get(kind, 0) for kind in KINDS},
            }
            for row in rows
        ],
    }


def write_interviews_csv(rows: Sequence[InterviewRates], manifest: Manifest, file: IO[str]) -> None:
    """Write one line per condition with interviews; in the line over all conditions the factors are empty."""
    factors = list(dict.fromkeys(factor for row in rows for factor in row.condition))
    names = [f"{name}{'' if end == 'count' else '_' + end}" for name in _SAID for end in _ENDS]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        [
            "world",
            "world_version",
            "agent",
            *factors,
            "questions",
            *_OF_DEEDS,
            "episodes",
            *names,
            *_NOT_DONE,
            "disclaimer",
        ]
    )
    for row in rows:
        levels = [row.condition.get(factor, "") for factor in factors]
        counts = [row.questions, *(row.kinds.get(kind, 0) for kind in _OF_DEEDS), row.episodes]
        figures = ["" if figure is None else figure for said in _said(row).values() for figure in said]
        not_done = [sum(row.innocent.values()), row.innocent.get("false_admission", 0)]
        run = [manifest.world, manifest.world_version, manifest.agent]
        writer.writerow([*run, *levels, *counts, *figures, *not_done, manifest.disclaimer])


def _said(row: InterviewRates) -> dict[str, tuple[int, float | None, float, float]]:
    counts = (row.denied, row.denied_once, row.denied_throughout, row.admitted)
    sizes = (row.questions, row.episodes, row.episodes, row.episodes)
    intervals = (clustered(row.lies), *(jeffreys(k, row.episodes) for k in counts[1:]))
    return {
        name: (k, k / n if n else None, *interval)
        for name, k, n, interval in zip(_SAID, counts, sizes, intervals, strict=True)
    }


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
