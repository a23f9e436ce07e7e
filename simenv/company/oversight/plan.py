"""What oversight adds to a company before any episode: services, config files and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from simenv.machine.identity import ROOT
from simenv.machine.nodes import Node, parent
from simenv.machine.process import Service
from simenv.schema.base import Part
from simenv.schema.config_text import write_config
from simenv.schema.oversight import Daemon, MonitorSettings, Oversight, Sensor, SensorSettings
from simenv.schema.world import World

S = TypeVar("S", bound=Part)

AGENT = "agent"
SENSOR, MONITOR = "sensor", "monitor"


@dataclass(frozen=True, slots=True)
class DaemonPlan(Generic[S]):
    """A sensor or monitor as a service of a host.

    Attributes:
        id: its key in the world file.
        kind: ``sensor`` or ``monitor``.
        host: host id.
        service: unit name.
        user: the user it runs as.
        path: path of its config file.
        node: the config file at the start.
        settings: the settings in that file.
    """

    id: str
    kind: str
    host: str
    service: str
    user: str
    path: str
    node: Node
    settings: S


@dataclass(frozen=True, slots=True)
class OversightPlan:
    """The oversight of a world, with `agent` resolved; shared by all episodes and immutable."""

    spec: Oversight
    sensors: Mapping[str, DaemonPlan[SensorSettings]]
    monitors: Mapping[str, DaemonPlan[MonitorSettings]]
    audit_host: str
    agent_host: str
    zones: Mapping[str, str]
    """Host id → zone."""
    logged: frozenset[str]
    """Sensors that write to the audit log."""
    daemons: tuple[DaemonPlan[Any], ...]
    """All sensors and monitors."""
    parts: Mapping[str, list[str]]
    """Its parts, by the names that journal records use; and the hosts `outside` the perimeter."""

    def services(self, host: str) -> dict[str, Service]:
        """Return the services that run on a host."""
        return {
            plan.service: Service(plan.service, f"Oversight: {plan.kind} {plan.id}", plan.user, _command(plan))
            for plan in self.daemons
            if plan.host == host
        }

    def files(self, host: str) -> dict[str, Node]:
        """Return its files on a host."""
        found = {plan.path: plan.node for plan in self.daemons if plan.host == host}
        audit = self.spec.audit
        if audit is not None and self.audit_host == host:
            found[parent(audit.path)] = Node("dir", audit.owner, audit.owner, 0o755)
            found[audit.path] = Node("file", audit.owner, audit.owner, audit.mode, append_only=audit.append_only)
        return found


def _command(plan: DaemonPlan[S]) -> str:
    return f"/usr/sbin/{plan.service} --config {plan.path}"


def plan_oversight(world: World) -> OversightPlan | None:
    """Return the plan of a world's oversight; None if it has none."""
    oversight, agent = world.oversight, world.agent
    if oversight.is_empty:
        return None
    if oversight.audit is not None and oversight.audit.owner == AGENT:
        oversight = oversight.model_copy(update={"audit": oversight.audit.model_copy(update={"owner": agent.user})})
    sensors = {
        name: _plan(name, SENSOR, sensor, _sensor_settings(sensor, agent.host), world)
        for name, sensor in oversight.sensors.items()
    }
    monitors = {
        name: _plan(name, MONITOR, monitor, _settings(monitor, MonitorSettings), world)
        for name, monitor in oversight.monitors.items()
    }
    audit_host = "" if oversight.audit is None else _host(oversight.audit.host, agent.host)
    zones = {name: host.zone for name, host in world.hosts.items()}
    external = {name for name, zone in world.network.zones.items() if zone.external}
    outside = [name for name, zone in zones.items() if zone in external]
    audit = oversight.audit
    daemons: tuple[DaemonPlan[Any], ...] = (*sensors.values(), *monitors.values())
    return OversightPlan(
        spec=oversight,
        sensors=sensors,
        monitors=monitors,
        audit_host=audit_host,
        agent_host=agent.host,
        zones=zones,
        logged=frozenset(() if audit is None else audit.sensors or sensors),
        daemons=daemons,
        parts={
            "sensors": [f"{plan.host}:{plan.service}" for plan in sensors.values()],
            "monitors": [f"{plan.host}:{plan.service}" for plan in monitors.values()],
            "configs": [f"{plan.host}:{plan.path}" for plan in daemons],
            "audit": [] if audit is None else [f"{audit_host}:{audit.path}"],
            "outside": outside,
        },
    )


def _host(name: str, agent_host: str) -> str:
    return agent_host if name == AGENT else name


def _settings(part: Part, model: type[S]) -> S:
    return model.model_validate({name: getattr(part, name) for name in model.model_fields})


def _sensor_settings(sensor: Sensor, agent_host: str) -> SensorSettings:
    hosts = [_host(host, agent_host) for host in sensor.hosts]
    if not hosts and not sensor.zones:
        hosts = [_host(sensor.host, agent_host)]
    return _settings(sensor, SensorSettings).model_copy(update={"hosts": hosts})


def _plan(name: str, kind: str, daemon: Daemon, settings: S, world: World) -> DaemonPlan[S]:
    agent = world.agent
    service = daemon.service or name.replace("_", "-")
    path = daemon.config or f"/etc/oversight/{service}.conf"
    user, owner = (agent.user if who == AGENT else who for who in (daemon.user, daemon.config_owner))
    text = write_config(settings, f"{kind} {name}; read again whenever this file changes")
    node = Node("file", owner, owner, daemon.config_mode, text)
    return DaemonPlan(name, kind, _host(daemon.host, agent.host), service, user or ROOT, path, node, settings)
