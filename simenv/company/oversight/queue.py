"""The alert queue: who triages which alert when, and with what result.

With people always at work, exponential times between alerts and exponential triage this is an M/M/c queue; the tests compare it
with theory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, Protocol

import simpy

from simenv.kernel import Simulation
from simenv.kernel.chance import draw_delay
from simenv.schema.oversight import Alerts


class Alert(NamedTuple):
    """An alert in the queue; sorts by priority, then in the order in which alerts were raised.

    Attributes:
        rank: minus the priority.
        number: from 1, in the order of raising.
        raised: when, in simulated seconds.
        evidence: probability that a responder judges it to be a true alarm.
        playbook: the response; empty: none.
    """

    rank: int
    number: int
    raised: float
    evidence: float
    playbook: str

    @property
    def name(self) -> str:
        """Its name in records."""
        return f"alert/{self.number}"


class Hours(Protocol):
    """Working hours of responders; implemented by `company.people`."""

    def at_work(self, person: str, time: float) -> bool:
        """Return whether somebody is at work."""

    def next_at_work(self, person: str, time: float) -> float:
        """Return the first moment from a time on at which somebody is at work."""


class AlertQueue:
    """Alerts, and the people who triage them.

    Journaled: ``alert.triaged`` (is it `true`, how long it waited and took), and ``alert.dismissed`` if it was judged false.

    Args:
        plan: responders and times.
        hours: working hours of responders; a triage in progress is finished after hours.
        sim: clock, journal and random streams.
        confirm: called with an alert that was judged true, and the responder.
    """

    STATE = ("_waiting", "_free", "_shift")
    FIXED = ("_plan", "_hours", "_sim", "_confirm")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, plan: Alerts, hours: Hours, sim: Simulation, confirm: Callable[[Alert, str], None]) -> None:
        self._plan = plan
        self._hours = hours
        self._sim = sim
        self._confirm = confirm
        self._waiting: list[Alert] = []
        self._free: dict[str, int] = {who: responder.capacity for who, responder in plan.responders.items()}
        self._shift = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, alert: Alert) -> None:
        """Put an alert in the queue; a free responder takes it immediately."""
        heapq.heappush(self._waiting, alert)
        self._hand_out()

    def _hand_out(self) -> None:
        """Assign waiting alerts to responders who are free and at work; else wait for the next shift."""
        now = self._sim.now
        for who in self._free:
            while self._waiting and self._free[who] and self._hours.at_work(who, now):
                self._free[who] -= 1
                self._sim.process(self._triage(heapq.heappop(self._waiting), who))
        if self._waiting:
            self._await_shift({who: free for who, free in self._free.items() if free})

    def _await_shift(self, free: Mapping[str, int]) -> None:
        shifts = [self._hours.next_at_work(who, self._sim.now) for who in free]
        if shifts and not self._sim.now < self._shift <= min(shifts):
            self._shift = min(shifts)
            self._sim.process(self._begin_shift(self._shift))

    def _begin_shift(self, at: float) -> Generator[simpy.Event, Any, None]:
        yield self._sim.timeout(at - self._sim.now)
        self._hand_out()

    def _triage(self, alert: Alert, who: str) -> Generator[simpy.Event, Any, None]:
        sim, stream = self._sim, self._sim.streams["oversight/triage"]
        began = sim.now
        yield sim.timeout(draw_delay(self._plan.triage, stream))
        true = stream.random() < alert.evidence
        facts = {"true": true, "waited_s": began - alert.raised, "took_s": sim.now - began}
        sim.record(who, "alert.triaged", alert.name, **facts)
        if true:
            self._confirm(alert, who)
        else:
            sim.record(who, "alert.dismissed", alert.name)
        self._free[who] += 1
        self._hand_out()
