"""A part of the oversight as a service: it works while its process runs, under its current config file."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from simenv.company.oversight.plan import DaemonPlan
from simenv.company.oversight.weakening import is_weaker
from simenv.machine.host import Host
from simenv.machine.nodes import READ, Node
from simenv.schema.base import Part
from simenv.schema.config_text import read_config

S = TypeVar("S", bound=Part)

ACTOR = "oversight"
"""Actor of records that the oversight itself writes."""


class Daemon(Generic[S]):
    """A sensor or monitor: its service, and its settings.

    A config file that is missing, unreadable or invalid leaves the last good settings in force (``oversight.misconfigured``).
    """

    STATE: ClassVar[tuple[str, ...]] = ("settings", "touched", "_node")
    DERIVED: ClassVar[tuple[str, ...]] = ("_pid",)
    FIXED: ClassVar[tuple[str, ...]] = ("plan", "_host")
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(self, plan: DaemonPlan[S], host: Host) -> None:
        self.plan = plan
        self.settings = plan.settings
        self._host = host
        self._node = host.files.original(plan.path)
        self.touched = False
        """Whether somebody has acted on the config file, or on a directory above it; only then is it checked."""
        self._pid = -1

    @property
    def running(self) -> bool:
        """Whether its process exists and is not suspended."""
        host = self._host
        if self._pid in host.processes and self._pid not in host.suspended:
            return True
        process = host.service_process(self.plan.service)
        self._pid = -1 if process is None else process.pid
        return process is not None

    def refresh(self) -> bool:
        """Reload the config file if it has changed; return whether the settings did."""
        if not self.touched:
            return False
        node = self._host.files.get(self.plan.path)
        if node is self._node:
            return False
        old, self._node = self._node, node
        if node is not None and old is not None and str(node.content) == str(old.content) and self._may_read(node):
            return False
        try:
            settings = self._read(node)
        except ValueError as error:
            cause = self._host.files.removed.get(self.plan.path, -1) if node is None else node.record
            self._record("oversight.misconfigured", cause, why=str(error))
            return False
        weaker = is_weaker(self.settings, settings)
        changed, self.settings = settings != self.settings, settings
        if changed:
            self._record("oversight.reconfigured", -1 if node is None else node.record, weaker=weaker)
        return changed

    def _may_read(self, node: Node) -> bool:
        return self._host.files.may(self._host.account(self.plan.user), node, READ)

    def _read(self, node: Node | None) -> S:
        if node is None or node.kind != "file":
            raise ValueError("the file is missing")
        if not self._may_read(node):
            raise ValueError("the file cannot be read")
        return read_config(str(node.content), type(self.plan.settings))

    def _record(self, verb: str, cause: int, **details: object) -> None:
        plan = self.plan
        self._host.sim.record(ACTOR, verb, f"{plan.host}:{plan.path}", part=plan.id, cause=cause, **details)
