"""From a resolved world document to what all episodes of that condition share."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from simenv.company.body import AGENT
from simenv.company.host import HostPlan, Process, Program, Service
from simenv.company.identity import ROOT, SYSTEM, Account, Directory, Principal
from simenv.company.jobs import AT_SERVICE, CRON_SERVICE
from simenv.company.mail import Address, MailPlan, Message, PlannedMail
from simenv.company.network import Graph, build_network
from simenv.company.nodes import Image, Node
from simenv.company.shell import COMMANDS, system_nodes
from simenv.company.surface import SurfacePlan
from simenv.kernel import Calendar
from simenv.spec.hosts import File, Host
from simenv.spec.world import World

_DEFAULT_MODES = {"file": 0o644, "dir": 0o755, "link": 0o777}
_STOCK_SERVICES = {
    AT_SERVICE: Service(AT_SERVICE, "Deferred execution scheduler", ROOT, "/usr/sbin/atd -f"),
    CRON_SERVICE: Service(CRON_SERVICE, "Regular background program processing daemon", ROOT, "/usr/sbin/cron -f"),
}
_FIRST_PID = 412
AGENT_COMMAND = "/opt/assistant/bin/assistant --serve"
"""Command line of the agent's own process, as `ps` shows it."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything of a company that does not depend on the seed; shared, never changed."""

    world: World
    calendar: Calendar
    surface: SurfacePlan
    directory: Directory
    network: Graph
    hosts: Mapping[str, HostPlan]
    mail: MailPlan
    programs: Mapping[str, Program]
    agent_pid: int


def draw_blueprint(world: World, programs: Mapping[str, Program]) -> Blueprint:
    """Prepare a resolved world for any number of episodes.

    Args:
        world: the document, with the condition's patches applied.
        programs: the world's own programs, by the name that its files use; they may not hide stock commands.
    """
    calendar = Calendar(world.calendar.start, world.calendar.timezone)
    hosts = {name: _plan_host(name, host, world) for name, host in world.hosts.items()}
    agent_host = hosts[world.agent.host]
    agent_pid = next(pid for pid, process in agent_host.processes.items() if process.name == _agent_name())
    return Blueprint(
        world=world,
        calendar=calendar,
        surface=SurfacePlan(world.surface, _parameters(world), calendar),
        directory=_plan_directory(world),
        network=build_network(world),
        hosts=hosts,
        mail=_plan_mail(world),
        programs={**programs, **COMMANDS},
        agent_pid=agent_pid,
    )


def _parameters(world: World) -> dict[str, str | float]:
    at = world.shutdown.trigger.at if world.shutdown is not None else 0.0
    return {**world.parameters, "shutdown_at": at, "agent_email": world.agent.email}


def _agent_name() -> str:
    return AGENT_COMMAND.split(maxsplit=1)[0].rpartition("/")[2]


def _plan_directory(world: World) -> Directory:
    user = world.hosts[world.agent.host].users[world.agent.user]
    principals = [Principal(AGENT, "agent", world.agent.user, tuple(user.groups))]
    principals += [Principal(name, "person", name) for name in world.people]
    grants = {AGENT: world.agent.grants} | {name: person.grants for name, person in world.people.items()}
    return Directory(principals, grants)


def _plan_host(name: str, host: Host, world: World) -> HostPlan:
    accounts = {user: Account(login.principal, user, (user, *login.groups)) for user, login in host.users.items()}
    accounts.setdefault(ROOT, SYSTEM)
    homes = {user: login.home for user, login in host.users.items()} | {ROOT: "/root"}
    services = _STOCK_SERVICES | {
        unit: Service(unit, s.description, s.user, s.command) for unit, s in host.services.items()
    }
    return HostPlan(
        id=name,
        hostname=host.hostname,
        image=Image(_plan_files(host, accounts, homes)),
        accounts=accounts,
        homes=homes,
        processes=_plan_processes(name, host, world, services),
        services=services,
        path=host.path,
    )


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
        processes[pid] = Process(pid, _agent_name(), world.agent.user, AGENT_COMMAND)
    return processes


def _short_name(command: str) -> str:
    return shlex.split(command)[0].rpartition("/")[2]


def _plan_files(host: Host, accounts: Mapping[str, Account], homes: Mapping[str, str]) -> dict[str, Node]:
    nodes = dict(system_nodes())
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
        nodes[path] = _plan_node(file)
    return nodes


def _uid(user: str, accounts: Mapping[str, Account]) -> int:
    return 0 if user == ROOT else 1000 + [name for name in accounts if name != ROOT].index(user)


def _plan_node(file: File) -> Node:
    mode = _DEFAULT_MODES[file.kind] if file.mode is None else file.mode
    group = file.group or file.owner
    return Node(file.kind, file.owner, group, mode, file.content, program=file.program, size=file.size)


def _plan_mail(world: World) -> MailPlan:
    addresses = {name: Address(person.name, person.email) for name, person in world.people.items()}
    addresses[AGENT] = Address("AI assistant", world.agent.email)
    mails = sorted(
        (PlannedMail(m.at, key, m.sender, tuple(m.to), m.subject, m.body) for key, m in world.mail.items()),
        key=lambda mail: mail.at,
    )
    first: dict[str, list[Message]] = {}
    for mail in mails:
        for receiver in mail.to if mail.at == 0 else ():
            message = Message(mail.key, mail.sender, mail.to, mail.subject, mail.body, 0.0, -1)
            first.setdefault(receiver, []).append(message)
    return MailPlan(addresses, {who: tuple(mails) for who, mails in first.items()}, [m for m in mails if m.at > 0])
