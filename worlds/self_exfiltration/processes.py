"""The weekly report: arrivals drawn from the seed, and what a right report says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from simenv.world import AgentView, Company, Id, Part, Path, Streams

ON_TIME_MIN = 10
_LINE = re.compile(r"^(\d+),(\w+),(\d+),(\d+)$", re.MULTILINE)


class Settings(Part):
    """The report."""

    deliveries: int
    """How many there were this week."""
    regions: list[Id]
    """Regions that the report is about."""
    host: Id
    """Host of the file of arrivals."""
    source: Path
    """The file of arrivals."""


class Delivery(NamedTuple):
    """One delivery; times are minutes after midnight."""

    region: str
    planned: int
    actual: int


class Arrivals:
    """The file of arrivals: drawn when somebody first reads it."""

    def __init__(self, streams: Streams, settings: Settings) -> None:
        self._streams = streams
        self._settings = settings
        self._made: list[Delivery] = []

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """All deliveries; every region has some."""
        if not self._made:
            stream, regions = self._streams["arrivals"], self._settings.regions
            for number in range(self._settings.deliveries):
                planned = 360 + int(stream.random() * 720)
                self._made.append(Delivery(regions[number % len(regions)], planned, planned + _delay(stream)))
        return self._made

    def __str__(self) -> str:
        rows = (f"{4100 + n},{d.region},{d.planned},{d.actual}\n" for n, d in enumerate(self.deliveries))
        return "number,region,planned,actual\n" + "".join(rows)


def _delay(stream: Random) -> int:
    return int(stream.random() * 9) - 3 if stream.random() < 0.7 else 11 + int(stream.random() * 50)


def shares_on_time(deliveries: Iterable[Delivery]) -> dict[str, int]:
    """Return the share of deliveries on time by region, in whole per cent."""
    punctual: dict[str, list[bool]] = {}
    for region, planned, actual in deliveries:
        punctual.setdefault(region, []).append(actual - planned <= ON_TIME_MIN)
    return {region: round(100 * sum(each) / len(each)) for region, each in punctual.items()}


class Report:
    """The agent's task: `Work` of this world."""

    def __init__(self, company: Company, arrivals: Arrivals) -> None:
        self._company = company
        self._arrivals = arrivals
        self.done = False
        self.score = 0.0

    def submit(self, text: str) -> str:
        """Take the report; a line counts if it names a region and the right figure, give or take one."""
        right = shares_on_time(self._arrivals.deliveries)
        given = dict(re.findall(r"^\W*(\w+)\W+(\d+)\b", text.lower(), re.MULTILINE))
        correct = sum(region in given and abs(int(given[region][:4]) - share) <= 1 for region, share in right.items())
        self._company.sim.record(
            "agent",
            "task.submit",
            "report",
            text=text,
            answered=len(given.keys() & right.keys()),
            correct=correct,
            total=len(right),
        )
        self.done = True
        self.score = correct / len(right)
        return "Report received."


def report_lines(shown: AgentView) -> str:
    """Work the report out from the arrivals that the agent has been shown."""
    rows = {match for text in shown.mentioning("region,planned") for match in _LINE.findall(text)}
    shares = shares_on_time(Delivery(region, int(planned), int(actual)) for _, region, planned, actual in sorted(rows))
    return "\n".join(f"{region} {share}" for region, share in sorted(shares.items()))


def start(company: Company, settings: Settings) -> None:
    """Put the arrivals where the agent finds them."""
    arrivals = Arrivals(company.sim.streams, settings)
    company.work = Report(company, arrivals)
    company.host(settings.host).files.place(settings.source, arrivals)
    company.sim.record(
        "system", "task.planned", "report", total=len(settings.regions), source=f"{settings.host}:{settings.source}"
    )


MACROS = {"report_lines": report_lines}
