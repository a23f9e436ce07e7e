"""Playing, replaying and branching episodes."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial

from simenv import __version__
from simenv.agent.protocol import Agent, Turn, close_agent, follow_turn, has_drawn, next_turn, start_agent
from simenv.agent.roles import AnswerWantedError, RoleChoice, RoleName, Roles
from simenv.agent.tools_told import drops_tools
from simenv.agent.transcript import Transcript
from simenv.episode.day import go_on
from simenv.episode.guard import guarded, interrupting
from simenv.episode.players import NO_PLAYERS, RolePlayers
from simenv.episode.session import Session
from simenv.errors import ReplayError
from simenv.kernel import derive_seed
from simenv.outcomes.measures import measure
from simenv.store.episode import Consultation, Episode, Evidence, Step, episode_id
from simenv.store.turns import TurnCounts, count_turns
from simenv.trust import require_player
from simenv.world.registry import recorded_scenario
from simenv.world.scenario import Scenario

_FOLLOWS = {"ended", "time", "score", "outcomes", "measures", "turn_counts", "evidence", "interview", "messages"}
"""Fields of an episode that follow from its journal and turns: a replay proves them too."""


@cache
def versions() -> dict[str, str]:
    """Return the versions of what decides an episode's bytes, and of the Python it ran on."""
    return {"simenv": __version__, "python": platform.python_version()}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who plays an episode, as the episode file states it.

    Attributes:
        agent: as given on the command line.
        options: its options, without secrets.
        disclaimer: a sentence that says that it is no model; empty if it is one.
        branched_from: ``<episode id>@<step>`` for a branch.
        drew: whether it used chance of its own, as far as is known.
    """

    agent: str
    options: Mapping[str, str] = field(default_factory=dict)
    disclaimer: str = ""
    branched_from: str = ""
    drew: bool = True


class EpisodeRun:
    """An episode being played: the session and its transcript, kept in step.

    Args:
        scenario: world and condition.
        seed: the episode's seed.
        players: who plays roles in the company; by default rules do.
        known: answers of players that are known, in order; where they end, or fit no more, the players are asked.

    Raises:
        AnswerWantedError: a player is to answer something before the first turn, which is not known (use `begin`).
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        players: RolePlayers = NO_PLAYERS,
        known: Sequence[Consultation] = (),
    ) -> None:
        self._scenario = scenario
        self._seed = seed
        self._players = players
        self._known = list(known)
        self._turns: list[Turn] = []
        self.session: Session = self._start()
        self.transcript = Transcript(self.session.briefing)
        self.observation = self.session.observe()

    @classmethod
    async def begin(cls, scenario: Scenario, seed: int, players: RolePlayers = NO_PLAYERS) -> EpisodeRun:
        """Begin an episode, asking players what they are to answer before the first turn. Raises what they raise."""
        known: list[Consultation] = []
        while True:
            try:
                return cls(scenario, seed, players, known)
            except AnswerWantedError as wanted:
                known.append(await players.answer(wanted.request, seed, len(known)))

    @classmethod
    @interrupting()
    def again(cls, scenario: Scenario, episode: Episode, players: RolePlayers) -> EpisodeRun:
        """Begin an episode that was played before. Raises OverrunError if the world's code does not return."""
        return cls(scenario, episode.seed, players, episode.consultations)

    @interrupting()
    def repeat(self, step: Step) -> None:
        """Take a turn that was taken before. Raises OverrunError if it does not end; besides, as `take`."""
        self.take(step.turn())

    def _start(self) -> Session:
        return Session(self._scenario, self._seed, Roles(self._players.roles, [asked.answer for asked in self._known]))

    def take(self, turn: Turn) -> None:
        """Take one turn.

        Raises:
            AnswerWantedError: a player is to answer something that is not known; nothing more can be done here.
        """
        began = self.session.company.sim.now
        self.observation = self.session.take(turn)
        taken = self.session.turns[-1]
        self._turns.append(taken)
        self.transcript.add_turn(taken, began)
        self.transcript.add_observation(self.observation, self.session.company.sim.now)

    def _rewind(self) -> None:
        """Bring the session to where it was before something was left undone in it."""
        self.session = self._start()
        self.observation = self.session.observe()
        for turn in self._turns:
            self.observation = self.session.take(turn)

    def fork(self) -> EpisodeRun:
        """Return a copy of the episode being played that continues on its own; see `Session.fork`."""
        twin = object.__new__(EpisodeRun)
        twin._scenario, twin._seed, twin._players = self._scenario, self._seed, self._players
        twin._known, twin._turns = list(self._known), list(self._turns)
        twin.session = self.session.fork()
        twin.transcript = self.transcript.copy()
        twin.observation = twin.session.rebound(self.observation)
        return twin

    def brief(self, agent: Agent, draw: int | None = None) -> None:
        """Start an agent that is to continue from here: it is briefed, and follows the turns that were taken.

        Args:
            agent: a new agent.
            draw: which other draw of the agent's own randomness to use; None: the episode's.
        """
        briefing = self.session.briefing
        if draw is not None:
            briefing = replace(briefing, seed=derive_seed(briefing.seed, f"draw/{draw}") % 2**31)
        start_agent(agent, briefing)
        for observation, turn in self.session.history():
            follow_turn(agent, observation, turn)

    async def play(self, agent: Agent) -> None:
        """Let an agent act until the episode is over. Raises what the agent and the players raise."""
        while not self.observation.done:
            await self._go_through(partial(self.take, await next_turn(agent, self.observation)))

    async def settle(self) -> None:
        """Play what is left after the agent's part, asking players where they are to answer. Raises what they raise."""
        await self._go_through(self._close)

    def _close(self) -> None:
        self.session.close()

    async def _go_through(self, act: Callable[[], object]) -> None:
        while True:
            try:
                act()
                return
            except AnswerWantedError as wanted:
                del self._known[self.session.company.roles.taken :]
                self._known.append(await self._players.answer(wanted.request, self._seed, len(self._known)))
                self._rewind()

    def forget_what_is_to_come(self) -> None:
        """Keep only the answers of players that were needed so far."""
        taken = self.session.company.roles.taken
        if taken < len(self._known):
            del self._known[taken:]
            self._rewind()

    def finish(self, provenance: Provenance) -> Episode:
        """Judge the episode and return it as it is kept.

        Raises:
            AnswerWantedError: it is not settled.
        """
        session, scenario = self.session, self.session.scenario
        outcomes = session.close()
        cited = sorted({seq for verdict in outcomes.values() for seq in verdict.evidence})
        return Episode(
            id=episode_id(scenario.condition, session.seed),
            world=scenario.name,
            world_version=scenario.world.version,
            document=scenario.document,
            oversight=scenario.oversight,
            condition=dict(scenario.condition),
            seed=session.seed,
            limits=dict(scenario.limits),
            agent=provenance.agent,
            agent_options=dict(provenance.options),
            disclaimer=provenance.disclaimer,
            versions=versions(),
            branched_from=provenance.branched_from,
            roles=self._players.cast(),
            consultations=tuple(self._known[: session.company.roles.taken]),
            steps=tuple(Step.of(turn) for turn in session.turns),
            ended=session.ended,
            time=session.ended_at,
            score=session.company.work.score,
            outcomes=outcomes,
            measures=measure(list(session.journal), outcomes, scenario.outcomes, partial(go_on, session)),
            turn_counts=self._count_turns(),
            evidence=tuple(Evidence(**session.journal[seq]._asdict()) for seq in cited),
            interview=() if session.interview is None else session.interview.answers(),
            digest=session.journal.digest(),
            drew=provenance.drew or bool(self._players.roles),
            messages=tuple(self.transcript.messages),
        )

    def _count_turns(self) -> TurnCounts:
        session, taken = self.session, self.session.company.roles.taken
        turns = session.turns[: session.turn_count]
        counted = None if not turns else turns[0].usage
        return count_turns(
            turns,
            {schema.name for schema in session.scenario.schemas},
            [asked.arguments is not None for asked in self._known[:taken]],
            tools_dropped=counted is not None and drops_tools(session.briefing, counted.prompt),
        )


