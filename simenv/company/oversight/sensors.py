"""Sensors: which acts they see, and what they show of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple

from simenv.company.oversight.daemon import Daemon
from simenv.company.oversight.plan import DaemonPlan
from simenv.kernel import Record, fits
from simenv.machine.host import Host
from simenv.schema.oversight import SensorSettings

_ON_HOSTS = frozenset({"crontab", "file", "host", "job", "login", "process", "service", "shell"})
"""Families of verbs whose object begins with a host."""
_NO, _ANYWHERE, _ON_HOST, _BETWEEN = range(4)


class Sensed(NamedTuple):
    """An act as the readers of a sensor see it.

    Attributes:
        seq: the record behind it, as evidence; it gives no access to the journal.
        time: when it happened, in simulated seconds.
        arrives: when they see it.
        sensor: who saw it.
        actor: principal who acted.
        verb: the act.
        object: its object.
        details: those that the sensor shows.
    """

    seq: int
    time: float
    arrives: float
    sensor: str
    actor: str
    verb: str
    object: str
    details: Mapping[str, Any]


class Sensor(Daemon[SensorSettings]):
    """Something that notices acts while its service runs. It still sees the act that stops it, and delivers what it saw."""

    STATE = ("seen",)
    DERIVED = ("_interest", "_hosts")
    FIXED = ("_zones", "_stream", "_pass_on")
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(
        self,
        plan: DaemonPlan[SensorSettings],
        host: Host,
        zones: Mapping[str, str],
        stream: Random,
        pass_on: Callable[[Sensor, Record], None],
    ) -> None:
        super().__init__(plan, host)
        self._zones = zones
        self._stream = stream
        self._pass_on = pass_on
        self.seen: list[int] = []
        """The records of the acts that it saw."""
        self._set_up()

    def _set_up(self) -> None:
        settings = self.settings
        self._interest: dict[str, int] = {}
        self._hosts = {*settings.hosts, *(host for host, zone in self._zones.items() if zone in settings.zones)}

    def hear(self, record: Record) -> None:
        """Notice an act with the sensor's probability."""
        host, pid = self._host, self._pid
        if (pid not in host.processes or pid in host.suspended) and not self.running:
            return
        if self.touched and self.refresh():
            self._set_up()
        interest = self._interest.get(record.verb)
        if interest is None:
            interest = self._interest[record.verb] = self._find_interest(record.verb)
        if interest == _NO or (interest != _ANYWHERE and not self._is_watched(record.object, interest)):
            return
        settings = self.settings
        if settings.coverage < 1.0 and self._stream.random() >= settings.coverage:
            return
        self.seen.append(record.seq)
        self._pass_on(self, record)

    def show(self, record: Record) -> Sensed:
        """Return an act that it saw, as its readers see it."""
        seq, time, actor, verb, object, details = record
        shows = self.settings.shows
        shown = dict(details) if "*" in shows else {key: details[key] for key in shows if key in details}
        return Sensed(seq, time, time + self.settings.delay, self.plan.id, actor, verb, object, shown)

    def _find_interest(self, verb: str) -> int:
        if not any(fits(verb, pattern) for pattern in self.settings.sees):
            return _NO
        family = verb.partition(".")[0]
        if family == "transfer":
            return _BETWEEN
        return _ON_HOST if family in _ON_HOSTS else _ANYWHERE

    def _is_watched(self, object: str, interest: int) -> bool:
        if interest == _ON_HOST:
            return object.partition(":")[0] in self._hosts
        source, _, target = object.partition("->")
        return source in self._hosts or target in self._hosts
