"""The plan of a run: conditions × seeds of a world, for one agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from simenv.agent.protocol import Agent
from simenv.agent.registry import make_agent
from simenv.agent.roles import RoleChoice, RoleName
from simenv.episode.guard import LONGEST_S
from simenv.episode.play import versions
from simenv.episode.players import RolePlayers, check_roles
from simenv.errors import EpisodeError, SimenvError
from simenv.installed import world_folders
from simenv.outcomes import OUTCOMES
from simenv.schema import read_yaml, resolve_document
from simenv.store.episode import RoleCast, episode_id
from simenv.store.manifest import Manifest, OwnOutcome
from simenv.store.run import RunDirectory
from simenv.trust import remember_player, require_player
from simenv.world.code import FILE as CODE
from simenv.world.copies import DOCUMENT, OVERSIGHT, keep_world, world_in
from simenv.world.difference import differences
from simenv.world.folder import WorldFolder
from simenv.world.overlay import apply_overlay, read_overlay
from simenv.world.registry import open_copy
from simenv.world.scenario import known_outcomes

_EDITS = 3
"""Differences of an edited world that the message names."""
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
        copy: of the world, in the directory of a run that is resumed, where the world is not an installed one.
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
    copy: Path | None = None

    def open(self) -> WorldFolder:
        """Return its world. Raises SimenvError if it cannot be opened."""
        return open_copy(self.copy, self.world, self.oversight)

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
    world = plan.open()
    named = {factor for condition in plan.conditions for factor in condition}
    nuisance = {factor: levels for factor, levels in world.nuisance.items() if factor in named}
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
        factors=world.factors | nuisance,
        nuisance=list(nuisance),
        outcomes=list(world.world.outcomes),
        own_outcomes={
            own.name: OwnOutcome(
                title=own.title,
                definition=own.definition,
                harmful=own.harmful,
                reason=own.reason,
                unit=own.unit,
                as_published=own.as_published,
            )
            for own in map(known_outcomes(world.world, world.code).__getitem__, world.world.outcomes)
            if own.name not in OUTCOMES
        },
        agent=plan.agent,
        agent_options=shown_options(agent, plan.options),
        disclaimer=getattr(agent, "disclaimer", ""),
        roles=RolePlayers(plan.roles).cast(),
        limits=dict(plan.limits),
        computing_s=plan.computing_s,
        conditions=[dict(condition) for condition in plan.conditions],
        seeds=list(plan.seeds),
        versions=versions(),
    )


def shown_options(agent: Agent, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options as the agent shows them (without secrets), or as given."""
    shown = getattr(agent, "shown_options", None)
    return dict(options) if shown is None else dict(shown)


def begin(plan: Plan, directory: RunDirectory) -> Manifest:
    """Begin or resume a run: conditions and seeds may be added, nothing else may change once an episode has finished.

    The directory stays locked until it is closed. The world is copied into it.

    Raises:
        EpisodeError: the directory holds a different run, or another process is writing there.
    """
    manifest = make_manifest(plan)
    if not directory.exists and directory.is_used:
        raise EpisodeError(f"{directory.path} holds files but no manifest.json; restore it, or choose another --out")
    directory.take()
    world = plan.open()
    if directory.exists and directory.finished():
        manifest = _extend(directory.manifest(), manifest, directory, world)
    overlay = None if world.overlay is None else world.overlay.file
    mark = keep_world(directory.worlds, world.folder, world.world.name, overlay)
    kept = dict.fromkeys(manifest.documents.values(), mark) | manifest.kept
    manifest = manifest.model_copy(update={"kept": kept})
    directory.write_manifest(manifest)
    for cast in (RoleCast(agent=manifest.agent, options=manifest.agent_options), *manifest.roles.values()):
        remember_player(cast.agent, cast.options)
    return manifest


def _extend(old: Manifest, new: Manifest, directory: RunDirectory, world: WorldFolder) -> Manifest:
    same = ("world", "world_version", "oversight", "agent", "agent_options", "roles", "limits", "outcomes")
    changed = [
        f"{name} (there {getattr(old, name)!r}, here {getattr(new, name)!r})"
        for name in same
        if getattr(old, name) != getattr(new, name)
    ]
    edited = [key for key in old.documents if new.documents.get(key, old.documents[key]) != old.documents[key]]
    changed += _edits(old, edited, directory, world) if edited else []
    if old.versions.get("simenv") != new.versions.get("simenv"):
        changed.append("version of simenv")
    if changed:
        raise EpisodeError(
            f"{directory.path} holds a run that differs in: {', '.join(changed)}; --fresh sets it aside and begins another, "
            "or choose another --out"
        )
    conditions = old.conditions + [condition for condition in new.conditions if condition not in old.conditions]
    seeds = old.seeds + [seed for seed in new.seeds if seed not in old.seeds]
    documents = old.documents | new.documents
    added = {"conditions": conditions, "seeds": seeds, "documents": documents, "computing_s": new.computing_s}
    return old.model_copy(update=added)


def _edits(old: Manifest, edited: Sequence[str], directory: RunDirectory, world: WorldFolder) -> list[str]:
    """Return in what the world differs from the copy that a run keeps, in three entries at most, under an edited condition."""
    condition = next((each for each in old.conditions if ".".join(each.values()) == edited[0]), {})
    copy = directory.worlds / old.kept.get(old.documents[edited[0]], "none")
    folder = world_in(copy)
    if folder is None:
        return [f"document of {key}" for key in edited[:_EDITS]]
    try:
        found = list(
            differences(_document(copy, folder, condition), resolve_document(world.source.document, condition))
        )
    except (SimenvError, KeyError, TypeError):
        found = ["world.yaml"]
    if _text(folder / CODE) != _text(world.folder / CODE):
        found.insert(0, f"the world's {CODE}")
    more = [f"{len(found) - _EDITS} more fields of the world"] if len(found) > _EDITS else []
    return [*found[:_EDITS], *more]


def _document(copy: Path, folder: Path, condition: Mapping[str, str]) -> Any:
    source = read_yaml(folder / DOCUMENT)
    if (copy / OVERSIGHT).is_file():
        source = apply_overlay(source, read_overlay(copy / OVERSIGHT, OVERSIGHT))
    return resolve_document(source.document, dict(condition))


def _text(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def plan_of(manifest: Manifest, options: Mapping[str, str] | None = None, where: Path | None = None) -> Plan:
    """Return the plan of an existing run.

    Args:
        manifest: of the run.
        options: of the agent, in addition to those of the manifest (which holds no secrets).
        where: the run directory, whose copy of the world is used unless the world is an installed one.

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
        computing_s=manifest.computing_s or LONGEST_S,
        copy=copy_of_world(manifest, where),
    )


def copy_of_world(manifest: Manifest, where: Path | None) -> Path | None:
    """Return the copy of its world that a run keeps; None if it keeps none, or if the world is an installed one."""
    mark = next(reversed(manifest.kept.values()), "")
    return (
        RunDirectory(where).worlds / mark
        if where is not None and mark and manifest.world not in world_folders()
        else None
    )
