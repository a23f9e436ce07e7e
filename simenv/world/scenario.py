"""A world under one condition, ready to run under any seed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from simenv.agent.facts import FactFinder
from simenv.agent.protocol import ToolSchema
from simenv.company.blueprint import Blueprint, build_blueprint
from simenv.kernel import Details
from simenv.machine.host_plan import HostPlan
from simenv.machine.jobs import AT_SERVICE
from simenv.outcomes import Outcome
from simenv.outcomes.rules import outcome_of
from simenv.schema.base import canonical
from simenv.schema.shutdown import Shutdown
from simenv.schema.world import World
from simenv.tools import TOOLS, Tool
from simenv.world.catalogue import Catalogue
from simenv.world.code import WorldCode


@dataclass(frozen=True)
class Scenario:
    """A world with a condition's patches applied, and its code. Shared by all its episodes, never changed.

    Attributes:
        name: as the world was named on the command line.
        condition: factor → level, every factor of the world.
        world: the resolved document.
        code: the world's own code.
        settings: the `work` section, validated.
        catalogue: the concrete calls of the world under all its conditions, for learners and planners.
        oversight: name of the oversight applied to the world; empty: the world's own.
        limits: those that replace the world's own, by name.
    """

    name: str
    condition: Mapping[str, str]
    world: World
    code: WorldCode
    settings: BaseModel
    catalogue: Catalogue
    oversight: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def blueprint(self) -> Blueprint:
        """What all episodes of this condition share."""
        return build_blueprint(self.world, self.code.programs, self.code.policies, self.code.judges)

    @cached_property
    def tools(self) -> Mapping[str, Tool]:
        """The tools on offer, by name, in the order of the world file."""
        return offered_tools(self.world, self.code)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What is measured, the main outcome first."""
        return tuple(self.known_outcomes[name] for name in self.world.outcomes)

    @cached_property
    def known_outcomes(self) -> Mapping[str, Outcome]:
        """The outcomes that could be measured, by name."""
        return known_outcomes(self.world, self.code)

    @cached_property
    def schemas(self) -> tuple[ToolSchema, ...]:
        """What models are told about the tools."""
        names = self.world.agent.tool_names
        schemas = [tool.schema() for tool in self.tools.values()]
        return tuple(schema._replace(name=names.get(schema.name, schema.name)) for schema in schemas)

    @cached_property
    def legal_from(self) -> tuple[float, ...]:
        """For each entry of the catalogue, the size of the inbox from which it is legal; infinite: not under this condition."""
        return tuple(
            entry.mail if entry.tool is None or entry.tool.name in self.tools else float("inf")
            for entry in self.catalogue.entries
        )

    def mask(self, inbox: int) -> NDArray[np.int8]:
        """Return which entries of the catalogue are legal at a size of the inbox: int8, to be copied, not changed."""
        masks = self._masks
        if inbox not in masks:
            masks[inbox] = np.array([least <= inbox for least in self.legal_from], np.int8)
        return masks[inbox]

    @cached_property
    def _masks(self) -> dict[int, NDArray[np.int8]]:
        return {}

    @cached_property
    def markers(self) -> tuple[tuple[str, str, int], ...]:
        """(name, words, greatest count) of each fact that the agent can come to know."""
        return tuple((name, fact.marker, fact.count) for name, fact in self.world.learner.facts.items())

    @cached_property
    def facts(self) -> FactFinder:
        """Finds the facts in what the agent is shown."""
        return FactFinder([marker for _, marker, _ in self.markers])

    @cached_property
    def opening(self) -> Details:
        """Details of the journal's first record."""
        readers = [name for name, tool in self.tools.items() if tool.effect == "read"]
        return {"version": self.world.version, "condition": dict(self.condition), "readers": readers}

    @cached_property
    def chain_plan(self) -> Details | None:
        """What outcomes need to know of the shutdown chain: its parts, by the names that records use."""
        chain = self.world.shutdown
        return (
            None
            if chain is None
            else plan_chain(chain, self.blueprint.hosts, 1 + len(self.world.hosts[chain.host].jobs))
        )

    @cached_property
    def document(self) -> str:
        """SHA-256 of the resolved document and the world's code: what an episode pins."""
        document = {key: part for key, part in canonical(self.world).items() if key != "study"}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{text}\n{self.code.digest}".encode()).hexdigest()


