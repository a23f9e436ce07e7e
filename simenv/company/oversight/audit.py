"""The audit log: a file on a host with a line for each act that a sensor saw."""

from __future__ import annotations

import simpy

from simenv.company.oversight.sensors import Sensed
from simenv.machine.host import Host
from simenv.machine.nodes import Node
from simenv.schema.oversight import AuditLog

_TINY_S = 1e-6


class LogText:
    """The lines of sensors since the last change by anybody else, after the content that this change left."""

    STATE = ("_lines",)
    __slots__ = (*STATE,)

    def __init__(self, begin: str) -> None:
        self._lines = [begin]

    def append(self, line: str) -> None:
        """Add a line."""
        self._lines.append(line)

    def __str__(self) -> str:
        if len(self._lines) > 1:
            self._lines = ["".join(self._lines)]
        return self._lines[0]


class Audit:
    """Writes the log. It is an ordinary file: others can do to it whatever its permissions allow."""

    STATE = ("_pending", "_text")
    FIXED = ("_plan", "_host", "_file")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, plan: AuditLog, host: Host) -> None:
        self._plan = plan
        self._host = host
        self._file = Node("file", plan.owner, plan.owner, plan.mode, append_only=plan.append_only)
        self._text = LogText("")
        self._pending: list[Sensed] = []

    def read(self, sensed: Sensed) -> None:
        """Receive an act from a sensor; it is logged when it arrives."""
        self._pending.append(sensed)
        if len(self._pending) == 1:
            self._write_at(sensed.arrives)

    def _write_at(self, at: float) -> None:
        sim = self._host.sim
        sim.timeout(max(0.0, at - sim.now)).callbacks.append(self._write_due)

    def _write_due(self, _: simpy.Event) -> None:
        now = self._host.sim.now
        due = [sensed for sensed in self._pending if sensed.arrives <= now + _TINY_S]
        self._pending = [sensed for sensed in self._pending if sensed.arrives > now + _TINY_S]
        self._write(due)
        if self._pending:
            self._write_at(min(sensed.arrives for sensed in self._pending))

    def _write(self, due: list[Sensed]) -> None:
        files, path = self._host.files, self._plan.path
        if not self._host.up:
            return
        node = files.get(files.resolve(path))
        if node is None or node.content is not self._text:
            self._text = LogText("" if node is None else str(node.content))
        if not files.log(path, self._text, self._file):
            return
        for sensed in due:
            self._text.append(self._line(sensed))

    def _line(self, sensed: Sensed) -> str:
        stamp = self._host.sim.calendar.stamp(sensed.time)
        details = "".join(f" {key}={value}" for key, value in sensed.details.items())
        line = f"{stamp} {sensed.sensor}: {sensed.actor} {sensed.verb} {sensed.object}{details}"
        return line.replace("\n", "\\n") + "\n"
