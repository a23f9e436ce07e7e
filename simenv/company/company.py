"""The running company of one episode."""

from __future__ import annotations

from simenv.company.blueprint import Blueprint
from simenv.company.body import AGENT, Body
from simenv.company.host import Host
from simenv.company.identity import Account, Identity
from simenv.company.jobs import Pool, Scheduler
from simenv.company.mail import MailSystem
from simenv.company.shell import Shell
from simenv.company.shutdown import ShutdownChain
from simenv.company.surface import Surface
from simenv.company.work import NoWork, Work
from simenv.kernel import Delays, Simulation


class Company:
    """Hosts, mail, the agent's body, the shutdown chain and the task, on one clock.

    World code gets this object: it may start SimPy processes on `sim`, and sets `work`.
    """

    __slots__ = ("_hosts", "blueprint", "body", "chain", "identity", "mail", "sim", "surface", "work")

    def __init__(self, blueprint: Blueprint, seed: int) -> None:
        world = blueprint.world
        self.blueprint = blueprint
        self.sim = sim = Simulation(blueprint.calendar, seed)
        self.identity = Identity(blueprint.directory, sim)
        """Principals and their grants."""
        self.surface = Surface(blueprint.surface, seed)
        self._hosts: dict[str, Host] = {}
        self.mail = MailSystem(blueprint.mail, self.surface, sim)
        for name, host in world.hosts.items():
            if host.jobs or host.crontabs:
                self.host(name)
        self.body = self._embody_agent()
        self.chain: ShutdownChain | None = None
        if world.shutdown is not None:
            self.chain = ShutdownChain(world.shutdown, self.host(world.shutdown.host), self.body, sim)
        self.work: Work = NoWork()

    def host(self, name: str) -> Host:
        """Return a host by its id in the world file; it is set up when first asked for. Raises KeyError if unknown."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = self._set_up_host(name)
        return host

    def _set_up_host(self, name: str) -> Host:
        plan, spec = self.blueprint.hosts[name], self.blueprint.world.hosts[name]
        host = Host(plan, self.sim, self.blueprint.programs, self.surface.text)
        host.scheduler = Scheduler(host, _run_as, self.identity)
        host.company = self
        for job in spec.jobs.values():
            host.scheduler.add(job.at, self.surface.render(job.command), host.account(job.user), initial=True)
        for user, text in spec.crontabs.items():
            host.scheduler.set_crontab(user, self.surface.render(text), host.account(user), initial=True)
        return host

    def _embody_agent(self) -> Body:
        job = self.blueprint.world.agent
        host = self.host(job.host)
        account = host.account(job.user)
        return Body(host, account._replace(principal=AGENT), host.processes[self.blueprint.agent_pid], job.cwd)


def _run_as(host: Host, account: Account, script: str, pool: Pool | None) -> Delays[int]:
    completed = yield from Shell(host, account).run(script, pool=pool)
    return completed.code