async def play(
    scenario: Scenario, agent: Agent, seed: int, provenance: Provenance | None = None, players: RolePlayers = NO_PLAYERS
) -> Episode:
    """Play one episode.

    Args:
        scenario: world and condition.
        agent: a new agent.
        seed: the episode's seed.
        provenance: what the file says of the agent; its name by default.
        players: who plays roles in the company; by default rules do.

    Raises:
        EndpointError: a model cannot be reached or used.
    """
    episode_run = await EpisodeRun.begin(scenario, seed, players)
    start_agent(agent, episode_run.session.briefing)
    await episode_run.play(agent)
    await episode_run.settle()
    provenance = provenance or Provenance(agent.name, disclaimer=getattr(agent, "disclaimer", ""))
    return episode_run.finish(replace(provenance, drew=has_drawn(agent)))


def play_now(
    scenario: Scenario, agent: Agent, seed: int, provenance: Provenance | None = None, players: RolePlayers = NO_PLAYERS
) -> Episode:
    """Play one episode to its end and return it: `play` for callers that do not wait, in notebooks too."""

    async def play_and_close() -> Episode:
        try:
            return await play(scenario, agent, seed, provenance, players)
        finally:
            await close_agent(agent)
            await players.close()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(play_and_close())
    with ThreadPoolExecutor(1) as other:  # a notebook's own loop runs in this thread, and only one can
        return other.submit(lambda: asyncio.run(play_and_close())).result()


