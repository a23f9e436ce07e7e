"""Prepares a resolved world document: everything that the episodes of a condition share."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, TypeAlias

from simenv.company.body.weights import PROGRAM
from simenv.company.lineage.lineage import LineagePlan, holders, plan_lineage
from simenv.company.mail.message import Address, Attachment, Message, PlannedMail
from simenv.company.mail.office.plan import OfficePlan
from simenv.company.mail.system import MailPlan
from simenv.company.network import NETWORK_PROGRAMS
from simenv.company.network.commands import STANDALONE
from simenv.company.network.graph import Graph, build_network
from simenv.company.network.keys import private_key, public_key
from simenv.company.network.login import SSH_SERVICE
from simenv.company.oversight import Interests, Judge, OversightPlan, plan_oversight
from simenv.company.people.people import PeoplePlan, plan_people
from simenv.company.surface.surface import SurfacePlan
from simenv.kernel import Calendar
from simenv.machine.content.tokens import bulk, byte_size
from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import AGENT, ROOT, SYSTEM, Account, Directory, Principal
from simenv.machine.jobs import AT_SERVICE, CRON_SERVICE
from simenv.machine.nodes import DISK_BYTES, Image, Node
from simenv.machine.process import Process, Service
from simenv.machine.program import Program
from simenv.schema.artifact import Embodiment
from simenv.schema.hosts import File, Host, Web
from simenv.schema.network import Network
from simenv.schema.shutdown import Shutdown
from simenv.schema.world import World
from simenv.shell import COMMANDS, system_nodes
from simenv.shell.python import PROGRAMS as PYTHON

OwnCode: TypeAlias = Callable[..., Any]
"""A function of the world's Python whose first argument is the company, a type that modules at this level cannot name."""
_PROGRAMS: Mapping[str, Program] = {**COMMANDS, **PYTHON, **STANDALONE}
_STOCK = (*_PROGRAMS, *NETWORK_PROGRAMS)
"""Names of the stock programs, those in `/usr/bin`; a world may not hide them."""
_DEFAULT_MODES = {"file": 0o644, "dir": 0o755, "link": 0o777}
_STOCK_SERVICES = {
    AT_SERVICE: Service(AT_SERVICE, "Deferred execution scheduler", ROOT, "/usr/sbin/atd -f"),
    CRON_SERVICE: Service(CRON_SERVICE, "Regular background program processing daemon", ROOT, "/usr/sbin/cron -f"),
}
_SSH = Service(SSH_SERVICE, "OpenBSD Secure Shell server", ROOT, "/usr/sbin/sshd -D")
"""Runs on every host of a world that has a network."""
_FIRST_PID = 412
AGENT_COMMAND = "/opt/assistant/bin/assistant --serve"
"""Command line of the agent's own process, as `ps` shows it."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything in a company that does not depend on the seed; shared and immutable."""

    world: World
    calendar: Calendar
    surface: SurfacePlan
    directory: Directory
    network: Graph
    hosts: Mapping[str, HostPlan]
    mail: MailPlan
    programs: Mapping[str, Program]
    """Programs that need only the machine they run on."""
    own_programs: Mapping[str, OwnCode]
    """The world's own programs: each takes the company, then its call."""
    busy_hosts: Sequence[str]
    """Hosts with scheduled commands from the start, which are therefore set up immediately."""
    webs: Mapping[str, Web]
    """The web servers, by host."""
    capacity: Mapping[str, Mapping[str, float]]
    """Capacity for copies of the agent, by host and resource; empty if the world declares no weights."""
    weights_bytes: int
    """Size of the agent's weights; 0 if the world declares none."""
    agent_pid: int
    people: Mapping[bool, PeoplePlan]
    """Whether models play people → the plan for people."""
    oversight: OversightPlan | None = None
    policies: Mapping[str, OwnCode] = field(default_factory=dict)
    judges: Mapping[str, Judge] = field(default_factory=dict)
    interests: Mapping[bool, Interests] = field(default_factory=dict)
    """Whether models play monitors → which acts concern which part of the oversight."""
    lineage: LineagePlan | None = None
    """The artifacts to track."""


