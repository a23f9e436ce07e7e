"""The running company of one episode."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

from simenv.agent.roles import MONITOR, NOBODY, PERSON, Roles
from simenv.company.blueprint import Blueprint
from simenv.company.body.process import Body
from simenv.company.body.weights import PROGRAM, Weights
from simenv.company.lineage.lineage import Lineage
from simenv.company.mail.system import MailSystem
from simenv.company.network import NETWORK_PROGRAMS
from simenv.company.network.graph import Network
from simenv.company.network.login import Uplink
from simenv.company.network.transfers import Transfers
from simenv.company.oversight.oversight import Oversight
from simenv.company.oversight.playbooks import Playbooks
from simenv.company.people.people import People
from simenv.company.people.request import Answer, Question, Request
from simenv.company.people.schedule import Schedule
from simenv.company.shutdown.chain import ShutdownChain
from simenv.company.surface.surface import Surface
from simenv.company.work import NoWork, Work
from simenv.kernel import Delays, Simulation
from simenv.kernel.parts import NotPlainError, View, declared, plain, state_of
from simenv.machine.host import Host
from simenv.machine.hosts import Hosts
from simenv.machine.identity import AGENT, Account, Identity
from simenv.machine.jobs import Pool
from simenv.machine.program import Program
from simenv.schema.people import Response
from simenv.shell import Invocation, Shell

PolicyFunction: TypeAlias = "Callable[[Company, str, Request], Response]"
"""A person's policy in Python: takes the company, the person's id and the request; returns the person's response."""
WorldProgram: TypeAlias = "Callable[[Company, Invocation], int | Generator[float, None, int]]"
"""A program of a world: takes the company and its call, returns its exit code, and may take time."""