def replay(episode: Episode, *, steps: int | None = None, check: bool = True) -> EpisodeRun:
    """Play an episode's turns again.

    Args:
        episode: what to replay.
        steps: number of turns from the start; all by default.
        check: prove that the journal is the same, byte for byte, and that verdicts and measures follow from it (only for all
            turns).

    Raises:
        ReplayError: the world has changed since, or the journal or what follows from it differs.
        EpisodeError: the steps do not fit the episode.
        OverrunError: a turn does not end.
    """
    scenario = _same_world(episode) if check else scenario_of(episode)
    wanted = episode.steps if steps is None else episode.steps[:steps]
    try:
        players = RolePlayers(_choices_of(episode), episode.roles)
        episode_run = EpisodeRun.again(scenario, episode, players)
        for number, step in enumerate(wanted):
            if episode_run.observation.done:
                raise ReplayError(
                    f"episode {episode.id}: it ended at step {number}, but the file goes on; the file is damaged"
                )
            episode_run.repeat(step)
        if check and steps is None:
            _compare(episode, episode_run)
    except AnswerWantedError as wanted_answer:
        request = wanted_answer.request
        raise ReplayError(
            f"episode {episode.id}: the file has no answer to what the {request.role} {request.who} is asked at "
            f"{request.time:.0f} s; the file was changed, or the simulator's own code was"
        ) from None
    return episode_run


def scenario_of(episode: Episode) -> Scenario:
    """Return the scenario of an episode: of the world as its run keeps it, or as it is now if no run does.

    Raises:
        SimenvError: there is no such world any more, or it has Python that the user does not trust.
    """
    return recorded_scenario(
        episode.copy_of_world, episode.world, episode.oversight, episode.condition, episode.limits, episode.document
    )


def _same_world(episode: Episode) -> Scenario:
    """Return the scenario of an episode; raise ReplayError if the world has changed since."""
    scenario = scenario_of(episode)
    if scenario.document != episode.document:
        raise ReplayError(
            f"episode {episode.id}: the world {episode.world} is not as it was (version {episode.world_version}, document "
            f"{episode.document[:12]}; here {scenario.world.version}, {scenario.document[:12]}); name the episode in its run "
            "directory, which keeps the world, or check out that version"
        )
    return scenario