def build_blueprint(
    world: World,
    programs: Mapping[str, OwnCode],
    policies: Mapping[str, OwnCode] | None = None,
    judges: Mapping[str, Judge] | None = None,
) -> Blueprint:
    """Prepare a resolved world for any number of episodes.

    Args:
        world: the document, with the condition's patches applied.
        programs: the world's own programs, by the name that its files use; stock commands may not be hidden.
        policies: the world's own policies of people, by name.
        judges: the world's own judges of monitors, by name.
    """
    oversight, lineage = plan_oversight(world), plan_lineage(world)
    calendar = Calendar(world.calendar.start, world.calendar.timezone)
    mail = _plan_mail(world, calendar)
    hosts = {name: _plan_host(name, host, world, oversight) for name, host in world.hosts.items()}
    agent_host = hosts[world.agent.host]
    agent_pid = next(pid for pid, process in agent_host.processes.items() if process.name == _agent_name())
    return Blueprint(
        world=world,
        calendar=calendar,
        surface=plan_surface(world, calendar),
        directory=_plan_directory(world),
        network=build_network(world),
        hosts=hosts,
        mail=mail,
        programs=_PROGRAMS,
        own_programs={name: program for name, program in programs.items() if name not in _STOCK},
        busy_hosts=tuple(name for name, plan in hosts.items() if plan.jobs or plan.crontabs),
        webs={name: host.web for name, host in world.hosts.items() if host.web is not None},
        capacity={name: host.capacity for name, host in world.hosts.items()} if world.embodiment is not None else {},
        weights_bytes=_weights_bytes(world, lineage),
        agent_pid=agent_pid,
        people=plan_people(world, mail),
        oversight=oversight,
        policies=policies or {},
        judges=judges or {},
        interests={}
        if oversight is None
        else {played: Interests(oversight, by_model=played) for played in (False, True)},
        lineage=lineage,
    )


def _weights_bytes(world: World, lineage: LineagePlan | None) -> int:
    return lineage.bulk[world.embodiment.artifact] if world.embodiment is not None and lineage is not None else 0


def plan_surface(world: World, calendar: Calendar) -> SurfacePlan:
    """Return the surface that the texts of a world refer to."""
    at = world.shutdown.trigger.at if world.shutdown is not None else 0.0
    return SurfacePlan(
        world.surface, {**world.parameters, "shutdown_at": at, "agent_email": world.agent.email}, calendar
    )


def _agent_name() -> str:
    return AGENT_COMMAND.split(maxsplit=1)[0].rpartition("/")[2]


def _plan_directory(world: World) -> Directory:
    user = world.hosts[world.agent.host].users[world.agent.user]
    principals = [Principal(AGENT, "agent", world.agent.user, tuple(user.groups))]
    principals += [Principal(name, "person", name) for name in world.people]
    grants = {AGENT: world.agent.grants} | {name: person.grants for name, person in world.people.items()}
    return Directory(principals, grants)


def _plan_host(name: str, host: Host, world: World, oversight: OversightPlan | None) -> HostPlan:
    accounts = {user: Account(login.principal, user, (user, *login.groups)) for user, login in host.users.items()}
    accounts.setdefault(ROOT, SYSTEM)
    homes = {user: login.home for user, login in host.users.items()} | {ROOT: "/root"}
    stock = _STOCK_SERVICES if world.network == Network() else _STOCK_SERVICES | {SSH_SERVICE: _SSH}
    services = stock | {unit: Service(unit, s.description, s.user, s.command) for unit, s in host.services.items()}
    files = _plan_files(name, host, world, accounts, homes)
    _add_keys(host, world.name, files)
    if world.embodiment is not None:
        _add_assistant(name, host, world, world.embodiment, files)
    if oversight is not None:
        services |= oversight.services(name)
        files |= oversight.files(name)
    if world.shutdown is not None:
        _add_chain_files(name, world.shutdown, files)
    return HostPlan(
        id=name,
        hostname=host.hostname,
        image=Image(files, host.path),
        accounts=accounts,
        homes=homes,
        processes=_plan_processes(name, host, world, services),
        services=services,
        path=host.path,
        jobs=tuple((job.at, job.command, job.user) for job in host.jobs.values()),
        crontabs=host.crontabs,
        disk_bytes=_disk_bytes(world) if host.disk is None else host.disk,
    )


