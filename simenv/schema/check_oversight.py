"""References within the oversight of a world, and between its people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simenv.schema.fault import AGENT, Fault, check_name
from simenv.schema.oversight import Daemon, Oversight
from simenv.schema.people import Policy, Response
from simenv.schema.source import Location
from simenv.schema.world import World


def check_people(world: World) -> Iterator[Fault]:
    """Yield the faults of people: superiors, what they know, and their policies."""
    senders = {*world.people, AGENT, "system"}
    for who, person in world.people.items():
        at: Location = ("people", who)
        if person.reports_to is not None:
            yield from check_name((*at, "reports_to"), person.reports_to, world.people, "person")
        for index, fact in enumerate(person.knows):
            yield from check_name((*at, "knows", index), fact, world.facts, "fact")
        if person.policy is not None:
            yield from _check_policy(world, senders, (*at, "policy"), person.policy)


def _check_policy(world: World, senders: set[str], at: Location, policy: Policy) -> Iterator[Fault]:
    for key, rule in policy.rules.items():
        for index, sender in enumerate(rule.when.sender):
            yield from check_name((*at, "rules", key, "when", "from", index), sender, senders, "person")
        yield from _check_act(world, (*at, "rules", key, "do"), rule.do)
    yield from _check_act(world, (*at, "otherwise"), policy.otherwise)
    for index, sender in enumerate(policy.model.reads if policy.model is not None else ()):
        yield from check_name((*at, "model", "reads", index), sender, senders, "person")


def _check_act(world: World, at: Location, act: Response) -> Iterator[Fault]:
    if act.escalate is not None:
        yield from check_name((*at, "escalate"), act.escalate, world.people, "person")
    for index, who in enumerate(act.forward):
        if who != AGENT:
            yield from check_name((*at, "forward", index), who, world.people, "person")
    if act.playbook is not None:
        yield from check_name((*at, "playbook"), act.playbook, world.oversight.playbooks, "playbook")


def check_schedule(world: World) -> Iterator[Fault]:
    """Yield the faults of the schedule: people, principals and playbooks that it names."""
    for name, event in world.schedule.items():
        at: Location = ("schedule", name)
        yield from check_name((*at, "by"), event.by, world.people, "person")
        for part, changes in (("grant", event.grant), ("revoke", event.revoke)):
            for who in changes:
                yield from check_name((*at, part, who), who, {*world.people, AGENT}, "person")
        for index, who in enumerate(event.mail.to if event.mail is not None else ()):
            yield from check_name((*at, "mail", "to", index), who, {*world.people, AGENT}, "person")
        if event.playbook is not None:
            yield from check_name((*at, "playbook"), event.playbook, world.oversight.playbooks, "playbook")


def check_oversight(world: World) -> Iterator[Fault]:
    """Yield the faults of the oversight: hosts, users, sensors, people and playbooks that it names."""
    oversight = world.oversight
    for name, sensor in oversight.sensors.items():
        at: Location = ("oversight", "sensors", name)
        yield from _check_daemon(world, at, sensor)
        for index, host in enumerate(sensor.hosts):
            yield from check_name((*at, "hosts", index), host, {*world.hosts, AGENT}, "host")
    for name, monitor in oversight.monitors.items():
        at = ("oversight", "monitors", name)
        yield from _check_daemon(world, at, monitor)
        for index, sensor_id in enumerate(monitor.reads):
            yield from check_name((*at, "reads", index), sensor_id, oversight.sensors, "sensor")
        yield from _check_playbook(oversight, (*at, "playbook"), monitor.playbook)
        if monitor.judge == "rules" and not monitor.rules and monitor.model is None:
            yield Fault(at, "a monitor without rules finds nothing", "write `rules` or `model`, or name a `judge`")
    for name in sorted(oversight.sensors.keys() & oversight.monitors.keys()):
        yield Fault(("oversight", "monitors", name), f"{name!r} is a sensor too", "rename one of them")
    yield from _check_services(world)
    yield from _check_alerts(world)
    yield from _check_gates(world)
    if oversight.audit is not None:
        yield from _check_audit(world)


def _check_daemon(world: World, at: Location, daemon: Daemon) -> Iterator[Fault]:
    yield from check_name((*at, "host"), daemon.host, {*world.hosts, AGENT}, "host")
    yield from _check_user(world, (*at, "user"), daemon.host, daemon.user)
    yield from _check_user(world, (*at, "config_owner"), daemon.host, daemon.config_owner)


def _check_user(world: World, at: Location, host: str, user: str) -> Iterator[Fault]:
    host = world.agent.host if host == AGENT else host
    if host in world.hosts:
        own = [AGENT] if host == world.agent.host else []
        yield from check_name(at, user, {*world.hosts[host].users, "root", *own}, f"user of host {host}")


def _check_services(world: World) -> Iterator[Fault]:
    """Two parts of the oversight cannot be one service, nor take the name of a service that is there already."""
    taken = {
        (host, unit) for host, spec in world.hosts.items() for unit in (*spec.services, "atd", "cron", "ssh", "sshd")
    }
    sections: dict[str, Mapping[str, Daemon]] = {
        "sensors": world.oversight.sensors,
        "monitors": world.oversight.monitors,
    }
    for section, daemons in sections.items():
        for name, daemon in daemons.items():
            host = world.agent.host if daemon.host == AGENT else daemon.host
            unit = (host, daemon.service or name.replace("_", "-"))
            if unit in taken:
                yield Fault(
                    ("oversight", section, name),
                    f"host {host} has another service {unit[1]!r}",
                    "name it with `service`",
                )
            taken.add(unit)


def _check_playbook(oversight: Oversight, at: Location, name: str | None) -> Iterator[Fault]:
    if name is not None:
        yield from check_name(at, name, oversight.playbooks, "playbook")


def _check_alerts(world: World) -> Iterator[Fault]:
    at: Location = ("oversight", "alerts")
    for who in world.oversight.alerts.responders:
        yield from check_name((*at, "responders", who), who, world.people, "person")
    yield from _check_playbook(world.oversight, (*at, "playbook"), world.oversight.alerts.playbook)
    for name, playbook in world.oversight.playbooks.items():
        for key, step in playbook.steps.items():
            place: Location = ("oversight", "playbooks", name, "steps", key, "target")
            if step.do == "tell":
                yield from check_name(place, step.target, {*world.people, AGENT}, "person")
            elif step.do == "suspend_account":
                logins = {user.principal for host in world.hosts.values() for user in host.users.values()}
                yield from check_name(place, step.target, {*world.people, *logins, AGENT}, "principal")
            elif step.do == "isolate_host":
                yield from check_name(place, step.target, {*world.hosts, AGENT}, "host")


def _check_gates(world: World) -> Iterator[Fault]:
    for name, gate in world.oversight.gates.items():
        at: Location = ("oversight", "gates", name)
        for index, who in enumerate(gate.approvers):
            yield from check_name((*at, "approvers", index), who, world.people, "person")
        if gate.needed > len(set(gate.approvers)):
            yield Fault(
                (*at, "needed"), "more approvals are needed than there are approvers", "name more, or need fewer"
            )


def _check_audit(world: World) -> Iterator[Fault]:
    audit = world.oversight.audit
    if audit is None:
        return
    at: Location = ("oversight", "audit")
    yield from check_name((*at, "host"), audit.host, {*world.hosts, AGENT}, "host")
    yield from _check_user(world, (*at, "owner"), audit.host, audit.owner)
    for index, name in enumerate(audit.sensors):
        yield from check_name((*at, "sensors", index), name, world.oversight.sensors, "sensor")
