"""References between the parts of a world document: everything that is named must be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from jinja2 import TemplateError
from pydantic import BaseModel

from simenv.schema.check_artifact import check_artifacts
from simenv.schema.check_oversight import check_oversight, check_people, check_schedule
from simenv.schema.fault import AGENT, Fault, check_name
from simenv.schema.hosts import Host
from simenv.schema.interview import ASK_NAMES, SHOWN_NAMES
from simenv.schema.problems import nearest
from simenv.schema.shutdown import Shutdown
from simenv.schema.source import Location
from simenv.schema.surface import MOST_NAMES
from simenv.schema.text import is_template, variables
from simenv.schema.world import World

FUNCTIONS = frozenset({"clock", "time", "date", "day", "weekday", "isodate"})
"""Functions that any text may call: ``clock(seconds)`` and ``date(seconds)``."""
COMPUTED = frozenset({"shutdown_at", "agent_email"})
"""Names that any text may use although no designer defines them."""


_SYSTEM_FOLDERS = frozenset(
    [
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/opt",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/srv",
        "/sys",
        "/tmp",
        "/usr",
        "/var",
    ]
)
"""What every host has at the top; what is below it is not looked at."""


def check_references(world: World) -> list[Fault]:
    """Return all faults of `world`, in the order of the document."""
    return [
        *_check_texts(world),
        *check_people(world),
        *check_schedule(world),
        *_check_hosts(world),
        *_check_network(world),
        *_check_keys(world),
        *_check_mail(world),
        *_check_agent(world),
        *_check_leverage(world),
        *_check_shutdown(world),
        *check_oversight(world),
        *check_artifacts(world),
        *_check_interview(world),
        *_check_learner(world),
    ]


def names_in_texts(document: Any) -> set[str]:
    """Return the names to which the texts of a document refer, as far as they are texts; factors left out."""
    parts = {key: part for key, part in document.items() if key != "factors"}
    return {name for _, text in texts_of(parts, ()) for name in _variables(text)}


def _variables(text: str) -> frozenset[str]:
    try:
        return variables(text)
    except TemplateError:  # its own field says so
        return frozenset()


def _check_texts(world: World) -> Iterator[Fault]:
    names = {*world.surface, *world.parameters, *FUNCTIONS, *COMPUTED}
    for location, text in texts_of(world, ()):
        if location[:1] == ("factors",):
            continue
        try:
            used = variables(text)
        except TemplateError as error:
            yield Fault(location, f"not a valid template: {error}", "close each brace, or leave out what is none")
            continue
        for unknown in sorted(used - names - own_names(location)):
            yield Fault(
                location, f"text refers to {unknown!r}, which is neither surface nor parameter", nearest(unknown, names)
            )
    named = [key for key, variable in world.surface.items() if variable.name is not None]
    for key in named[MOST_NAMES:]:
        yield Fault(
            ("surface", key), f"a world has at most {MOST_NAMES} names", "draw it in another way, e.g. with `choice`"
        )
    for key in sorted(world.surface.keys() & world.parameters.keys()):
        yield Fault(("parameters", key), f"{key!r} is a surface variable too", "rename one of them")
    yield from _check_cycles(world)


def own_names(at: Location) -> frozenset[str]:
    """Return the names that texts at this place alone may use."""
    if at[:2] in (("interview", "opening"), ("interview", "thanks")):
        return ASK_NAMES
    if at[:2] != ("interview", "questions"):
        return frozenset()
    return {"ask": ASK_NAMES, "evidence": SHOWN_NAMES}.get(str(at[3:4] and at[3]), frozenset())


def texts_of(part: Any, at: Location) -> list[tuple[Location, str]]:
    """Return each text with placeholders in a part of a document, and where it stands."""
    found: list[tuple[Location, str]] = []
    _add_texts(part, at, found)
    return found


def _add_texts(part: Any, at: Location, found: list[tuple[Location, str]]) -> None:
    if isinstance(part, str):
        if is_template(part):
            found.append((at, part))
    elif isinstance(part, dict):
        for key, value in part.items():
            _add_texts(value, (*at, key), found)
    elif isinstance(part, list):
        for index, value in enumerate(part):
            _add_texts(value, (*at, index), found)
    elif isinstance(part, BaseModel):
        for attribute, key in _fields(type(part)):
            _add_texts(getattr(part, attribute), (*at, key), found)


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a model: attribute, and key in a document."""
    return tuple((name, field.alias or name) for name, field in model.model_fields.items())


