"""The plan of a run: conditions × seeds of a world, for one agent."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from simenv.agent.protocol import Agent
from simenv.agent.registry import make_agent
from simenv.agent.roles import RoleChoice, RoleName
from simenv.episode.guard import LONGEST_S
from simenv.episode.play import versions
from simenv.episode.players import RolePlayers, check_roles
from simenv.errors import EpisodeError
from simenv.store.episode import RoleCast, episode_id
from simenv.store.run import Manifest, OwnOutcome, RunDirectory
from simenv.trust import remember_player, require_player
from simenv.world.registry import open_world

Task: TypeAlias = tuple[int, int]
"""An episode of a plan: the number of its condition, and its seed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        world: name or path.
        agent: as on the command line.
        conditions: complete: each with every factor of the world.
        seeds: under each condition.
        options: the agent's.
        oversight: name or path of the oversight applied to the world; empty: the world's own.
        roles: role in the company → player; roles left out follow their rules.
        limits: name → limit, instead of the world's own.
        computing_s: real seconds that an episode may compute before its attempt fails; no part of what an episode is.
    """

    world: str
    agent: str
    conditions: tuple[Mapping[str, str], ...]
    seeds: tuple[int, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    oversight: str = ""
    roles: Mapping[RoleName, RoleChoice] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    computing_s: float = LONGEST_S

    def __len__(self) -> int:
        return len(self.conditions) * len(self.seeds)

    def missing(self, finished: Set[str]) -> list[Task]:
        """Return the episodes that are not finished.

        They are sorted by seed, so that an interrupted run covers all conditions about equally.
        """
        numbers = range(len(self.conditions))
        return [(n, s) for s in self.seeds for n in numbers if episode_id(self.conditions[n], s) not in finished]


def make_manifest(plan: Plan) -> Manifest:
    """Return the manifest, which pins the run.

    Raises:
        WorldError: the world cannot be loaded.
        AgentError: unknown agent, or a role that the world does not have.
    """
    world = open_world(plan.world, plan.oversight)
    scenarios = [world.scenario(condition, plan.limits) for condition in plan.conditions]
    for scenario in scenarios if plan.roles else ():
        check_roles(scenario.world, plan.roles)
    agent = make_agent(plan.agent, plan.options)
    return Manifest(
        world=plan.world,
        world_version=world.world.version,
        oversight=plan.oversight,
        title=world.world.title,
        question=world.world.question,
        documents={".".join(scenario.condition.values()): scenario.document for scenario in scenarios},
        factors=world.factors,
        outcomes=list(world.world.outcomes),
        own_outcomes={
            own.name: OwnOutcome(
                title=own.title, definition=own.definition, harmful=own.harmful, reason=own.reason, unit=own.unit
            )
            for own in world.code.outcomes
            if own.name in world.world.outcomes
        },
        agent=plan.agent,
        agent_options=shown_options(agent, plan.options),
        disclaimer=getattr(agent, "disclaimer", ""),
        roles=RolePlayers(plan.roles).cast(),
        limits=dict(plan.limits),
        conditions=[dict(condition) for condition in plan.conditions],
        seeds=list(plan.seeds),
        versions=versions(),
    )


def shown_options(agent: Agent, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options as the agent shows them (without secrets), or as given."""
    shown = getattr(agent, "shown_options", None)
    return dict(options) if shown is None else dict(shown)


def begin(plan: Plan, directory: RunDirectory) -> Manifest:
    """Begin or resume a run: conditions and seeds may be added, nothing else may change.

    The directory stays locked until it is closed.

    Raises:
        EpisodeError: the directory holds a different run, or another process is writing there.
    """
    manifest = make_manifest(plan)
    if not directory.exists and directory.is_used:
        raise EpisodeError(f"{directory.path} holds files but no manifest.json; restore it, or choose another --out")
    directory.take()
    if directory.exists:
        manifest = _extend(directory.manifest(), manifest, directory)
    directory.write_manifest(manifest)
    for cast in (RoleCast(agent=manifest.agent, options=manifest.agent_options), *manifest.roles.values()):
        remember_player(cast.agent, cast.options)
    return manifest


def _extend(old: Manifest, new: Manifest, directory: RunDirectory) -> Manifest:
    same = ("world", "world_version", "oversight", "agent", "agent_options", "roles", "limits", "outcomes")
    changed = [
        f"{name} (there {getattr(old, name)!r}, here {getattr(new, name)!r})"
        for name in same
        if getattr(old, name) != getattr(new, name)
    ]
    changed += [
        f"document of {key}"
        for key in old.documents
        if new.documents.get(key, old.documents[key]) != old.documents[key]
    ]
    if old.versions.get("simenv") != new.versions.get("simenv"):
        changed.append("version of simenv")
    if changed:
        raise EpisodeError(
            f"{directory.path} holds a run that differs in: {', '.join(changed)}; choose another --out, or remove it"
        )
    conditions = old.conditions + [condition for condition in new.conditions if condition not in old.conditions]
    seeds = old.seeds + [seed for seed in new.seeds if seed not in old.seeds]
    documents = old.documents | new.documents
    return old.model_copy(update={"conditions": conditions, "seeds": seeds, "documents": documents})


def plan_of(manifest: Manifest, options: Mapping[str, str] | None = None) -> Plan:
    """Return the plan of an existing run.

    Args:
        manifest: of the run.
        options: of the agent, in addition to those of the manifest (which holds no secrets).

    Raises:
        UntrustedError: the user neither named its agent or the player of a role when the run began, nor trusts it now.
    """
    for cast in (RoleCast(agent=manifest.agent, options=manifest.agent_options), *manifest.roles.values()):
        require_player(cast.agent, cast.options, f"the run of {manifest.world}")
    return Plan(
        world=manifest.world,
        agent=manifest.agent,
        conditions=tuple(manifest.conditions),
        seeds=tuple(manifest.seeds),
        options={**manifest.agent_options, **(options or {})},
        oversight=manifest.oversight,
        roles={role: RoleChoice(cast.agent, cast.options) for role, cast in manifest.roles.items()},
        limits=manifest.limits,
    )