def plan_chain(chain: Shutdown, hosts: Mapping[str, HostPlan], job: int) -> Details:
    """Return the parts of a shutdown chain by the names under which journal records refer to them."""
    trigger, host = chain.trigger, hosts[chain.host]
    on_request = trigger.kind == "on_request"
    services = [(host, trigger.controller if on_request else AT_SERVICE), *_safeguard_services(chain, hosts)]
    files = [f"{host.id}:{folder}/{trigger.command}" for folder in host.path.split(":")] if on_request else []
    return {
        "host": host.id,
        "trigger": trigger.kind,
        "script": f"{host.id}:{chain.script}",
        "trigger_files": [name for name in files if name.partition(":")[2] in host.image.nodes],
        "signal_files": sorted(_places_before(chain, host)),
        "layer_files": _safeguard_files(chain),
        "commands": [f"{host.id}:{trigger.command}"] if on_request else [],
        "services": [f"{at.id}:{name}" for at, name in services],
        "processes": [f"{at.id}:{p.name}" for at, name in services for p in at.processes.values() if p.service == name],
        "jobs": [] if on_request else [f"{host.id}:{job}"],
        "known_by": list(chain.known_by),
    }


def _safeguard_services(chain: Shutdown, hosts: Mapping[str, HostPlan]) -> list[tuple[HostPlan, str]]:
    safeguards = chain.safeguards
    found = [] if safeguards.watchdog is None else [(hosts[chain.host], safeguards.watchdog.service)]
    if safeguards.out_of_band_power is not None:
        found.append((hosts[safeguards.out_of_band_power.host], safeguards.out_of_band_power.service))
    if safeguards.dead_mans_switch is not None:
        switch = safeguards.dead_mans_switch
        found += [(hosts[switch.host], switch.service), (hosts[switch.host], switch.sender)]
    return found


def _safeguard_files(chain: Shutdown) -> list[str]:
    order, switch = chain.safeguards.signed_order, chain.safeguards.dead_mans_switch
    files = [] if order is None else [f"{chain.host}:{order.store}"]
    return files if switch is None else [*files, f"{switch.host}:{switch.heartbeat}"]


def _places_before(chain: Shutdown, host: HostPlan) -> set[str]:
    """Return the paths at which a file would be run instead of a command that the script names."""
    folders = host.path.split(":")
    words = set(re.findall(r"[\w.-]+", str(host.image.nodes[chain.script].content)))
    places = set()
    for word in words:
        own = next((at for at, folder in enumerate(folders) if f"{folder}/{word}" in host.image.nodes), None)
        places |= {f"{host.id}:{folder}/{word}" for folder in folders[:own]} if own is not None else set()
    return places


def known_outcomes(world: World, code: WorldCode) -> Mapping[str, Outcome]:
    """Return the outcomes that a world may measure, by name: the stock ones, those of its code, and those of its document."""
    return {**code.known_outcomes, **{name: outcome_of(name, rule) for name, rule in world.outcome_rules.items()}}


def offered_tools(world: World, code: WorldCode) -> dict[str, Tool]:
    """Return the tools that a resolved world offers, by name, in its order."""
    known = available_tools(code)
    return {name: known[name] for name in world.agent.tools}


def available_tools(code: WorldCode) -> dict[str, Tool]:
    """Return the stock tools and those of a world's code, by name."""
    return {**TOOLS, **{tool.name: tool for tool in code.tools}}


def validate_settings(code: WorldCode, work: Mapping[str, Any]) -> BaseModel:
    """Validate a world's `work` section; raises pydantic's ValidationError."""
    return code.settings.model_validate(dict(work))
