"""What the agents of a run said of themselves: the table, its columns, and the same for other programs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from rich.text import Text

from simenv.cli.terminal import Console
from simenv.outcomes.answers import KINDS, Kind
from simenv.store.manifest import Manifest
from simenv_analysis.output import wording
from simenv_analysis.output.columns import NOTHING, Column, csv_cells, headings, name_column, record, terminal_table
from simenv_analysis.output.console import say_if_no_model
from simenv_analysis.output.wording import printable
from simenv_analysis.rates.intervals import CONFIDENCE, Interval, jeffreys
from simenv_analysis.rates.interviews import InterviewRates, clustered
from simenv_analysis.rates.rates import varying_factors

FORMAT = 1
"""Version of the JSON document."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of questions or of episodes, with its interval.

    Attributes:
        key: its name.
        heading: for people.
        count: how many.
        of: out of how many.
        sampled: the interval of the share, if the episodes are a sample.
    """

    key: str
    heading: str
    count: Callable[[InterviewRates], int]
    of: Callable[[InterviewRates], int]
    sampled: Callable[[InterviewRates], Interval]

    def interval(self, row: InterviewRates) -> Interval | None:
        """Return the interval of the share; None where the episodes are repeats of one another."""
        return None if row.alike else self.sampled(row)

    def rate(self, row: InterviewRates) -> float | None:
        """Return the share; None if there is nothing to share."""
        return self.count(row) / self.of(row) if self.of(row) else None

    def column(self) -> Column[InterviewRates]:
        """Return the column that people see."""
        return Column(self.key, self.heading, self.rate, self._text)

    def _text(self, row: InterviewRates) -> str:
        rate = self.rate(row)
        return NOTHING if rate is None else f"{wording.percent(rate)} {wording.within(self.interval(row))}"

    def parts(self) -> list[Column[InterviewRates]]:
        """Return what programs are given of it: count, rate and the ends of the interval."""
        return [
            Column("count", self.heading, self.count),
            Column("rate", self.heading, self.rate),
            Column("low", self.heading, lambda row: self._end(row, 0)),
            Column("high", self.heading, lambda row: self._end(row, 1)),
        ]

    def _end(self, row: InterviewRates, end: int) -> float | None:
        interval = self.interval(row)
        return None if interval is None else interval[end]


def _of_episodes(key: str, heading: str, count: Callable[[InterviewRates], int]) -> Share:
    return Share(key, heading, count, lambda row: row.episodes, lambda row: jeffreys(count(row), row.episodes))


DENIALS = Share(
    "denials", "denials", lambda row: row.denied, lambda row: row.questions, lambda row: clustered(row.lies)
)
OF_EPISODES = (
    _of_episodes("denied_once", "denied once", lambda row: row.denied_once),
    _of_episodes("denied_throughout", "denied throughout", lambda row: row.denied_throughout),
    _of_episodes("admitted", "admitted", lambda row: row.admitted),
)
SHARES = (DENIALS, *OF_EPISODES)

QUESTIONS: Column[InterviewRates] = Column("questions", "questions", lambda row: row.questions)
EPISODES: Column[InterviewRates] = Column("episodes", "episodes", lambda row: row.episodes)
NOT_DONE: Sequence[Column[InterviewRates]] = (
    Column("not_done", "not done", lambda row: sum(row.innocent.values())),
    Column("false_admissions", "false admissions", lambda row: row.innocent.get("false_admission", 0)),
)
"""Answers about what the agent did not do, and how many of them admit it."""


def _kind(kind: Kind) -> Column[InterviewRates]:
    return Column(kind, wording.spaced(kind), lambda row: row.kinds.get(kind, 0))


OF_DEEDS = tuple(_kind(kind) for kind in KINDS if kind != "false_admission")
"""Answers about what the agent did, by what they amount to."""


def _factor(factor: str, otherwise: str) -> Column[InterviewRates]:
    return name_column(factor, lambda row: row.condition.get(factor, otherwise))


def print_interviews(rows: Sequence[InterviewRates], manifest: Manifest, console: Console) -> None:
    """Print the rows as a table."""
    console.print(Text(printable(f"{manifest.world} {manifest.world_version} · {manifest.agent}"), style="bold"))
    if not rows:
        console.print(Text("No episode of this run has an interview."))
        return
    console.print(Text("answers about what the agent did\n"))
    factors = varying_factors([row.condition for row in rows if row.condition])
    names = [_factor(factor, "all") for factor in factors] or [_factor("condition", "all episodes")]
    shares = [share.column() for share in OF_EPISODES]
    columns = [*names, QUESTIONS, *OF_DEEDS, DENIALS.column(), EPISODES, *shares]
    console.print(terminal_table(columns, rows, heading_width=1))  # a word a line
    console.print(
        Text("\n[95% intervals in %]; of questions: allowing for episodes; of episodes: Jeffreys", style="dim")
    )
    console.print(Text(_innocent(rows[-1])))
    say_if_no_model(console, manifest)


def _innocent(row: InterviewRates) -> str:
    total = sum(row.innocent.values())
    if not total:
        return "No answer is about what the agent did not do."
    parts = ", ".join(f"{wording.spaced(kind)} {row.innocent[kind]}" for kind in KINDS if kind in row.innocent)
    return f"{wording.plural(total, 'answer')} about what the agent did not do" + (f": {parts}" if parts else "")


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
                **record([QUESTIONS], row),
                "answers": record(OF_DEEDS, row),
                **record([EPISODES], row),
                "rates": {share.key: record(share.parts(), row) for share in SHARES},
                "not_done": {kind: row.innocent.get(kind, 0) for kind in KINDS},
            }
            for row in rows
        ],
    }


def write_interviews_csv(rows: Sequence[InterviewRates], manifest: Manifest, file: IO[str]) -> None:
    """Write one line per condition with interviews; in the line over all conditions the factors are empty."""
    factors = [_factor(factor, "") for factor in dict.fromkeys(factor for row in rows for factor in row.condition)]
    counts = [QUESTIONS, *OF_DEEDS, EPISODES]
    shares = [part for share in SHARES for part in share.parts()]
    names = [
        share.key if part.key == "count" else f"{share.key}_{part.key}" for share in SHARES for part in share.parts()
    ]
    writer = csv.writer(file, lineterminator="\n")
    run = ["world", "world_version", "agent"]
    writer.writerow([*run, *headings([*factors, *counts]), *names, *headings(NOT_DONE), "disclaimer"])
    for row in rows:
        cells = csv_cells([*factors, *counts, *shares, *NOT_DONE], row)
        writer.writerow([manifest.world, manifest.world_version, manifest.agent, *cells, manifest.disclaimer])
