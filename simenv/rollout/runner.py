"""Runs episodes in one process: tasks on one event loop, many of which may wait for a model concurrently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from simenv.agent.protocol import Agent, Usage, close_agent, has_drawn, start_agent
from simenv.agent.registry import make_agent
from simenv.agent.roles import RoleName
from simenv.episode.guard import guarded
from simenv.episode.play import EpisodeRun, Provenance
from simenv.episode.players import RolePlayers
from simenv.errors import AgentCodeError, BudgetError, EndpointError, OverrunError, WorldError
from simenv.rollout.plan import Plan, Task, shown_options
from simenv.store.episode import Episode, episode_id

GIVE_UP_AFTER = 5
"""A run ends after this many failures in a row: the endpoint is gone."""


class Result(NamedTuple):
    """A finished episode, as listeners receive it.

    Attributes:
        id: of the episode.
        levels: outcome → level of its verdict.
        usage: tokens of the agent.
        role_usage: tokens of the players of roles, by role.
    """

    id: str
    levels: Mapping[str, str]
    usage: Usage
    role_usage: Mapping[RoleName, Usage]

    @classmethod
    def of(cls, episode: Episode) -> Result:
        """Return the result of an episode."""
        levels: dict[str, str] = {name: verdict.level for name, verdict in episode.outcomes.items()}
        return cls(episode.id, levels, episode.usage, episode.role_usage())


class ProgressListener(Protocol):
    """Receives the progress of a run."""

    def began(self, total: int, finished: int) -> None:
        """The run begins; some of its episodes may be finished already."""

    def ended(self, result: Result) -> None:
        """An episode is finished and stored."""

    def failed(self, id: str, error: str) -> None:
        """An episode failed; resuming the run retries it."""


class EpisodeSink(Protocol):
    """Where finished episodes go."""

    def append(self, episode: Episode) -> None:
        """Keep an episode."""


class EpisodeRunner:
    """Runs the episodes of a shared queue.

    Args:
        plan: what they belong to.
        directory: where finished episodes go.
        listener: is notified of each episode.
        keep_failure: stores a failed attempt: id, error, steps.
    """

    def __init__(
        self,
        plan: Plan,
        directory: EpisodeSink,
        listener: ProgressListener,
        keep_failure: Callable[[str, str, int], None],
    ) -> None:
        self._plan = plan
        self._directory = directory
        self._listener = listener
        self._keep_failure = keep_failure
        self._world = plan.open()
        self.is_stopping = False
        """Set from outside: finish the running episodes and start no more."""
        self.failures_in_row = 0
        self.last_error = ""
        self.out_of_budget: BudgetError | None = None
        """An agent's error when its budget was used up; no more episodes are started then."""

    @property
    def has_given_up(self) -> bool:
        """Whether too many episodes failed in a row to continue."""
        return self.failures_in_row >= GIVE_UP_AFTER

    async def play(self, tasks: Iterable[Task], concurrency: int) -> None:
        """Play episodes, at most `concurrency` concurrently.

        Raises:
            EpisodeError: the directory cannot be written.
        """
        todo = iter(tasks)
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, concurrency)):
                group.create_task(self._work(todo))

    async def _work(self, todo: Iterable[Task]) -> None:
        agent = make_agent(self._plan.agent, self._plan.options)
        players = RolePlayers(self._plan.roles)
        try:
            for number, seed in todo:
                await self._play(agent, players, number, seed)
                if self.is_stopping or self.has_given_up or self.out_of_budget is not None:
                    return
                await asyncio.sleep(0)  # an agent that never awaits would block the loop, and with it signals
        finally:
            await close_agent(agent)
            await players.close()

    async def _play(self, agent: Agent, players: RolePlayers, number: int, seed: int) -> None:
        condition = self._plan.conditions[number]
        begun: list[EpisodeRun] = []
        try:
            episode = await guarded(
                self._play_to_the_end(agent, players, condition, seed, begun), self._plan.computing_s
            )
        except (EndpointError, AgentCodeError, OverrunError, WorldError) as error:
            if isinstance(error, BudgetError):
                self.out_of_budget = error
            else:
                self.failures_in_row += 1
                self.last_error = str(error)
            id = episode_id(condition, seed)
            self._keep_failure(id, str(error), len(begun[0].session.turns) if begun else 0)
            self._listener.failed(id, str(error))
            return
        self._directory.append(episode)
        self.failures_in_row = 0
        self._listener.ended(Result.of(episode))

    async def _play_to_the_end(
        self, agent: Agent, players: RolePlayers, condition: Mapping[str, str], seed: int, begun: list[EpisodeRun]
    ) -> Episode:
        """Play an episode; it is added to `begun` as soon as it has begun."""
        episode_run = await EpisodeRun.begin(self._world.scenario(condition, self._plan.limits), seed, players)
        begun.append(episode_run)
        start_agent(agent, episode_run.session.briefing)
        await episode_run.play(agent)
        await episode_run.settle()
        options = shown_options(agent, self._plan.options)
        disclaimer = getattr(agent, "disclaimer", "")
        return episode_run.finish(Provenance(self._plan.agent, options, disclaimer, drew=has_drawn(agent)))


def gave_up(error: str, failures: int) -> EndpointError:
    """Return the error that ends a run after `failures` failures in a row, of which this was the last."""
    return EndpointError(f"{error}\nGave up after {failures} failures in a row; run again to continue")


def first_of(error: BaseException) -> BaseException:
    """Return an error, or the first of a group of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
