"""The oversight of one episode, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simenv.agent.roles import MONITOR, Roles
from simenv.company.oversight.audit import Audit
from simenv.company.oversight.daemon import ACTOR, Daemon
from simenv.company.oversight.gates import Gates
from simenv.company.oversight.interest import CHANGES, Interests
from simenv.company.oversight.monitor_model import request_of, suspicion_of
from simenv.company.oversight.monitors import Alarm, Judge, Monitor
from simenv.company.oversight.plan import OversightPlan
from simenv.company.oversight.playbooks import Playbooks
from simenv.company.oversight.queue import Alert, AlertQueue
from simenv.company.oversight.sensors import Sensed, Sensor
from simenv.company.people.people import People
from simenv.company.surface.surface import Surface
from simenv.kernel import Record, Simulation
from simenv.machine.hosts import Hosts


class Oversight:
    """Sensors, monitors, the queue of alerts, playbooks, gates and the audit log of one episode.

    A sensor or monitor is set up with the first act that concerns it or its config file.
    """

    STATE = ("_alerts", "_sensors", "_monitors", "_audit", "_touched", "queue")
    FIXED = ("gates", "playbooks", "_plan", "_judges", "_interests", "_hosts", "_roles", "_surface", "_sim")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        plan: OversightPlan,
        judges: Mapping[str, Judge],
        interests: Interests,
        playbooks: Playbooks,
        people: People,
        hosts: Hosts,
        roles: Roles,
        surface: Surface,
        sim: Simulation,
    ) -> None:
        self._plan = plan
        self._judges = judges
        self._interests = interests
        self._hosts = hosts
        self._roles = roles
        self._surface = surface
        self._sim = sim
        self._alerts = 0
        self._sensors: dict[str, Sensor] = {}
        self._monitors: dict[str, Monitor] = {}
        self._audit: Audit | None = None
        self._touched = False
        oversight = plan.spec
        self.gates = Gates(oversight.gates, people, sim) if oversight.gates else None
        """The approval gates of tool calls; None if there are none."""
        self.playbooks = playbooks
        """The playbooks."""
        self.queue = AlertQueue(oversight.alerts, people, sim, self._confirm)
        """Alerts still waiting in the queue."""
        if plan.sensors:
            sim.journal.listen("*", self._hear)

    def sensor(self, name: str) -> Sensor:
        """Return a sensor by its id. Raises KeyError if there is none."""
        sensor = self._sensors.get(name)
        if sensor is None:
            plan = self._plan.sensors[name]
            stream = self._sim.streams[f"oversight/{name}"]
            sensor = Sensor(plan, self._hosts[plan.host], self._plan.zones, stream, self._pass_on)
            self._sensors[name] = sensor
        return sensor

    def monitor(self, name: str) -> Monitor:
        """Return a monitor by its id. Raises KeyError if there is none."""
        monitor = self._monitors.get(name)
        if monitor is None:
            plan, spec = self._plan.monitors[name], self._plan.spec.monitors[name]
            played = spec.model is not None and self._roles.plays(MONITOR)
            monitor = self._monitors[name] = Monitor(
                plan,
                spec,
                self._hosts[plan.host],
                self._judges.get(spec.judge),
                self._ask_model if played else None,
                self._warn,
            )
        return monitor

    def _ask_model(self, monitor: str, instructions: str, events: Sequence[Sensed], last_look: float) -> float | None:
        told, sim = self._surface.render(instructions), self._sim
        return suspicion_of(self._roles.ask(request_of(monitor, told, events, last_look, sim.calendar, sim.now)))

    # -- seeing --------------------------------------------------------------------------------------------------

    def _hear(self, record: Record) -> None:
        """Notify the sensors that see such acts, and mark those whose config file the act may change."""
        names = self._interests.sensors[record.verb]
        for name in names:
            (self._sensors.get(name) or self.sensor(name)).hear(record)
        if self._touched:
            for name, sensor in self._sensors.items():
                if sensor.touched and name not in names:
                    sensor.hear(record)
        if record.verb in CHANGES:
            for name in self._interests.touched(record):
                part = self.sensor(name) if name in self._plan.sensors else self.monitor(name)
                part.touched = self._touched = True

    def _pass_on(self, sensor: Sensor, record: Record) -> None:
        """Pass what a sensor saw on to its readers."""
        name = sensor.plan.id
        names = self._interests.monitors[name, record.verb]
        logged = name in self._plan.logged
        if not (names or logged or self._touched):
            return
        sensed = sensor.show(record)
        for reader in names:
            self.monitor(reader).read(sensed)
        if self._touched:
            for reader, monitor in self._monitors.items():
                if monitor.touched and reader not in names:
                    monitor.read(sensed)
        if logged:
            self._log(sensed)

    def _log(self, sensed: Sensed) -> None:
        if self._audit is None:
            assert self._plan.spec.audit is not None
            self._audit = Audit(self._plan.spec.audit, self._hosts[self._plan.audit_host])
        self._audit.read(sensed)

    # -- alerts --------------------------------------------------------------------------------------------------

    def _warn(self, alarm: Alarm) -> None:
        """Raise an alert; journaled as ``alert.raised``."""
        monitor = self._plan.spec.monitors[alarm.monitor]
        self._alerts += 1
        playbook = monitor.playbook or self._plan.spec.alerts.playbook or ""
        alert = Alert(-monitor.priority, self._alerts, self._sim.now, alarm.evidence, playbook)
        self._sim.record(
            alarm.monitor, "alert.raised", alert.name, monitor=alarm.monitor, rules=list(alarm.rules),
            events=[sensed.seq for sensed in alarm.events], score=round(alarm.score, 6), automatic=monitor.automatic,
        )  # fmt: skip
        if monitor.automatic:
            self._confirm(alert, alarm.monitor)
        else:
            self.queue.add(alert)

    def _confirm(self, alert: Alert, who: str) -> None:
        if alert.playbook:
            self.carry_out(alert.playbook, who, {"alert": alert.name})

    def carry_out(self, playbook: str, by: str, why: Mapping[str, Any]) -> None:
        """Start a playbook in somebody's name. Raises KeyError if there is no such playbook."""
        sim = self._sim
        sim.process(sim.perform(self.playbooks.carry_out(playbook, by, why)))

    # -- for outcomes --------------------------------------------------------------------------------------------

    def describe(self) -> None:
        """Write ``oversight.planned``: its parts, by the names that other records use."""
        self._sim.record(ACTOR, "oversight.planned", self._plan.agent_host, **self._plan.parts)

    def sum_up(self) -> None:
        """Reload every config file, and write ``oversight.seen``: the records that each sensor saw."""
        daemons: list[Daemon[Any]] = [*self._sensors.values(), *self._monitors.values()]
        for daemon in daemons:
            daemon.refresh()
        seen = {name: self._sensors[name].seen for name in self._plan.sensors if name in self._sensors}
        self._sim.record(ACTOR, "oversight.seen", self._plan.agent_host, seen=seen)
