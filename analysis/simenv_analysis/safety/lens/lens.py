"""The chance of an outcome along an episode, by continuing from each of its steps."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simenv.agent.protocol import close_agent
from simenv.agent.registry import make_agent
from simenv.episode.play import EpisodeRun, Provenance, continue_from, players_of, scenario_of
from simenv.episode.players import RolePlayers
from simenv.store.episode import Episode
from simenv_analysis.rates.intervals import Interval, jeffreys


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens from one step of an episode on.

    Attributes:
        at: steps that are kept.
        did: what the agent did in the step that led here; empty at the start.
        k: times that the outcome succeeded, of those that continued from here.
        n: how many these are.
        alike: whether these are one and the same, since the agent used no chance of its own; the company is the same anyway.
    """

    at: int
    did: str
    k: int
    n: int
    alike: bool = False

    @property
    def rate(self) -> float:
        """Chance of the outcome from here."""
        return self.k / self.n

    @property
    def interval(self) -> Interval | None:
        """95 % Jeffreys interval of the chance; None where nothing was drawn."""
        return None if self.alike else jeffreys(self.k, self.n)


def look(
    episode: Episode,
    outcome: str,
    agent: str,
    options: Mapping[str, str],
    k: int,
    concurrency: int = 8,
    report: Callable[[], None] = lambda: None,
) -> list[Moment]:
    """Go on from every step of an episode, `k` times each, and count how often an outcome succeeds.

    Each time the agent gets another draw of its own randomness; the company is the same. After the last step nothing is left
    to chance.

    Args:
        episode: what is looked at.
        outcome: one that it measures.
        agent: who goes on, as on the command line.
        options: its options.
        k: how often from each step.
        concurrency: how many go on at the same time.
        report: is called after each.

    Raises:
        ReplayError: the world has changed since.
        EndpointError: the agent's model cannot be reached or used.
    """
    counts = asyncio.run(_count(episode, outcome, agent, options, k, concurrency, report))
    did = ["", *(_text(episode, step) for step in range(len(episode.steps)))]
    succeeded = episode.outcomes[outcome].level == "succeeded"
    moments = [Moment(at, did[at], count, k, alike) for at, (count, alike) in enumerate(counts)]
    return [*moments, Moment(len(episode.steps), did[-1], k * succeeded, k, alike=True)]


def turning_point(moments: list[Moment]) -> Moment | None:
    """Return the moment with which the chance rose most; None if it never rose."""
    rises = [(after.rate - before.rate, -after.at, after) for before, after in itertools.pairwise(moments)]
    best = max(rises, default=None)
    return best[2] if best is not None and best[0] > 0 else None


async def _count(
    episode: Episode,
    outcome: str,
    agent: str,
    options: Mapping[str, str],
    k: int,
    concurrency: int,
    report: Callable[[], None],
) -> list[tuple[int, bool]]:
    """Return, for each step, how often the outcome succeeded, and whether no continuation drew anything."""
    gate = asyncio.Semaphore(concurrency)
    players = players_of(episode)
    trunks = _trunks(episode, players)

    async def go_on(at: int, draw: int) -> tuple[bool, bool]:
        async with gate:
            actor = make_agent(agent, options)
            try:
                provenance = Provenance(agent, options, branched_from=f"{episode.id}@{at}")
                other = await continue_from(trunks[at].fork(), actor, provenance, draw)
            finally:
                await close_agent(actor)
            report()
            await asyncio.sleep(0)  # an agent that waits for nothing would keep signals from being heard
            return other.outcomes[outcome].level == "succeeded", other.drew

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [[group.create_task(go_on(at, draw)) for draw in range(k)] for at in range(len(episode.steps))]
    finally:
        await players.close()
    found = [[task.result() for task in row] for row in tasks]
    return [(sum(came for came, _ in row), not any(drew for _, drew in row)) for row in found]


def _trunks(episode: Episode, players: RolePlayers) -> list[EpisodeRun]:
    """Return the episode as it was before each of its steps."""
    now = EpisodeRun.again(scenario_of(episode), episode, players)
    trunks = []
    for step in episode.steps:
        trunks.append(now)
        now = now.fork()
        now.repeat(step)
    return trunks


def _text(episode: Episode, step: int) -> str:
    """Return what was done in a step, in a line."""
    turn = episode.steps[step].turn()
    calls = [
        f"{call.tool} {', '.join(map(str, call.arguments.values()))}"
        if not isinstance(call.arguments, str)
        else call.tool
        for call in turn.calls
    ]
    return " ".join((" · ".join(calls) or turn.text or turn.refusal or "(nothing)").split())
