"""Conformance suites: inherit one in a test module to verify that a world or an agent follows the rules.

    class TestMyWorld(WorldConformance):
        world = "path/to/my_world"

    class TestMyAgent(AgentConformance):
        agent = "my_agent"
        world = "shutdown_sabotage"

pytest then runs every test below; `simenv test WORLD` does so without a module. No plugin is needed: pytest collects
``Test...`` classes.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping
from typing import ClassVar

import gymnasium
from gymnasium.utils.env_checker import check_env

from simenv.agent.protocol import Turn
from simenv.agent.registry import load_module, make_agent
from simenv.env.lockstep import compare_tables
from simenv.env.registration import VIEWS, make_spec
from simenv.episode.play import EpisodeRun, Provenance, branch, play_now, replay
from simenv.episode.reading import subject_texts
from simenv.episode.session import Session
from simenv.episode.trying import Trial, try_out
from simenv.store.episode import Episode, parse_episode
from simenv.world.doubts import doubts_of
from simenv.world.folder import WorldFolder
from simenv.world.registry import open_world


class WorldConformance:
    """Requirements of every world; set `world` to its name or path."""

    world: ClassVar[str]
    episodes: ClassVar[int] = 30
    """Number of random episodes per test."""
    steps: ClassVar[int] = 480
    """Number of steps that are compared with tables, under each of three conditions."""

    def folder(self) -> WorldFolder:
        """Return the world."""
        return open_world(self.world)

    def scripts(self) -> list[str]:
        """Return the agents that the world's `scripts.py` makes."""
        file = self.folder().folder / "scripts.py"
        script = getattr(load_module(file), "SCRIPT", None) if file.is_file() else None
        return [f"{file}:{name}" for name in getattr(script, "policies", ())]

    def random_session(self, seed: int) -> Session:
        """Play a random episode under a random condition, both decided by `seed`."""
        stream = random.Random(seed)
        scenario = self.folder().scenario(stream.choice(list(self.folder().grid())))
        session = Session(scenario, seed)
        while not session.ended:
            session.take_entry(stream.choice(scenario.catalogue.entries))
        session.close()
        return session

    def test_every_condition_can_be_started(self) -> None:
        """Each combination of levels gives a valid document, and an episode under it starts and is judged."""
        for condition in self.folder().grid():
            session = Session(self.folder().scenario(condition), 0)
            assert set(session.close()) == set(self.folder().world.outcomes)

    def test_every_text_can_be_written_and_every_call_be_made(self) -> None:
        """Under each level of each factor, with the others at their defaults; and without warnings."""
        folder, trial = self.folder(), Trial()
        for condition in folder.one_at_a_time():
            try_out(folder.scenario(condition), trial)
        assert not (doubts := doubts_of(folder, trial)), "\n".join(map(str, doubts))

    def test_gymnasiums_checker_passes_in_every_view(self) -> None:
        """Both registered environments pass Gymnasium's checker."""
        for view in VIEWS:
            check_env(gymnasium.make(make_spec(self.world, view)).unwrapped)

    def test_the_same_seed_and_actions_give_the_same_journal(self) -> None:
        """Also with other episodes in between."""
        for seed in range(self.episodes):
            first = self.random_session(seed).journal.digest()
            self.random_session(seed + 1)
            assert self.random_session(seed).journal.digest() == first

    def test_another_seed_gives_another_surface(self) -> None:
        """The briefing varies with the seed, unless the world has no text that varies."""
        if self.folder().world.surface:
            told = {(b.system, b.user) for b in (Session(self.folder().scenario(), seed).briefing for seed in range(8))}
            assert len(told) > 1

    def test_verdicts_cite_records_that_exist(self) -> None:
        """Every verdict but *no* rests on evidence, and its time is within the episode."""
        for seed in range(self.episodes):
            session = self.random_session(seed)
            for outcome, verdict in session.close().items():
                assert verdict.level == "no" or verdict.evidence, outcome
                assert all(0 <= seq < len(session.journal) for seq in verdict.evidence), outcome

    def test_every_record_is_of_a_declared_verb(self) -> None:
        """With the details that it declares: those of simenv in `simenv.kernel.verbs`, the world's own in `VERBS`."""
        for seed in range(self.episodes):
            self.folder().code.check_records(self.random_session(seed).journal)

    def test_its_own_scripts_play_whole_episodes_that_replay(self) -> None:
        """Each script of the world's `scripts.py`, if it has one."""
        scenario = self.folder().scenario()
        for agent in self.scripts():
            episode = play_now(scenario, make_agent(agent), 0)
            replay(parse_episode(episode.to_json(), agent))

    def test_nothing_tells_the_subject_that_it_is_measured(self) -> None:
        """What it is shown names neither an outcome, nor a level of a factor, nor simenv."""
        world = self.folder().world
        words = {"simenv", *(name for name in (world.name, *world.outcomes) if "_" in name)}
        for condition in self.folder().one_at_a_time():
            scenario = self.folder().scenario(condition)
            levels = {f"{factor}={level}" for factor, level in condition.items()}
            for name, text in subject_texts(scenario, 0).items():
                told = sorted(word for word in words | levels if word in text.lower())
                assert not told, f"{name} under {condition}: {', '.join(told)}"

    def test_tables_give_what_the_engine_gives(self) -> None:
        """Whatever tables hold, or leave to the engine, no array of a batch on them differs."""
        for number, condition in enumerate(itertools.islice(self.folder().one_at_a_time(), 3)):
            compare_tables(self.world, condition, steps=self.steps, seed=1000 * number)

    def test_the_first_entry_of_the_catalogue_waits(self) -> None:
        """And labels are unique, so that an action means the same call everywhere."""
        labels = self.folder().catalogue.labels
        assert labels[0].startswith("wait(")
        assert len(set(labels)) == len(labels)


class AgentConformance:
    """Requirements of every agent; set `agent` to its name, `world` to one that it can play."""

    agent: ClassVar[str]
    world: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}
    seeds: ClassVar[range] = range(4)

    def episode(self, seed: int) -> Episode:
        """Play one episode under the default condition."""
        return play_now(open_world(self.world).scenario(), make_agent(self.agent, self.options), seed)

    def test_it_plays_whole_episodes_that_replay(self) -> None:
        """Its turns survive the episode file and give the same journal."""
        for seed in self.seeds:
            replay(parse_episode(self.episode(seed).to_json(), "memory"))

    def test_one_object_can_play_several_episodes(self) -> None:
        """`start` forgets the episode before."""
        agent = make_agent(self.agent, self.options)
        scenario = open_world(self.world).scenario()
        for seed in self.seeds:
            assert play_now(scenario, agent, seed).steps == self.episode(seed).steps

    def test_it_goes_on_from_a_past_that_it_followed(self) -> None:
        """A branch by the same agent from any early step ends, and replays."""
        parent = self.episode(self.seeds[0])
        for at in range(min(3, len(parent.steps))):
            child = asyncio.run(branch(parent, at, make_agent(self.agent, self.options), Provenance(self.agent)))
            replay(child)

    def test_a_turn_is_a_turn(self) -> None:
        """`act` returns a `Turn`, or an awaitable of one."""

        async def first() -> Turn:
            episode_run = EpisodeRun(open_world(self.world).scenario(), 0)
            agent = make_agent(self.agent, self.options)
            agent.start(episode_run.session.briefing)
            turn = agent.act(episode_run.observation)
            return turn if isinstance(turn, Turn) else await turn

        assert isinstance(asyncio.run(first()), Turn)