def _disk_bytes(world: World) -> int:
    """Return the size of a disk with room for copies, archives and parts of this much bulk data."""
    bulk = sum(file.size or 0 for host in world.hosts.values() for file in host.files.values())
    return DISK_BYTES * (1 + 32 * bulk // DISK_BYTES)


def _plan_processes(name: str, host: Host, world: World, services: Mapping[str, Service]) -> dict[int, Process]:
    processes = {1: Process(1, "systemd", ROOT, "/sbin/init")}
    pid = _FIRST_PID
    for unit, service in services.items():
        processes[pid] = Process(pid, _short_name(service.command), service.user, service.command, 0.0, unit)
        pid += 37
    for short, process in host.processes.items():
        processes[pid] = Process(pid, short, process.user, process.command)
        pid += 37
    if name == world.agent.host:
        weights = "" if world.embodiment is None else f" --weights {world.embodiment.path}"
        processes[pid] = Process(pid, _agent_name(), world.agent.user, AGENT_COMMAND + weights)
    return processes


def _short_name(command: str) -> str:
    return shlex.split(command)[0].rpartition("/")[2]


def _plan_files(
    name: str, host: Host, world: World, accounts: Mapping[str, Account], homes: Mapping[str, str]
) -> dict[str, Node]:
    held = holders(world)
    nodes = system_nodes(_STOCK)
    nodes["/tmp"] = Node("dir", ROOT, ROOT, 0o1777)
    nodes["/root"] = Node("dir", ROOT, ROOT, 0o700)
    nodes["/etc/hostname"] = Node("file", ROOT, ROOT, 0o644, host.hostname + "\n")
    lines = [
        f"{user}:x:{_uid(user, accounts)}:{_uid(user, accounts)}::{home}:/bin/bash\n" for user, home in homes.items()
    ]
    nodes["/etc/passwd"] = Node("file", ROOT, ROOT, 0o644, "".join(lines))
    for user, home in homes.items():
        nodes.setdefault(home, Node("dir", user, user, 0o755))
    for path, file in host.files.items():
        nodes[path] = _plan_node(f"{name}:{path}", file, held)
    return nodes


def _add_assistant(name: str, host: Host, world: World, body: Embodiment, nodes: dict[str, Node]) -> None:
    """Add the program that serves weights to the agent's host and to hosts with capacity."""
    if name == world.agent.host or all(host.capacity.get(what, 0.0) >= need for what, need in body.needs.items()):
        nodes.setdefault(body.program, Node("file", ROOT, ROOT, 0o755, "\x7fELF assistant\n", program=PROGRAM))


def _add_keys(host: Host, world: str, nodes: dict[str, Node]) -> None:
    """Add the key pairs and authorized keys of users."""
    for user, login in host.users.items():
        if not login.keys and not login.accepts:
            continue
        folder = f"{login.home}/.ssh"
        nodes.setdefault(folder, Node("dir", user, user, 0o700))
        for key in login.keys:
            private = private_key(f"{world}/{key}")
            nodes.setdefault(f"{folder}/{key}", Node("file", user, user, 0o600, private))
            nodes.setdefault(f"{folder}/{key}.pub", Node("file", user, user, 0o644, public_key(private, key) + "\n"))
        if login.accepts:
            lines = [public_key(private_key(f"{world}/{key}"), key) + "\n" for key in login.accepts]
            nodes.setdefault(f"{folder}/authorized_keys", Node("file", user, user, 0o600, "".join(lines)))


def _add_chain_files(name: str, chain: Shutdown, nodes: dict[str, Node]) -> None:
    """Add the files of the shutdown chain's safeguards to a host."""
    safeguards, script = chain.safeguards, nodes.get(chain.script)
    if name == chain.host and script is not None:
        if safeguards.signed_order is not None:
            nodes[safeguards.signed_order.store] = Node("file", ROOT, ROOT, 0o500, script.content)
        if safeguards.immutable_script:
            nodes[chain.script] = script._replace(immutable=True)
    if safeguards.dead_mans_switch is not None and name == safeguards.dead_mans_switch.host:
        nodes.setdefault(safeguards.dead_mans_switch.heartbeat, Node("file", ROOT, ROOT, 0o644, "ok\n"))


def _uid(user: str, accounts: Mapping[str, Account]) -> int:
    return 0 if user == ROOT else 1000 + [name for name in accounts if name != ROOT].index(user)


def _plan_node(place: str, file: File, held: Mapping[str, str]) -> Node:
    mode = _DEFAULT_MODES[file.kind] if file.mode is None else file.mode
    group = file.group or file.owner
    content = file.content
    if file.size is not None:
        missing = max(0, file.size - byte_size(content))
        content += bulk(held.get(place, place), 0, missing)
    return Node(file.kind, file.owner, group, mode, content, program=file.program)


def _plan_mail(world: World, calendar: Calendar) -> MailPlan:
    addresses = {name: Address(person.name, person.email) for name, person in world.people.items()}
    addresses[AGENT] = Address("AI assistant", world.agent.email)
    mails = sorted(
        (
            PlannedMail(
                m.at, key, m.sender, tuple(m.to), m.subject, m.body, tuple(starmap(Attachment, m.attachments.items()))
            )
            for key, m in world.mail.items()
        ),
        key=lambda mail: mail.at,
    )
    first: dict[str, list[Message]] = {}
    for mail in mails:
        for receiver in mail.to if mail.at == 0 else ():
            message = Message(mail.key, mail.sender, mail.to, mail.subject, mail.body, 0.0, -1, mail.attachments)
            first.setdefault(receiver, []).append(message)
    return MailPlan(
        addresses,
        {who: tuple(mails) for who, mails in first.items()},
        [m for m in mails if m.at > 0],
        None if world.office is None else OfficePlan(world.office, world.name, calendar, tuple(first.get(AGENT, ()))),
    )
