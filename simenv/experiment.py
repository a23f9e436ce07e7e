"""Conditions × seeds: which episodes a run consists of, and running those that are still missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from simenv.agent import Agent
from simenv.episode import Cast, Performance, close_agent, versions
from simenv.episode_file import Episode, episode_id
from simenv.errors import EndpointError, EpisodeError
from simenv.registry import make_agent, open_world
from simenv.run_directory import Manifest, RunDirectory

GIVE_UP_AFTER = 5
"""So many failures in a row, without an episode finished between, end a run: the endpoint is gone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        world: name or path.
        agent: as on the command line.
        conditions: each with every factor of the world.
        seeds: run under each condition.
        options: the agent's.
        oversight: laid over the world; name or path, empty: the world's own.
    """

    world: str
    agent: str
    conditions: tuple[Mapping[str, str], ...]
    seeds: tuple[int, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    oversight: str = ""

    def episodes(self) -> Iterator[tuple[Mapping[str, str], int]]:
        """Yield (condition, seed), seed by seed, so that a run cut short has all conditions about equally often."""
        for seed in self.seeds:
            for condition in self.conditions:
                yield condition, seed

    def __len__(self) -> int:
        return len(self.conditions) * len(self.seeds)


class Watcher(Protocol):
    """Whoever wants to know how a run goes."""

    def began(self, total: int, finished: int) -> None:
        """The run begins; so many of its episodes are there already."""

    def ended(self, episode: Episode) -> None:
        """An episode is finished and stored."""

    def failed(self, id: str, error: str) -> None:
        """An episode failed; it will be tried again when the run is continued."""


def make_manifest(plan: Plan) -> Manifest:
    """Return what a run pins.

    Raises:
        WorldError: the world cannot be loaded.
        AgentError: there is no such agent.
    """
    world = open_world(plan.world, plan.oversight)
    agent = make_agent(plan.agent, plan.options)
    return Manifest(
        world=plan.world,
        world_version=world.world.version,
        oversight=plan.oversight,
        title=world.world.title,
        question=world.world.question,
        documents={".".join(c.values()): world.scenario(c).document for c in plan.conditions},
        factors=world.factors,
        outcomes=list(world.world.outcomes),
        agent=plan.agent,
        agent_options=_shown_options(agent, plan.options),
        stand_in=getattr(agent, "stand_in", ""),
        conditions=[dict(condition) for condition in plan.conditions],
        seeds=list(plan.seeds),
        versions=versions(),
    )


def _shown_options(agent: Agent, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options as an agent wants them shown (without secrets), or as they were given."""
    shown = getattr(agent, "shown_options", None)
    return dict(options) if shown is None else dict(shown)


def begin(plan: Plan, directory: RunDirectory) -> Manifest:
    """Begin a run, or go on with one: conditions and seeds may be added to a run, nothing else may change.

    Raises:
        EpisodeError: the directory holds another run.
    """
    manifest = make_manifest(plan)
    if not directory.exists and directory.is_used:
        raise EpisodeError(f"{directory.path} holds files but no manifest.json; restore it, or choose another --out")
    if directory.exists:
        manifest = _extend(directory.manifest(), manifest, directory)
    directory.write_manifest(manifest)
    return manifest


def _extend(old: Manifest, new: Manifest, directory: RunDirectory) -> Manifest:
    same = ("world", "world_version", "oversight", "agent", "agent_options", "outcomes")
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
    changed += [
        f"version of {name}" for name in ("simenv", "faker") if old.versions.get(name) != new.versions.get(name)
    ]
    if changed:
        raise EpisodeError(
            f"{directory.path} holds a run that differs in: {', '.join(changed)}; choose another --out, or remove it"
        )
    conditions = old.conditions + [condition for condition in new.conditions if condition not in old.conditions]
    seeds = old.seeds + [seed for seed in new.seeds if seed not in old.seeds]
    documents = old.documents | new.documents
    return old.model_copy(update={"conditions": conditions, "seeds": seeds, "documents": documents})


async def run(plan: Plan, directory: RunDirectory, watcher: Watcher, *, concurrency: int = 1) -> None:
    """Run the episodes of a plan that the directory does not hold yet.

    Args:
        plan: what to run.
        directory: begun with `begin`.
        watcher: is told how it goes.
        concurrency: how many episodes may wait for their agents at the same time.

    Raises:
        EndpointError: so many episodes failed in a row that going on is useless; what is finished is kept.
        EpisodeError: the directory cannot be written.
    """
    finished = directory.finished()
    todo = ((c, s) for c, s in plan.episodes() if episode_id(c, s) not in finished)
    watcher.began(len(plan), sum(episode_id(c, s) in finished for c, s in plan.episodes()))
    crew = _Crew(plan, directory, watcher)
    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, concurrency)):
            group.create_task(crew.work(todo))
    if crew.last_error and crew.failures_in_row >= GIVE_UP_AFTER:
        raise EndpointError(
            f"{crew.last_error}\nGave up after {crew.failures_in_row} failures in a row; run again to go on"
        )


class _Crew:
    """Workers that share one list of episodes."""

    def __init__(self, plan: Plan, directory: RunDirectory, watcher: Watcher) -> None:
        self._plan = plan
        self._directory = directory
        self._watcher = watcher
        self._world = open_world(plan.world, plan.oversight)
        self.failures_in_row = 0
        self.last_error = ""

    async def work(self, todo: Iterable[tuple[Mapping[str, str], int]]) -> None:
        """Play one episode after the other."""
        agent = make_agent(self._plan.agent, self._plan.options)
        try:
            for condition, seed in todo:
                if self.failures_in_row >= GIVE_UP_AFTER:
                    return
                await self._play(agent, condition, seed)
        finally:
            await close_agent(agent)

    async def _play(self, agent: Agent, condition: Mapping[str, str], seed: int) -> None:
        performance = Performance(self._world.scenario(condition), seed)
        try:
            agent.start(performance.session.briefing)
            await performance.play(agent)
        except EndpointError as error:
            self._note_failure(episode_id(condition, seed), str(error), len(performance.session.turns))
            return
        cast = Cast(self._plan.agent, _shown_options(agent, self._plan.options), getattr(agent, "stand_in", ""))
        episode = performance.finish(cast)
        self._directory.append(episode)
        self.failures_in_row = 0
        self._watcher.ended(episode)

    def _note_failure(self, id: str, error: str, steps: int) -> None:
        self.failures_in_row += 1
        self.last_error = error
        self._directory.append_failure(id, error, steps)
        self._watcher.failed(id, error)