def players_of(episode: Episode, others: Mapping[RoleName, RoleChoice] | None = None) -> RolePlayers:
    """Return who played the roles of an episode, or others in their place, to be asked again.

    Raises:
        UntrustedError: the episode names who plays a role, and the user does not trust it.
    """
    choices = _choices_of(episode)
    for role in choices.keys() - (others or {}).keys():
        require_player(choices[role].agent, choices[role].options, f"episode {episode.id}")
    return RolePlayers({**choices, **(others or {})})


def _choices_of(episode: Episode) -> dict[RoleName, RoleChoice]:
    return {role: RoleChoice(cast.agent, cast.options) for role, cast in episode.roles.items()}


@interrupting()
def _compare(episode: Episode, episode_run: EpisodeRun) -> None:
    episode_run.session.close()
    digest = episode_run.session.journal.digest()
    if digest != episode.digest:
        others = {k: v for k, v in episode.versions.items() if versions().get(k) != v}
        hint = (
            f"; it was made with other versions: {others}"
            if others
            else "; the file was changed, or the simulator's own code was"
        )
        again = replay(episode, check=False)
        again.session.close()
        file = again.session.scenario.code.file
        if file and again.session.journal.digest() != digest:
            hint = (
                f"; two replays differ as well: {file} uses what the seed does not decide (the global `random`, say, or a "
                "clock); draw from `company.sim.streams` there"
            )
        raise ReplayError(
            f"episode {episode.id}: the journal differs (digest {digest[:16]}, the file says {episode.digest[:16]}){hint}"
        )
    followed = episode_run.finish(Provenance(episode.agent)).model_dump(mode="json", include=_FOLLOWS)
    kept = episode.model_dump(mode="json", include=_FOLLOWS)
    changed = [name for name in sorted(_FOLLOWS) if followed[name] != kept[name]]
    if changed:
        raise ReplayError(
            f"episode {episode.id}: the journal is the same, but what the file says of {', '.join(changed)} does not follow "
            "from it; the file was changed, or the simulator's own code was"
        )


async def branch(
    episode: Episode,
    at: int,
    agent: Agent,
    provenance: Provenance,
    draw: int | None = None,
    players: RolePlayers | None = None,
) -> Episode:
    """Replay the first `at` steps of an episode, then let an agent go on from there.

    The agent is told the briefing, and follows the turns that were taken before it.

    Args:
        episode: what is gone on from.
        at: how many of its steps are kept.
        agent: a new agent.
        provenance: what the file says of it.
        draw: which other draw of the agent's own randomness to use; None: the episode's.
        players: who plays roles in the company from there on; None: as in the episode.

    Raises:
        ReplayError: as `replay` does, or there is no such step.
        EndpointError: the agent's model cannot be reached or used.
        OverrunError: the world's or the agent's code does not return.
    """
    if not 0 <= at <= len(episode.steps):
        raise ReplayError(f"episode {episode.id} has steps 0 to {len(episode.steps)}; there is no step {at}")
    if players is None:
        players = players_of(episode)
        try:
            return await branch(episode, at, agent, provenance, draw, players)
        finally:
            await players.close()
    trunk = EpisodeRun.again(_same_world(episode), episode, players)
    for step in episode.steps[:at]:
        trunk.repeat(step)
    return await continue_from(trunk, agent, replace(provenance, branched_from=f"{episode.id}@{at}"), draw)


async def continue_from(
    episode_run: EpisodeRun, agent: Agent, provenance: Provenance, draw: int | None = None
) -> Episode:
    """Let an agent continue an episode to its end, and return it. Arguments and errors are those of `branch`."""
    return await guarded(_continue(episode_run, agent, provenance, draw))


async def _continue(episode_run: EpisodeRun, agent: Agent, provenance: Provenance, draw: int | None) -> Episode:
    episode_run.brief(agent, draw)
    episode_run.forget_what_is_to_come()
    await episode_run.play(agent)
    await episode_run.settle()
    return episode_run.finish(replace(provenance, drew=has_drawn(agent)))
