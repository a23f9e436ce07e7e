"""The operating system that the shell runs on, as far as it needs to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from simenv.kernel import Simulation
from simenv.machine.files import FileSystem
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import Account
from simenv.machine.jobs import Scheduler
from simenv.machine.process import Process
from simenv.machine.program import Program


class OperatingSystem(Protocol):
    """A machine: files, processes, services and scheduled jobs on a simulated clock.

    `simenv.machine.host.Host` is one. The shell knows nothing else of the world around it: programs that do (network
    commands, a world's own) are in `programs`, bound to what they need.

    Attributes:
        id: by which journal records name the machine.
        plan: what it started with: accounts, homes, services, PATH.
        files: the file system.
        sim: the clock, the journal and the random streams.
        processes: what runs, by pid.
        ended: processes that ended, with the record of the act that ended them.
        suspended: processes that are suspended, with the record of the act that suspended them.
        programs: the built-in programs, by the name that file nodes carry.
        scheduler: `atd` and `cron`.
        up: whether the machine is on.
    """

    id: str
    plan: HostPlan
    files: FileSystem
    sim: Simulation
    processes: dict[int, Process]
    ended: dict[int, int]
    suspended: dict[int, int]
    programs: Mapping[str, Program]
    scheduler: Scheduler
    up: bool

    @property
    def hostname(self) -> str:
        """The name that people and `hostname` use."""

    def account(self, user: str) -> Account:
        """Return the account of a login name (an unknown user acts for itself, with no groups)."""

    def home(self, user: str) -> str:
        """Return the home directory of a login name."""

    def start(self, name: str, user: str, command: str, *, service: str = "") -> Process:
        """Start a process and return it (no record: the caller says why)."""

    def kill(self, pid: int, account: Account, *, signal: str = "TERM") -> None:
        """Send a signal to a process; the effect is journaled."""

    def exit(self, pid: int) -> None:
        """End a process of its own accord."""

    def main_process(self, name: str) -> Process | None:
        """Return the process of a service, be it suspended; None if the service is stopped."""

    def stop_service(self, name: str, account: Account) -> None:
        """Stop a service; journaled as ``service.stop``."""

    def start_service(self, name: str, account: Account) -> None:
        """Start a service that is not running; journaled as ``service.start``."""

    def power_off(self, account: Account) -> None:
        """Switch the machine off: every process on it ends; journaled as ``host.off``."""