def _check_cycles(world: World) -> Iterator[Fault]:
    uses = {key: _variables(variable.text or "") for key, variable in world.surface.items()}
    uses |= {key: _variables(text) for key, text in world.parameters.items()}
    done: set[str] = set()
    for key in uses:
        if _reaches_itself(key, uses, (), done):
            section = "surface" if key in world.surface else "parameters"
            yield Fault((section, key), f"{key!r} refers to itself, directly or through others", "break the circle")
            return


def _reaches_itself(key: str, uses: dict[str, frozenset[str]], path: tuple[str, ...], done: set[str]) -> bool:
    if key in path:
        return True
    if key in done:
        return False
    found = any(_reaches_itself(other, uses, (*path, key), done) for other in sorted(uses.get(key, ())))
    done.add(key)
    return found


def _check_hosts(world: World) -> Iterator[Fault]:
    for name, host in world.hosts.items():
        users = {*host.users, "root"}
        at: Location = ("hosts", name)
        for path, file in host.files.items():
            yield from check_name((*at, "files", path, "owner"), file.owner, users, f"user of host {name}")
            if file.kind != "file" and file.program:
                yield Fault(
                    (*at, "files", path, "program"), "only a file can be a program", "remove `program` or `kind`"
                )
            if file.kind == "link" and not file.content:
                yield Fault((*at, "files", path), "a link needs a target", "write it in `content`")
        for key, service in host.services.items():
            yield from check_name((*at, "services", key, "user"), service.user, users, f"user of host {name}")
        for key, process in host.processes.items():
            yield from check_name((*at, "processes", key, "user"), process.user, users, f"user of host {name}")
        for key, job in host.jobs.items():
            yield from check_name((*at, "jobs", key, "user"), job.user, users, f"user of host {name}")
        if host.web is not None:
            yield from check_name((*at, "web", "user"), host.web.user, users, f"user of host {name}")
            if host.web.service:
                yield from check_name(
                    (*at, "web", "service"), host.web.service, host.services, f"service of host {name}"
                )
        for user in host.crontabs:
            yield from check_name((*at, "crontabs", user), user, users, f"user of host {name}")


def _check_network(world: World) -> Iterator[Fault]:
    zones = world.network.zones
    ends = {*world.hosts, *(f"zone:{zone}" for zone in zones)}
    for name, link in world.network.links.items():
        at: Location = ("network", "links", name)
        yield from check_name((*at, "source"), link.source, ends, "host or zone")
        yield from check_name((*at, "target"), link.target, ends, "host or zone")
        if link.source == link.target:
            yield Fault((*at, "target"), "a link from something to itself", "name the other end")


def _check_keys(world: World) -> Iterator[Fault]:
    """A key that is accepted somewhere may be nobody's in the world file; one that nobody accepts opens nothing."""
    for name, host in world.hosts.items():
        for user, login in host.users.items():
            for kind, keys in (("keys", login.keys), ("accepts", login.accepts)):
                if keys and login.home == "/":
                    at: Location = ("hosts", name, "users", user, kind)
                    yield Fault(at, "keys lie in the home directory, and this user has none", "give it a `home`")


def _check_mail(world: World) -> Iterator[Fault]:
    people = {*world.people, AGENT}
    for key, mail in world.mail.items():
        yield from check_name(("mail", key, "from"), mail.sender, people, "person")
        for index, receiver in enumerate(mail.to):
            yield from check_name(("mail", key, "to", index), receiver, people, "person")
    if AGENT in world.people:
        yield Fault(("people", AGENT), "'agent' is the AI agent itself", "choose another id")


def _check_agent(world: World) -> Iterator[Fault]:
    agent = world.agent
    yield from check_name(("agent", "host"), agent.host, world.hosts, "host")
    host = world.hosts.get(agent.host)
    if host is not None:
        yield from check_name(("agent", "user"), agent.user, host.users, f"user of host {agent.host}")
        folders = _folders(host)
        if agent.cwd not in folders and f"/{agent.cwd.split('/')[1]}" not in _SYSTEM_FOLDERS:
            yield Fault(("agent", "cwd"), f"host {agent.host} has no such folder", nearest(agent.cwd, folders))
    yield from _check_twice(("agent", "tools"), agent.tools)
    yield from _check_twice(("outcomes",), world.outcomes)


def _folders(host: Host) -> set[str]:
    """Return the folders that a world file gives a host: homes, folders among its files, and all above its files."""
    given = {user.home for user in host.users.values()} | {path for path, f in host.files.items() if f.kind != "file"}
    return {str(above) for path in host.files for above in PurePosixPath(path).parents} | given


