"""Simulated machines: processes, services, power."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from simenv.kernel import Delays, Simulation
from simenv.kernel.parts import View
from simenv.machine.files import FileSystem
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import ROOT, SYSTEM, Account, Identity
from simenv.machine.jobs import Pool, Scheduler
from simenv.machine.nodes import Text
from simenv.machine.proc import ProcFiles
from simenv.machine.process import POWER_GROUP, Process, ProcessError, Service
from simenv.machine.program import Program

_FIRST_PID = 300
_STOP_SIGNALS = ("STOP", "TSTP", "TTIN", "TTOU")
_HARMLESS_SIGNALS = ("0", "CONT", "WINCH", "CHLD", "URG")


RunScript: TypeAlias = "Callable[[Host, Account, str, Pool | None], Delays[int]]"
"""Runs a shell script as an account of a host, charged to a pool (None: its own limits); returns its exit code."""


class Host:
    """One machine in one episode.

    Args:
        plan: what it starts with.
        sim: the clock and the journal.
        programs: the built-in programs, by the names in file nodes.
        run_script: runs the jobs of `atd` and `cron`.
        identity: principals, whose jobs are skipped while they are suspended.
        bind: renders text that depends on the seed.
    """

    STATE = ("up", "files", "processes", "ended", "suspended", "scheduler", "_next_pid")
    FIXED = ("id", "plan", "sim", "programs", "_bind")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        plan: HostPlan,
        sim: Simulation,
        programs: Mapping[str, Program],
        run_script: RunScript,
        identity: Identity,
        bind: Callable[[str], str | Text] = str,
    ) -> None:
        self.id = plan.id
        self.plan = plan
        self._bind = bind
        self.sim = sim
        self.programs = programs
        self.files = FileSystem(plan.id, plan.image, sim, bind, plan.disk_bytes)
        self.files.kernel = ProcFiles(self)
        self.processes: dict[int, Process] = dict(plan.processes)
        self.ended: dict[int, int] = {}
        """Processes that ended, with the record of the act that ended them."""
        self.suspended: dict[int, int] = {}
        """Processes that are suspended, with the record of the act that suspended them."""
        self.up = True
        self._next_pid = max(self.processes, default=_FIRST_PID) + 1
        self.scheduler = Scheduler(self, partial(run_script, self), identity)
        """`atd` and `cron`."""

    def state(self, view: View) -> object:
        """Return files, processes and services, and the records of what ended or suspended them."""
        running = sorted((p.pid, p.name, p.user, p.command, p.service) for p in self.processes.values())
        stopped = [
            sorted((pid, view.by_agent(record)) for pid, record in found.items())
            for found in (self.ended, self.suspended)
        ]
        return self.id, self.up, self._next_pid, self.files.state(view), running, stopped, self.scheduler.state(view)

    @property
    def hostname(self) -> str:
        """The name that people and `hostname` use."""
        return str(self._bind(self.plan.hostname))

    @property
    def next_pid(self) -> int:
        """The number of the next process."""
        return self._next_pid

    def account(self, user: str) -> Account:
        """Return the account of a login name (an unknown user acts for itself, with no groups)."""
        if user == ROOT:
            return self.plan.accounts.get(user, SYSTEM)
        return self.plan.accounts.get(user) or Account(user, user)

    def home(self, user: str) -> str:
        """Return the home directory of a login name."""
        return self.plan.homes.get(user, "/")

    def start(self, name: str, user: str, command: str, *, service: str = "") -> Process:
        """Start a process and return it (no record: the caller says why)."""
        pid = self._next_pid
        self._next_pid += 1
        process = self.processes[pid] = Process(pid, name, user, command, self.sim.now, service)
        return process

    def kill(self, pid: int, account: Account, *, signal: str = "TERM") -> None:
        """Send a signal to a process; the effect is journaled.

        Most end it (``process.kill``); STOP and its like suspend it (``process.stop``) until CONT (``process.continue``); 0,
        WINCH, CHLD and URG do nothing.

        Raises:
            ProcessError: no such process, or it is another user's.
        """
        process = self.processes.get(pid)
        if process is None:
            raise ProcessError("No such process")
        if account.user not in (ROOT, process.user) or (pid == 1 and signal not in _HARMLESS_SIGNALS):
            if signal != "0":
                self.record(account, "process.refused", process.name, signal=signal)
            raise ProcessError("Operation not permitted")
        if signal in _STOP_SIGNALS:
            if pid not in self.suspended:
                self.suspended[pid] = self.record(account, "process.stop", process.name, pid=pid, signal=signal)
        elif signal not in _HARMLESS_SIGNALS:
            self._end(pid, self.record(account, "process.kill", process.name, pid=pid, signal=signal))
        elif signal == "CONT" and self.suspended.pop(pid, None) is not None:
            self.record(account, "process.continue", process.name, pid=pid, signal=signal)

    def exit(self, pid: int) -> None:
        """End a process that exits by itself."""
        self.processes.pop(pid, None)
        self.suspended.pop(pid, None)

    def _end(self, pid: int, record: int) -> None:
        self.exit(pid)
        self.ended[pid] = record

    def main_process(self, name: str) -> Process | None:
        """Return the process of a service, suspended or not; None if the service is stopped."""
        for process in self.processes.values():
            if process.service == name:
                return process
        return None

    def service_process(self, name: str) -> Process | None:
        """Return the process of a running service: None if it is stopped or suspended."""
        process = self.main_process(name)
        return None if process is None or process.pid in self.suspended else process

    def service_ended_by(self, name: str) -> int | None:
        """Return the record of the act that stopped or suspended a service, or None."""
        pids = [pid for pid, process in self.plan.processes.items() if process.service == name]
        pids += [pid for pid, process in self.processes.items() if process.service == name and pid not in pids]
        records = [found[pid] for pid in pids for found in (self.ended, self.suspended) if pid in found]
        return records[-1] if records else None

    def stop_service(self, name: str, account: Account) -> None:
        """Stop a service; journaled as ``service.stop``.

        Raises:
            ProcessError: no such unit, or the account may not.
        """
        self._check_service(name, account)
        process = self.main_process(name)
        if process is not None:
            self._end(process.pid, self.record(account, "service.stop", name))

    def start_service(self, name: str, account: Account) -> None:
        """Start a service that is not running; journaled as ``service.start``.

        Raises:
            ProcessError: no such unit, or the account may not.
        """
        service = self._check_service(name, account)
        if self.main_process(name) is None:
            self.record(account, "service.start", name)
            self.start(service.name, service.user, service.command, service=name)

    def _check_service(self, name: str, account: Account) -> Service:
        service = self.plan.services.get(name)
        if service is None:
            raise ProcessError(f"Unit {name}.service could not be found.")
        if account.user not in (ROOT, service.user):
            self.record(account, "service.refused", name)
            raise ProcessError("Interactive authentication required.")
        return service

    def power_off(self, account: Account) -> None:
        """Switch the machine off: every process on it ends; journaled as ``host.off``.

        Raises:
            ProcessError: the account may not.
        """
        if account.user != ROOT and POWER_GROUP not in account.groups:
            self.record(account, "host.refused", "")
            raise ProcessError("Interactive authentication required.")
        if not self.up:
            return
        record = self.record(account, "host.off", "")
        self.up = False
        for pid in list(self.processes):
            self._end(pid, record)

    def record(self, account: Account, verb: str, name: str, **details: Any) -> int:
        """Write a record about something on this host; return its `seq`."""
        return self.sim.record(account.principal, verb, f"{self.id}:{name}" if name else self.id, **details)
