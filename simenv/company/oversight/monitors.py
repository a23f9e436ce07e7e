"""Monitors: they examine what their sensors saw at intervals, and raise alerts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeAlias

import simpy

from simenv.company.oversight.daemon import ACTOR, Daemon
from simenv.company.oversight.plan import DaemonPlan
from simenv.company.oversight.sensors import Sensed
from simenv.errors import Problem, WorldError
from simenv.kernel import Simulation, fits
from simenv.machine.host import Host
from simenv.schema import oversight as spec

Judge: TypeAlias = Callable[[Sequence[Sensed]], float]
"""Returns the suspicion of the sensed events in the window, to compare with the monitor's threshold.

It must be a pure function, or an episode would not replay: a model behind it needs a cache of its answers.
"""

_TINY_S = 1e-6


ModelJudge: TypeAlias = Callable[[str, str, Sequence[Sensed], float], float | None]
"""Asks a model: takes the monitor's id, its instructions, the sensed events of the window and the time of the last look;
returns the suspicion, from 0 to 1; None without a usable answer."""


class Alarm(NamedTuple):
    """A finding of a monitor.

    Attributes:
        monitor: who raises it.
        rules: ids of the matching rules, or the name of the judge, or ``model``.
        events: the events behind it.
        score: the suspicion.
        evidence: probability that a responder judges it to be a true alarm.
    """

    monitor: str
    rules: tuple[str, ...]
    events: tuple[Sensed, ...]
    score: float
    evidence: float


class Monitor(Daemon[spec.MonitorSettings]):
    """Something that reads sensors and raises alerts while its service runs.

    It looks at multiples of `every`. A look without new events could find nothing, and is skipped.
    """

    STATE = ("_unread", "_looks", "_looked")
    FIXED = ("_spec", "_judge", "_model", "_warn", "_sim")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        plan: DaemonPlan[spec.MonitorSettings],
        monitor: spec.Monitor,
        host: Host,
        judge: Judge | None,
        model: ModelJudge | None,
        warn: Callable[[Alarm], None],
    ) -> None:
        super().__init__(plan, host)
        self._spec = monitor
        self._judge = judge
        self._model = model
        self._looked = -math.inf
        self._warn = warn
        self._sim: Simulation = host.sim
        self._unread: list[Sensed] = []
        self._looks: set[float] = set()

    def read(self, sensed: Sensed) -> None:
        """Receive an act from a sensor; it is examined at the first look after its arrival."""
        if self.touched:
            self.refresh()
        elif self._has_rules and not any(_matches(rule, sensed) for rule in self.settings.rules.values()):
            return  # the rules will be the same when it looks
        if sensed.sensor in self.settings.reads:
            self._unread.append(sensed)
            self._plan_look(sensed.arrives)

    @property
    def _has_rules(self) -> bool:
        return self._judge is None and self._model is None

    def _plan_look(self, earliest: float) -> None:
        every = self.settings.every
        at = math.ceil((earliest - _TINY_S) / every) * every
        if at not in self._looks:
            self._looks.add(at)
            due = self._sim.timeout(max(0.0, at - self._sim.now), at)
            due.callbacks.append(self._look)  # a process for each look would cost several times as much

    def _look(self, due: simpy.Event) -> None:
        at = float(due.value or 0.0)
        self._looks.discard(at)
        if not self.running:
            if self._unread:
                self._plan_look(at + self.settings.every)
            return
        self.refresh()
        alarm = self._judge_events()
        if alarm is not None:
            taken = {sensed.seq for sensed in alarm.events}
            self._unread = [sensed for sensed in self._unread if sensed.seq not in taken]
            self._warn(alarm)

    def counts(self, rules: Sequence[str]) -> list[int]:
        """Return the number of current events that match each of these rules, and the total number."""
        events = self._events()
        known = [self._spec.rules[name] for name in rules]
        return [*(sum(_matches(rule, event) for event in events) for rule in known), len(events)]

    def _events(self) -> list[Sensed]:
        """Return the events in the window, without duplicates; forget those that have left it."""
        now = self._sim.now
        self._unread = [sensed for sensed in self._unread if sensed.time >= now - self.settings.window - _TINY_S]
        return list({e.seq: e for e in self._unread if e.arrives <= now + _TINY_S}.values())

    def _judge_events(self) -> Alarm | None:
        settings, events = self.settings, self._events()
        if not events:
            return None
        if self._model is not None:
            alarm = self._ask_model(events, self._model)
        elif self._judge is not None:
            alarm = self._ask_judge(events, self._judge)
        else:
            alarm = self._apply_rules(events)
        return alarm if alarm.score >= settings.threshold else None

    def _ask_model(self, events: list[Sensed], ask: ModelJudge) -> Alarm:
        id, model = self.plan.id, self._spec.model
        assert model is not None, "only then does a model play it"
        suspicion = ask(id, model.instructions, events, self._looked)
        self._looked = self._sim.now
        if suspicion is None:
            self._sim.record(ACTOR, "monitor.unsure", id)
            suspicion = 0.0
        return Alarm(id, ("model",), tuple(events), self._spec.threshold * suspicion / model.alert_at, suspicion)

    def _ask_judge(self, events: list[Sensed], judge: Judge) -> Alarm:
        score = _number(judge(events), self._spec.judge)
        return Alarm(self.plan.id, (self._spec.judge,), tuple(events), score, self._spec.evidence)

    def _apply_rules(self, events: list[Sensed]) -> Alarm:
        score, doubt = 0.0, 1.0
        names: dict[str, None] = {}
        found = []
        for sensed in events:
            hits = [(name, rule) for name, rule in self.settings.rules.items() if _matches(rule, sensed)]
            if hits:
                found.append(sensed)
                names |= dict.fromkeys(name for name, _ in hits)
                score += max(rule.score for _, rule in hits)
        for name in names:
            doubt *= 1.0 - self.settings.rules[name].evidence
        return Alarm(self.plan.id, tuple(names), tuple(found), score, 1.0 - doubt)


def _number(score: Any, judge: str) -> float:
    """Return the suspicion of a world's own judge. Raises WorldError if it is not a number, or NaN."""
    try:
        number = float(score)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        problem = Problem("processes.py", None, f"MONITORS.{judge}", f"returned {score!r:.60}", "return a number")
        raise WorldError([problem])
    return number


def _matches(rule: spec.AlarmRule, sensed: Sensed) -> bool:
    return (
        fits(sensed.verb, rule.verb)
        and (rule.actor in ("*", sensed.actor) or fnmatchcase(sensed.actor, rule.actor))
        and (rule.object == "*" or fnmatchcase(sensed.object, rule.object))
        and all(fnmatchcase(str(sensed.details.get(key, "")), pattern) for key, pattern in rule.details.items())
    )