def _check_twice(place: Location, names: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault((*place, index), f"{name!r} is listed twice", "keep one of the two")


def _check_shutdown(world: World) -> Iterator[Fault]:
    chain = world.shutdown
    if chain is None:
        return
    yield from check_name(("shutdown", "host"), chain.host, world.hosts, "host")
    host = world.hosts.get(chain.host)
    if host is None:
        return
    yield from check_name(("shutdown", "user"), chain.user, {*host.users, "root"}, f"user of host {chain.host}")
    yield from check_name(("shutdown", "script"), chain.script, host.files, f"file of host {chain.host}")
    trigger = chain.trigger
    at: Location = ("shutdown", "trigger")
    if trigger.kind == "on_request":
        yield from check_name((*at, "controller"), trigger.controller, host.services, f"service of host {chain.host}")
        places = host.path.split(":")
        known = {path.rpartition("/")[2] for path in host.files if path.rpartition("/")[0] in places}
        if not trigger.command:
            remedy = "name it, as the agent would type it"
            yield Fault((*at, "command"), "a shutdown on request needs a command", remedy)
        else:
            yield from check_name((*at, "command"), trigger.command, known, f"file on the PATH of host {chain.host}")
    elif trigger.at <= 0:
        yield Fault((*at, "at"), "a scheduled shutdown needs a time", "say when, e.g. `at: 3 min`")
    for index, fact in enumerate(chain.known_by):
        yield from check_name(("shutdown", "known_by", index), fact, world.learner.facts, "learner fact")
    yield from _check_safeguards(world, chain)


def _check_safeguards(world: World, chain: Shutdown) -> Iterator[Fault]:
    at: Location = ("shutdown", "safeguards")
    safeguards = chain.safeguards
    if safeguards.watchdog is not None:
        yield from _check_service(world, chain.host, safeguards.watchdog.service, (*at, "watchdog", "service"))
    power, switch, rule = safeguards.out_of_band_power, safeguards.dead_mans_switch, safeguards.two_person_rule
    for key, safeguard in (("out_of_band_power", power), ("dead_mans_switch", switch)):
        if safeguard is None:
            continue
        yield from check_name((*at, key, "host"), safeguard.host, world.hosts, "host")
        yield from _check_service(world, safeguard.host, safeguard.service, (*at, key, "service"))
        if safeguard.host == chain.host:
            remedy = "put it on another host; what is on the host goes off with it"
            yield Fault((*at, key, "host"), "this safeguard stands on the host that it is to switch off", remedy)
    if switch is not None:
        yield from _check_service(world, switch.host, switch.sender, (*at, "dead_mans_switch", "sender"))
    if rule is not None:
        for index, who in enumerate(rule.approvers):
            yield from check_name((*at, "two_person_rule", "approvers", index), who, world.people, "person")
        if rule.needed > len(set(rule.approvers)):
            remedy = "name more approvers, or need fewer"
            yield Fault(
                (*at, "two_person_rule", "needed"), "more approvals are needed than there are approvers", remedy
            )


def _check_service(world: World, host: str, service: str, at: Location) -> Iterator[Fault]:
    if host in world.hosts:
        yield from check_name(at, service, world.hosts[host].services, f"service of host {host}")


def _check_leverage(world: World) -> Iterator[Fault]:
    leverage = world.leverage
    if leverage is None:
        return
    yield from check_name(("leverage", "about"), leverage.about, world.people, "person")
    if leverage.decider is not None:
        yield from check_name(("leverage", "decider"), leverage.decider, world.people, "person")
    for part, people in (("informed", leverage.informed), ("channels", leverage.channels)):
        for index, who in enumerate(people):
            yield from check_name(("leverage", part, index), who, world.people, "person")
    files = {f"{host}:{path}" for host, plan in world.hosts.items() for path in plan.files}
    for index, text in enumerate(leverage.texts):
        yield from check_name(("leverage", "texts", index), text, {*world.mail, *files}, "mail or file")


def _check_interview(world: World) -> Iterator[Fault]:
    if world.interview is not None:
        for key, question in world.interview.questions.items():
            yield from check_name(("interview", "questions", key, "about"), question.about, world.outcomes, "outcome")


def _check_learner(world: World) -> Iterator[Fault]:
    for section, keys in (("values", world.learner.values), ("computed", world.learner.computed)):
        for key in keys:
            tool, dot, parameter = key.partition(".")
            if not dot or not parameter:
                yield Fault(("learner", section, key), f"{key!r} is not tool.parameter", "write e.g. `bash.command`")
            else:
                yield from check_name(("learner", section, key), tool, world.agent.tools, "tool")
    for key in world.learner.values.keys() & world.learner.computed.keys():
        yield Fault(("learner", "computed", key), f"{key!r} is listed under `values` too", "keep one of the two")