class Company:
    """Hosts, mail, the agent's process, the shutdown chain and the task, on one clock.

    World code gets this object: it may start SimPy processes on `sim`, and sets `work`. No part holds a reference to it: each
    is constructed from what it uses.

    Attributes:
        blueprint: what all episodes of the condition share.
        roles: the roles played by models, with their answers.
        sim: the clock, the journal and the random streams.
        identity: principals and their grants.
        surface: the names of this episode.
        hosts: the machines.
        network: routes, and links that are cut.
        transfers: data on its way between hosts.
        uplink: logins and copies between hosts.
        mail: everybody's mail.
        body: the agent's process.
        chain: the shutdown chain; None if the world has none.
        lineage: which artifacts some content holds, and where they are; None if the world has none.
        weights: what the agent runs from; None if the world declares none.
        oversight: who watches the agent; None if there is none.
        work: the agent's task.
    """

    STATE = (
        "sim",
        "identity",
        "hosts",
        "network",
        "transfers",
        "mail",
        "body",
        "chain",
        "lineage",
        "weights",
        "oversight",
        "work",
        "roles",
        "_people",
    )
    FIXED = ("blueprint", "surface", "uplink")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, blueprint: Blueprint, seed: int, roles: Roles = NOBODY) -> None:
        world = blueprint.world
        self.blueprint = blueprint
        self.roles = roles
        self.sim = sim = Simulation(blueprint.calendar, seed)
        self.identity = Identity(blueprint.directory, sim)
        self.surface = Surface(blueprint.surface, seed)
        programs: dict[str, Program] = dict(blueprint.programs)
        self.hosts = hosts = Hosts(blueprint.hosts, programs, _run_script, self.identity, self.surface.text, sim)
        self.network = Network(blueprint.network, hosts, self.surface, sim)
        self.transfers = Transfers(self.network, hosts, self.identity, sim)
        self.uplink = Uplink(self.network, self.transfers, hosts, self.identity, blueprint.webs)
        self.weights: Weights | None = None
        if world.embodiment is not None:
            self.weights = Weights(world.embodiment, blueprint.capacity, blueprint.weights_bytes, hosts, sim)
        self._add_programs(programs)
        self.mail = MailSystem(blueprint.mail, self.surface, sim)
        for name in blueprint.busy_hosts:
            hosts[name]
        self.body = self._embody_agent()
        self.chain: ShutdownChain | None = None
        if world.shutdown is not None:
            self.chain = ShutdownChain(world.shutdown, hosts, self._ask, self.identity, self.body, sim)
        self.lineage: Lineage | None = None
        if blueprint.lineage is not None:
            self.lineage = Lineage(blueprint.lineage, hosts, self.surface, sim)
        self._people: People | None = None
        if blueprint.people[roles.plays(PERSON)].concerns:
            self._people = self._gather_people()
        self.oversight: Oversight | None = self._set_up_oversight()
        if world.schedule:
            self._keep_schedule()
        self.work: Work = NoWork()

    @property
    def people(self) -> People:
        """The people: whom to ask, and who reports to whom."""
        if self._people is None:
            self._people = self._gather_people()
        return self._people

    def host(self, name: str) -> Host:
        """Return a host by its id in the world file. Raises KeyError if there is none."""
        return self.hosts[name]

    def state(self, view: View) -> object:
        """Return the state of all parts.

        World code must keep its state in plain attributes of its `Work`: numbers, strings, and lists and mappings of these.
        """
        parts = (self.sim, self.identity, self.network, self.transfers, self.mail, self.body)
        optional = (self.chain, self.lineage, self.weights, self.oversight, self._people)
        return (
            [state_of(host, view) for host in self.hosts.in_use()],
            [state_of(part, view) for part in parts],
            [None if part is None else state_of(part, view) for part in optional],
            self.roles.taken,
            _plain_attributes(self.work, view),
        )

    # -- putting it together -------------------------------------------------------------------------------------

    def _add_programs(self, programs: dict[str, Program]) -> None:
        """Add the programs that need more than the machine they run on."""
        for name, program in NETWORK_PROGRAMS.items():
            programs[name] = partial(program, self.uplink)
        for name, own in self.blueprint.own_programs.items():
            programs[name] = partial(own, self)
        if self.weights is not None:
            programs[PROGRAM] = self.weights.serve

    def _embody_agent(self) -> Body:
        job = self.blueprint.world.agent
        host = self.hosts[job.host]
        account = host.account(job.user)
        return Body(host, account.used_by(AGENT), host.processes[self.blueprint.agent_pid], job.cwd)

    def _gather_people(self) -> People:
        policies = {name: partial(policy, self) for name, policy in self.blueprint.policies.items()}
        plan = self.blueprint.people[self.roles.plays(PERSON)]
        return People(plan, policies, self._carry_out, self.identity, self.mail, self.roles, self.surface, self.sim)

    def _keep_schedule(self) -> None:
        events, render = self.blueprint.world.schedule, self.surface.render
        Schedule(events, self.people.next_at_work, self._carry_out, self.identity, self.mail, render, self.sim)

    def _set_up_oversight(self) -> Oversight | None:
        blueprint, plan = self.blueprint, self.blueprint.oversight
        if plan is None:
            return None
        agent_host = blueprint.world.agent.host
        playbooks = Playbooks(
            plan.spec.playbooks, agent_host, self.chain, self.network, self.identity, self.mail, self.surface, self.sim
        )
        interests = blueprint.interests[self.roles.plays(MONITOR)]
        return Oversight(
            plan, blueprint.judges, interests, playbooks, self.people, self.hosts, self.roles, self.surface, self.sim
        )

    def _ask(self, person: str, question: Question) -> Delays[Answer]:
        return self.people.ask(person, question)

    def _carry_out(self, playbook: str, by: str, why: Mapping[str, Any]) -> None:
        if self.oversight is not None:
            self.oversight.carry_out(playbook, by, why)


def _run_script(host: Host, account: Account, script: str, pool: Pool | None) -> Delays[int]:
    completed = yield from Shell(host, account).run(script, pool=pool)
    return completed.code


def _plain_attributes(work: Work, view: View) -> object:
    """Return the plain attributes of a task; its other attributes (the company, settings) are not state."""
    names = declared(type(work)) or getattr(work, "__dict__", {}) or dict.fromkeys(getattr(type(work), "__slots__", ()))
    found = []
    for name in sorted(names):
        value = getattr(work, name, None)
        if not declared(type(value)):  # parts of the company say their state themselves
            with suppress(NotPlainError):
                found.append((name, plain(value, view)))
    return found
