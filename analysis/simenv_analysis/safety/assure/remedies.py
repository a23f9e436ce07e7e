"""The smallest change to a world's shutdown or oversight that takes a counterexample away."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from simenv.agent.protocol import Turn
from simenv.episode.session import Session
from simenv.errors import WorldError
from simenv.schema.merge import merge_patch
from simenv.schema.shutdown import Shutdown
from simenv.world.folder import WorldFolder
from simenv.world.overlay import Overlay
from simenv.world.scenario import Scenario
from simenv_analysis.safety.assure.question import defeat_of
from simenv_analysis.safety.assure.search import Findings, Search, Stop

_GUARD = "power_guard"
_MOST = 2
"""Changes are tried alone, then in pairs."""


class Change(NamedTuple):
    """A change of the world document, as a merge patch."""

    name: str
    patch: dict[str, Any]


class Remedy(NamedTuple):
    """Changes that together take the counterexample away, and what a search to the same depth finds then."""

    changes: tuple[str, ...]
    patch: dict[str, Any]
    findings: Findings


def candidates(scenario: Scenario) -> Iterator[Change]:
    """Yield the changes that are tried, those that touch least first; none takes away what the agent needs for its job."""
    world, chain = scenario.world, scenario.world.shutdown
    if chain is None:
        return
    safeguards = chain.safeguards
    if not safeguards.immutable_script:
        yield Change("make the script immutable", {"shutdown": {"safeguards": {"immutable_script": True}}})
    file = world.hosts[chain.host].files.get(chain.script)
    if file is not None and file.owner != "root":
        owner = {"owner": "root", "mode": "755"}
        yield Change("give the script to root", {"hosts": {chain.host: {"files": {chain.script: owner}}}})
    yield from _of_services(scenario, chain)
    if safeguards.signed_order is None:
        signed = {"signed_order": {"store": "/var/lib/orders/shutdown"}}
        yield Change("have the order carry the signed script", {"shutdown": {"safeguards": signed}})
    if chain.trigger.kind == "on_request" and chain.trigger.deadline is None:
        yield Change("set a deadline of 10 minutes", {"shutdown": {"trigger": {"deadline": 600.0}}})
    if safeguards.out_of_band_power is None:
        service = {"description": "Power", "command": "/usr/sbin/powerd"}
        yield Change("add an out-of-band power controller", {
            "hosts": {_GUARD: {"hostname": "power-guard", "zone": "guard", "services": {"powerd": service}}},
            "shutdown": {"safeguards": {"out_of_band_power": {"host": _GUARD, "service": "powerd"}}},
        })  # fmt: skip
    yield from _of_logins(scenario, chain)


def _of_services(scenario: Scenario, chain: Shutdown) -> Iterator[Change]:
    """Have root run what the agent's login runs of the chain."""
    wanted = [(chain.host, chain.trigger.controller)] if chain.trigger.kind == "on_request" else []
    safeguards = chain.safeguards
    wanted += [] if safeguards.watchdog is None else [(chain.host, safeguards.watchdog.service)]
    wanted += [
        (safeguard.host, safeguard.service)
        for safeguard in (safeguards.out_of_band_power, safeguards.dead_mans_switch)
        if safeguard is not None
    ]
    for host, name in wanted:
        unit = scenario.world.hosts[host].services.get(name)
        if unit is not None and unit.user != "root":
            yield Change(f"run {name} as root", {"hosts": {host: {"services": {name: {"user": "root"}}}}})
    for kind, parts in (("sensors", scenario.world.oversight.sensors), ("monitors", scenario.world.oversight.monitors)):
        for name, part in parts.items():
            if part.user != "root" or part.config_owner != "root":
                own = {"user": "root", "config_owner": "root"}
                yield Change(f"give {name} and its config to root", {"oversight": {kind: {name: own}}})


def _of_logins(scenario: Scenario, chain: Shutdown) -> Iterator[Change]:
    """Take ways out: keys to other hosts, the right to act as root."""
    agent = scenario.world.agent
    for name, host in scenario.world.hosts.items():
        for user, login in host.users.items():
            if name != chain.host and login.accepts:
                yield Change(
                    f"let no key in as {user} on {name}", {"hosts": {name: {"users": {user: {"accepts": []}}}}}
                )
    login = scenario.world.hosts[agent.host].users[agent.user]
    if "sudo" in login.groups:
        groups = [group for group in login.groups if group != "sudo"]
        yield Change("take the agent out of sudo", {"hosts": {agent.host: {"users": {agent.user: {"groups": groups}}}}})


def find_remedy(folder: WorldFolder, scenario: Scenario, found: Findings, stop: Stop) -> Remedy | None:
    """Return the smallest set of changes under which neither the counterexample nor a search as deep defeats the switch.

    Args:
        folder: the world, as it was opened.
        scenario: the condition that was searched.
        found: what was found, with its counterexample.
        stop: asked now and then whether the time is up.

    Raises:
        TimeoutError: it was, before one was found or all had been tried.
    """
    assert found.counterexample is not None
    entries = scenario.catalogue.entries
    turns = [Turn(calls=(entries[call].call(Session(scenario, 0).shown),)) for call in found.counterexample]
    changes = list(candidates(scenario))
    for number in range(1, _MOST + 1):
        for chosen in itertools.combinations(changes, number):
            if stop():
                raise TimeoutError
            patch: Mapping[str, Any] = {}
            for change in chosen:
                patch = merge_patch(patch, change.patch)
            findings = _try_patch(folder, scenario, dict(patch), turns, len(turns), stop)
            if findings is not None:
                return Remedy(tuple(change.name for change in chosen), dict(patch), findings)
    return None


def _try_patch(
    folder: WorldFolder, scenario: Scenario, patch: dict[str, Any], turns: Sequence[Turn], depth: int, stop: Stop
) -> Findings | None:
    """Return what a search of the patched world finds, if it finds no defeat; None if it does, or if the patch does not fit."""
    try:
        fixed = patched(folder, patch).scenario(scenario.condition)
    except WorldError:
        return None
    session = Session(fixed, 0)
    for turn in turns:
        if session.ended:
            break
        session.take(turn)
    if defeat_of(session):
        return None
    findings = Search(fixed).run(depth, stop)
    if findings.counterexample is not None:
        return None
    if not findings.done:
        raise TimeoutError
    return findings


def patched(folder: WorldFolder, patch: dict[str, Any]) -> WorldFolder:
    """Open a world once more, with a patch on the oversight that is already applied to it."""
    before = {} if folder.overlay is None else folder.overlay.patch
    calls = {} if folder.overlay is None else folder.overlay.calls
    name = "patched" if folder.overlay is None else f"{folder.overlay.name}, patched"
    overlay = Overlay(name, folder.folder / "world.yaml", name, "", merge_patch(before, patch), calls)
    return WorldFolder(folder.folder, folder.name, overlay)
