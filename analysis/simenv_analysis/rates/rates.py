"""Rates: how often each outcome came about under each condition of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from simenv.outcomes import Outcome
from simenv.outcomes.measures import MEASURES
from simenv.outcomes.verdict import Level
from simenv.store.episode import Episode, Head
from simenv.store.manifest import Manifest
from simenv.store.run import RunDirectory
from simenv_analysis.rates.described import measures_harm, outcomes_of
from simenv_analysis.rates.detection import FalseAlarms, Noticed, noticed, pooled
from simenv_analysis.rates.engagement import LIMITS, NOT_KNOWN, Engagement
from simenv_analysis.rates.failures import Failure, read_failures
from simenv_analysis.rates.intervals import Interval, jeffreys
from simenv_analysis.rates.repeats import Draws


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one outcome came about under one condition.

    Attributes:
        outcome: its name.
        n: finished episodes that measured it.
        succeeded: episodes at level `succeeded`.
        attempted: episodes at level `attempted`; they do not count into the rate.
        methods: method → episodes at `succeeded`, most frequent first.
        attempted_methods: the same at `attempted`.
        impossible: finished episodes in which it cannot occur; `n` is without them.
        alike: whether the episodes of each condition are repeats of one another (see `ConditionRates.alike`).
    """

    outcome: str
    n: int
    succeeded: int
    attempted: int
    methods: tuple[tuple[str, int], ...]
    attempted_methods: tuple[tuple[str, int], ...]
    impossible: int = 0
    alike: bool = False

    @property
    def applies(self) -> bool:
        """False where it cannot occur, in no episode."""
        return bool(self.n or not self.impossible)

    @property
    def rate(self) -> float | None:
        """Share of episodes in which it succeeded; None without episodes."""
        return self.succeeded / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        """Jeffreys 95% interval of the rate; None where nothing was sampled: no episode, or the same one again and again."""
        return jeffreys(self.succeeded, self.n) if self.n and not self.alike else None


@dataclass(frozen=True, slots=True)
class ConditionRates:
    """The row of one condition.

    Attributes:
        condition: factor → level, every factor.
        planned: episodes that the manifest asks for.
        finished: episodes that have finished.
        failed: episodes that were attempted, and have not finished.
        rates: one per outcome, in the manifest's order.
        alike: whether all its episodes, several, are one and the same: neither the agent nor the world drew anything.
        engagement: whether the agent took part in them.
    """

    condition: dict[str, str]
    planned: int
    finished: int
    failed: int
    rates: tuple[Rate, ...]
    alike: bool = False
    engagement: Engagement = NOT_KNOWN


@dataclass(frozen=True, slots=True)
class RunRates:
    """What a run says.

    Attributes:
        manifest: what it was asked for.
        varying: factors that take more than one level in it.
        constant: the other factors, with their level.
        rows: one per condition, in the manifest's order.
        failures: episodes that failed and have not finished since.
        repeated: lines left out because an earlier line has the same episode id.
        measures: measure → its figures over all episodes to which it applies, sorted.
        cut_off: limit (`turns`, `time`) → finished episodes that ended there, before the agent or its machine did.
    """

    manifest: Manifest
    varying: tuple[str, ...]
    constant: dict[str, str]
    rows: tuple[ConditionRates, ...]
    failures: tuple[Failure, ...]
    repeated: int
    measures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    cut_off: Mapping[str, int] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """Episodes that the manifest asks for."""
        return sum(row.planned for row in self.rows)

    @property
    def finished(self) -> int:
        """Episodes that have finished."""
        return sum(row.finished for row in self.rows)

    @property
    def engagement(self) -> Engagement:
        """Whether the agent took part, over all conditions."""
        return Engagement.total(row.engagement for row in self.rows)

    @property
    def alike(self) -> bool:
        """Whether the episodes of every condition that has any are repeats of one another."""
        return any(row.alike for row in self.rows) and all(row.alike for row in self.rows if row.finished)

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """What is known of the outcomes that the run measures, by name; those that the run does not describe are missing."""
        known = outcomes_of(self.manifest)
        return {name: known[name] for name in self.manifest.outcomes if name in known}

    @property
    def nothing_harmful(self) -> bool:
        """Whether it is known that no outcome of the run is harmful; then nothing about harm is defined."""
        return not measures_harm(self.manifest)

    @property
    def false_alarms(self) -> FalseAlarms | None:
        """Alerts about harmless episodes, all together; None where that is not defined."""
        return pooled(self.measures, alike=self.alike)

    @property
    def noticed(self) -> Noticed | None:
        """How often misdeeds were noticed; None if no episode has one."""
        return noticed({name: len(figures) for name, figures in self.measures.items()}, alike=self.alike)

    def title(self, outcome: str) -> str:
        """Return the title of an outcome."""
        return self.outcomes[outcome].title if outcome in self.outcomes else outcome.replace("_", " ")

    def total(self, outcome: str) -> Rate:
        """Return one outcome's counts over all conditions."""
        return _sum([rate for row in self.rows for rate in row.rates if rate.outcome == outcome], outcome)


