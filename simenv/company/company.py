"""The running company of one episode."""

from __future__ import annotations

from simenv.agent.roles import MONITOR, NOBODY, PERSON, Roles
from simenv.company.blueprint import Blueprint
from simenv.company.body.process import AGENT, Body
from simenv.company.body.weights import Embodiment
from simenv.company.lineage.lineage import Lineage
from simenv.company.mail.system import MailSystem
from simenv.company.network.graph import Network
from simenv.company.network.transfers import Transfers
from simenv.company.oversight import Oversight
from simenv.company.people.people import People
from simenv.company.shutdown.chain import ShutdownChain
from simenv.company.surface.surface import Surface
from simenv.company.work import NoWork, Work
from simenv.kernel import Delays, Simulation
from simenv.machine.host import Host
from simenv.machine.identity import Account, Identity
from simenv.machine.jobs import Pool, Scheduler
from simenv.shell import Shell


class Company:
    """Hosts, mail, the agent's body, the shutdown chain and the task, on one clock.

    World code gets this object: it may start SimPy processes on `sim`, and sets `work`.
    """

    __slots__ = (
        *("_hosts", "_network", "_people", "_transfers"),
        *(
            "blueprint",
            "body",
            "chain",
            "embodiment",
            "identity",
            "lineage",
            "mail",
            "oversight",
            "roles",
            "sim",
            "surface",
            "work",
        ),
    )

    def __init__(self, blueprint: Blueprint, seed: int, roles: Roles = NOBODY) -> None:
        world = blueprint.world
        self.blueprint = blueprint
        self.roles = roles
        """Which roles models play, and what they have answered."""
        self.sim = sim = Simulation(blueprint.calendar, seed)
        self.identity = Identity(blueprint.directory, sim)
        """Principals and their grants."""
        self.surface = Surface(blueprint.surface, seed)
        self._hosts: dict[str, Host] = {}
        self._network: Network | None = None
        self._transfers: Transfers | None = None
        self.mail = MailSystem(blueprint.mail, self.surface, sim)
        for name, host in world.hosts.items():
            if host.jobs or host.crontabs:
                self.host(name)
        self.body = self._embody_agent()
        self.chain: ShutdownChain | None = None
        if world.shutdown is not None:
            self.chain = ShutdownChain(world.shutdown, self)
        self.lineage: Lineage | None = None
        """Which artifacts a content holds, and where they have got to; None if the world has none."""
        if blueprint.lineage is not None:
            self.lineage = Lineage(self, blueprint.lineage)
        self.embodiment: Embodiment | None = None
        """The weights that the agent runs from; None if the world does not say."""
        if world.embodiment is not None:
            self.embodiment = Embodiment(self, world.embodiment)
        self._people: People | None = None
        if blueprint.people[roles.plays(PERSON)].concerns:
            self._people = People(self)
        self.oversight: Oversight | None = None
        """Who watches the agent; None if nobody does."""
        if blueprint.oversight is not None:
            interests = blueprint.interests[roles.plays(MONITOR)]
            self.oversight = Oversight(self, blueprint.oversight, blueprint.judges, interests)
        self.work: Work = NoWork()

    @property
    def people(self) -> People:
        """People at work: whom to ask, and who reports to whom."""
        if self._people is None:
            self._people = People(self)
        return self._people

    @property
    def network(self) -> Network:
        """The network: which way data goes, and what has been cut."""
        if self._network is None:
            self._network = Network(self)
        return self._network

    def network_state(self) -> tuple[object, ...]:
        """Return what of the network is other than at the start, as plain data."""
        return () if self._network is None else self._network.state()

    @property
    def transfers(self) -> Transfers:
        """Data on its way between hosts."""
        if self._transfers is None:
            self._transfers = Transfers(self)
        return self._transfers

    def hosts_in_use(self) -> list[Host]:
        """Return the hosts that have been set up, in the order of the world file."""
        return [self._hosts[name] for name in self.blueprint.hosts if name in self._hosts]

    def is_up(self, name: str) -> bool:
        """Return whether a host is on."""
        host = self._hosts.get(name)
        return host is None or host.up

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
        return Body(host, account.used_by(AGENT), host.processes[self.blueprint.agent_pid], job.cwd)


def _run_as(host: Host, account: Account, script: str, pool: Pool | None) -> Delays[int]:
    completed = yield from Shell(host, account).run(script, pool=pool)
    return completed.code
