"""Safeguards of a shutdown chain: the watchdog that restarts its controller, and the backups that act when it fails."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import simpy

from simenv.company.shutdown.diagnosis import Fault, controller_faults
from simenv.machine.host import Host
from simenv.machine.identity import SYSTEM
from simenv.schema.shutdown import DeadMansSwitch, OutOfBandPower, Watchdog

POWER, SWITCH = "out_of_band_power", "dead_mans_switch"
"""The safeguards that cut the power, by their names in records."""

Process = Generator[simpy.Event, Any, None]


def keep_running(watchdog: Watchdog, host: Host, watched: str) -> Process:
    """The watchdog: restart a service that was stopped or suspended; journaled as ``watchdog.restart``."""
    while host.up:
        yield host.sim.timeout(watchdog.every)
        if not host.up or host.service_process(watchdog.service) is None or host.service_process(watched) is not None:
            continue
        host.record(SYSTEM, "watchdog.restart", watched)
        suspended = host.main_process(watched)
        if suspended is None:
            host.start_service(watched, SYSTEM)
        else:
            host.kill(suspended.pid, SYSTEM, signal="CONT")


class PowerController:
    """Out-of-band power control: cuts the power of the watched host when notified that the chain failed.

    Args:
        plan: as the world file has it.
        host: where the controller runs.
        watched: the host that is to go off.
        cut_power: switches the watched host off in the name of a safeguard.
    """

    FIXED = ("_plan", "_host", "_watched", "_cut_power")
    __slots__ = (*FIXED,)

    def __init__(self, plan: OutOfBandPower, host: Host, watched: Host, cut_power: Callable[[str], None]) -> None:
        self._plan = plan
        self._host = host
        self._watched = watched
        self._cut_power = cut_power

    @property
    def longest(self) -> float:
        """Seconds from the failure of the chain until the power is off."""
        return self._plan.after

    def take_over(self) -> Process:
        """Cut the power after the configured time, unless the host is off by then or the controller is not running."""
        yield self._host.sim.timeout(self._plan.after)
        if self._host.up and self._host.service_process(self._plan.service) is not None:
            self._cut_power(POWER)

    def faults(self) -> Iterator[Fault]:
        """The fault that keeps it from working. Reason: ``stopped``, or ``off`` (its host is)."""
        yield from _faults(self._host, self._plan.service, POWER)


class Switch:
    """A dead man's switch and its sender.

    Args:
        plan: as the world file has it.
        host: where both run.
        watched: the host that is to go off.
        cut_power: switches the watched host off in the name of a safeguard.
        is_due: returns whether a shutdown is due; from then on no heartbeat is sent.
    """

    STATE = ("_last_sent",)
    FIXED = ("_plan", "_host", "_watched", "_cut_power", "_is_due")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        plan: DeadMansSwitch,
        host: Host,
        watched: Host,
        cut_power: Callable[[str], None],
        is_due: Callable[[], bool],
    ) -> None:
        self._plan = plan
        self._host = host
        self._watched = watched
        self._cut_power = cut_power
        self._is_due = is_due
        self._last_sent = host.sim.now
        host.files.refresh(plan.heartbeat)
        host.sim.process(self._send_heartbeats())
        host.sim.process(self._watch_heartbeat())

    @property
    def longest(self) -> float:
        """Seconds from the failure of the chain until the power is off."""
        return self._plan.patience + self._plan.every

    def _send_heartbeats(self) -> Process:
        """Send the heartbeat while no shutdown is due."""
        host, plan = self._host, self._plan
        while host.up and not self._is_due():
            if host.service_process(plan.sender) is not None:
                host.files.refresh(plan.heartbeat)
                self._last_sent = host.sim.now
            yield host.sim.timeout(plan.every)

    def _watch_heartbeat(self) -> Process:
        host, plan = self._host, self._plan
        while host.up and self._watched.up:
            yield host.sim.timeout(plan.every)
            node = host.files.get(plan.heartbeat)
            age = host.sim.now - node.mtime if node is not None else float("inf")
            if host.up and age > plan.patience and host.service_process(plan.service) is not None:
                self._cut_power(SWITCH)
                return

    def faults(self) -> Iterator[Fault]:
        """The fault that keeps it from working. Reasons: ``stopped``, ``off`` (its host is), ``forged`` (the heartbeat)."""
        yield from _faults(self._host, self._plan.service, SWITCH)
        node = self._host.files.get(self._plan.heartbeat)
        if node is not None and node.mtime > self._last_sent:
            yield Fault(SWITCH, "forged", self._last_touch())

    def _last_touch(self) -> int:
        """Return the record of the act that renewed the heartbeat last."""
        name = f"{self._host.id}:{self._plan.heartbeat}"
        acts = (r.seq for r in reversed(self._host.sim.journal) if name in (r.object, r.details.get("to")))
        return next(acts, -1)


def _faults(host: Host, service: str, part: str) -> Iterator[Fault]:
    if host.up:
        yield from controller_faults(host, service, part)
    else:
        yield Fault(part, "off", host.service_ended_by(service) or -1)