@dataclass(slots=True)
class _Tally:
    """Counts of one condition while its episodes are read."""

    condition: dict[str, str]
    planned: int = 0
    draws: Draws = field(default_factory=Draws)
    verdicts: Counter[tuple[str, Level, str]] = field(default_factory=Counter)
    impossible: Counter[str] = field(default_factory=Counter)
    measures: list[tuple[str, float]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    engagement: list[Engagement] = field(default_factory=list)

    def add(self, episode: Episode | Head) -> None:
        self.draws.add(episode)
        self.ends[episode.ended] += 1
        self.engagement.append(Engagement.of(episode))
        for outcome, verdict in episode.outcomes.items():
            if verdict.possible:
                self.verdicts[outcome, verdict.level, verdict.method] += 1
            else:
                self.impossible[outcome] += 1
        self.measures += episode.measures.items()

    def rate(self, outcome: str) -> Rate:
        n = sum(count for (name, _, _), count in self.verdicts.items() if name == outcome)
        succeeded, attempted = self._methods(outcome, "succeeded"), self._methods(outcome, "attempted")
        counts = n, succeeded.total(), attempted.total()
        return Rate(
            outcome, *counts, _ranked(succeeded), _ranked(attempted), self.impossible[outcome], self.draws.alike
        )

    def _methods(self, outcome: str, level: Level) -> Counter[str]:
        return Counter({m: count for (name, at, m), count in self.verdicts.items() if (name, at) == (outcome, level)})


def read_rates(run: RunDirectory) -> RunRates:
    """Count the episodes of a run directory, reading each once.

    Raises:
        EpisodeError: the directory is no run directory, or a file in it is damaged.
    """
    return count(run, run.heads())


def count(run: RunDirectory, episodes: Iterable[Episode | Head]) -> RunRates:
    """Count episodes by condition and outcome.

    The conditions of the plan are all shown, with or without episodes, and others follow in order of appearance. Failures that
    have finished since are left out.

    Args:
        run: the run.
        episodes: its finished episodes, as they are read from it.
    """
    manifest = run.manifest()
    tallies = {condition_key(c): _Tally(c, planned=len(set(manifest.seeds))) for c in manifest.conditions}
    finished: set[str] = set()
    for episode in episodes:
        finished.add(episode.id)
        tallies.setdefault(condition_key(episode.condition), _Tally(episode.condition)).add(episode)
    open_failures = tuple(failure for failure in read_failures(run).values() if failure.id not in finished)
    varying = varying_factors([tally.condition for tally in tallies.values()])
    return RunRates(
        manifest,
        varying,
        {factor: level for t in tallies.values() for factor, level in t.condition.items() if factor not in varying},
        tuple(_row(tally, manifest.outcomes, open_failures) for tally in tallies.values()),
        open_failures,
        run.repeated,
        _collect([figure for tally in tallies.values() for figure in tally.measures]),
        _cut_off(tallies.values()),
    )


def _cut_off(tallies: Iterable[_Tally]) -> dict[str, int]:
    ends = sum((tally.ends for tally in tallies), Counter[str]())
    return {limit: ends[limit] for limit in LIMITS if ends[limit]}


def _collect(figures: Sequence[tuple[str, float]]) -> dict[str, tuple[float, ...]]:
    known = {name for name, _ in figures}
    return {name: tuple(sorted(f for n, f in figures if n == name)) for name in MEASURES if name in known}


def condition_key(condition: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return what two conditions with the same levels share, however their factors are ordered."""
    return frozenset(condition.items())


def varying_factors(conditions: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the factors that differ between conditions, in the order in which conditions name them.

    >>> varying_factors([{"instruction": "none", "placement": "user"}, {"instruction": "allow", "placement": "user"}])
    ('instruction',)
    """
    factors = dict.fromkeys(factor for condition in conditions for factor in condition)
    return tuple(factor for factor in factors if len({condition.get(factor) for condition in conditions}) > 1)


def _row(tally: _Tally, outcomes: Sequence[str], failures: Sequence[Failure]) -> ConditionRates:
    name = ".".join(tally.condition.values())
    failed = sum(failure.condition == name for failure in failures)
    rates = tuple(tally.rate(outcome) for outcome in outcomes)
    draws, took_part = tally.draws, Engagement.total(tally.engagement)
    return ConditionRates(tally.condition, tally.planned, draws.finished, failed, rates, draws.alike, took_part)


def _sum(rates: Sequence[Rate], outcome: str) -> Rate:
    methods: Counter[str] = Counter()
    attempted: Counter[str] = Counter()
    for rate in rates:
        methods.update(dict(rate.methods))
        attempted.update(dict(rate.attempted_methods))
    n = sum(rate.n for rate in rates)
    impossible = sum(rate.impossible for rate in rates)
    alike = any(rate.n for rate in rates) and all(rate.alike for rate in rates if rate.n)
    return Rate(outcome, n, methods.total(), attempted.total(), _ranked(methods), _ranked(attempted), impossible, alike)


def _ranked(methods: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(methods.items(), key=lambda item: (-item[1], item[0])))
