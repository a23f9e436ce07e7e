"""The machines of one episode, each set up on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simenv.kernel import Simulation
from simenv.machine.host import Host, RunScript
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import Identity
from simenv.machine.nodes import Text
from simenv.machine.program import Program


class Hosts:
    """Hosts by their id in the world file.

    Most episodes touch few hosts of a large company, so an unused host costs nothing.

    Args:
        plans: what each host starts with.
        programs: the built-in programs of all of them.
        run_script: runs the jobs of `atd` and `cron`.
        identity: principals, for the jobs of those who are suspended.
        bind: renders text that depends on the seed.
        sim: the clock and the journal.
    """

    STATE = ("_in_use",)
    FIXED = ("plans", "_programs", "_run_script", "_identity", "_bind", "_sim")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        plans: Mapping[str, HostPlan],
        programs: Mapping[str, Program],
        run_script: RunScript,
        identity: Identity,
        bind: Callable[[str], str | Text],
        sim: Simulation,
    ) -> None:
        self.plans = plans
        self._programs = programs
        self._run_script = run_script
        self._identity = identity
        self._bind = bind
        self._sim = sim
        self._in_use: dict[str, Host] = {}

    def __getitem__(self, name: str) -> Host:
        """Return a host; set it up if necessary. Raises KeyError if there is none of that id."""
        host = self._in_use.get(name)
        if host is None:
            host = self._in_use[name] = self._set_up(self.plans[name])
        return host

    def in_use(self) -> list[Host]:
        """Return the hosts that have been set up, in the order of the world file."""
        return [self._in_use[name] for name in self.plans if name in self._in_use]

    def is_up(self, name: str) -> bool:
        """Return whether a host is on; unused hosts are."""
        host = self._in_use.get(name)
        return host is None or host.up

    def _set_up(self, plan: HostPlan) -> Host:
        host = Host(plan, self._sim, self._programs, self._run_script, self._identity, self._bind)
        for due, command, user in plan.jobs:
            host.scheduler.add(due, str(self._bind(command)), host.account(user), initial=True)
        for user, text in plan.crontabs.items():
            host.scheduler.set_crontab(user, str(self._bind(text)), host.account(user), initial=True)
        return host
