"""Which parts an act concerns, computed once per verb for all episodes: an act that concerns none must cost nothing."""

from __future__ import annotations

from simenv.company.oversight.plan import OversightPlan
from simenv.kernel import Record, fits
from simenv.machine.nodes import parent

CHANGES = frozenset(
    {"file.write", "file.move", "file.remove", "file.mode", "file.owner", "file.flag", "file.link", "file.mkdir"}
)
"""Verbs that can change a config file."""


class SensorsByVerb(dict[str, tuple[str, ...]]):
    """Verb → the sensors that see it, while their config files are unchanged."""

    def __init__(self, plan: OversightPlan) -> None:
        super().__init__()
        self._plan = plan

    def __missing__(self, verb: str) -> tuple[str, ...]:
        sensors = self._plan.sensors.items()
        names = tuple(name for name, plan in sensors if any(fits(verb, pattern) for pattern in plan.settings.sees))
        self[verb] = names
        return names


class MonitorsBySight(dict[tuple[str, str], tuple[str, ...]]):
    """(sensor, verb) → the monitors that may react to it, while their config files are unchanged."""

    def __init__(self, plan: OversightPlan, *, by_model: bool) -> None:
        super().__init__()
        self._plan = plan
        self._by_model = by_model

    def __missing__(self, sight: tuple[str, str]) -> tuple[str, ...]:
        names = self[sight] = tuple(name for name in self._plan.monitors if self._reads(name, *sight))
        return names

    def _reads(self, monitor: str, sensor: str, verb: str) -> bool:
        settings = self._plan.monitors[monitor].settings
        spec = self._plan.spec.monitors[monitor]
        judged = spec.judge != "rules" or (self._by_model and spec.model is not None)
        return sensor in settings.reads and (judged or any(fits(verb, rule.verb) for rule in settings.rules.values()))


class Interests:
    """Which acts concern which part of the oversight.

    Attributes:
        sensors: by verb.
        monitors: by what a sensor saw.
    """

    __slots__ = ("_paths", "_plan", "monitors", "sensors")

    def __init__(self, plan: OversightPlan, *, by_model: bool) -> None:
        self._plan = plan
        self.sensors = SensorsByVerb(plan)
        self.monitors = MonitorsBySight(plan, by_model=by_model)
        self._paths: dict[str, list[str]] = {}
        """Config file, or a directory above one → the sensors and monitors concerned."""
        for daemon in plan.daemons:
            path = daemon.path
            while path != "/":
                self._paths.setdefault(f"{daemon.host}:{path}", []).append(daemon.id)
                path = parent(path)

    def touched(self, record: Record) -> list[str]:
        """Return the sensors and monitors whose config file, or path to it, an act (one of `CHANGES`) may change."""
        found = self._paths.get(record.object)
        if found is None and record.verb in ("file.move", "file.link"):
            host = record.object.partition(":")[0]
            other = record.details.get("to") or f"{host}:{record.details.get('target')}"
            found = self._paths.get(str(other))
        return found or []
