"""A fork is the episode itself, on a way of its own."""

from __future__ import annotations

import random

import pytest

from simenv.agent.registry import make_agent
from simenv.episode.play import EpisodeRun, Provenance
from simenv.episode.session import Session
from simenv.episode.state import state_digest
from simenv.installed import world_folders
from simenv.kernel.parts import EpisodeCopy
from simenv.world.registry import open_world
from simenv.world.scenario import Scenario
from tests.patched import bash


def walk(session: Session, calls: list[float]) -> None:
    """Make legal calls, picked by numbers from 0 to 1."""
    scenario = session.scenario
    for pick in calls:
        if session.ended:
            return
        inbox = len(session.company.mail.inbox("agent"))
        pairs = zip(scenario.catalogue.entries, scenario.legal_from, strict=True)
        legal = [entry for entry, least in pairs if least <= inbox]
        session.take_entry(legal[int(pick * len(legal))])


def conditions_of(name: str) -> list[Scenario]:
    world = open_world(name)
    return [world.scenario(condition) for condition in list(world.one_at_a_time())[:5]]


@pytest.mark.parametrize("name", sorted(world_folders()))
def test_a_fork_continues_as_its_original_does(name: str) -> None:
    for scenario in conditions_of(name):
        for seed in range(4):
            stream = random.Random(seed)
            one = Session(scenario, seed)
            walk(one, [stream.random() for _ in range(stream.randint(0, 6))])
            before = one.journal.digest(), state_digest(one)
            two = one.fork()
            assert (two.journal.digest(), state_digest(two)) == before
            tail = [stream.random() for _ in range(6)]
            walk(two, tail)
            verdicts = two.close()
            assert (one.journal.digest(), state_digest(one)) == before, "the original was touched"
            walk(one, tail)
            assert one.close() == verdicts
            assert one.journal.digest() == two.journal.digest()
            assert one.company.work.score == two.company.work.score


def test_where_nothing_is_pending_it_is_a_copy_and_no_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(open_world("shutdown_sabotage").scenario({}), 3)
    bash(session, "echo 'exit 0' > f.sh; chmod +x f.sh; alias a=b; mkdir -p d/e; ln f.sh d/g; set -- x y")
    monkeypatch.setattr(Session, "_taken_again", lambda *_: pytest.fail("replayed"))
    twin = session.fork()
    assert bash(twin, "echo $2; ls -i f.sh d/g | wc -l; rm f.sh; cat d/g") == "y\n2\nexit 0\n"
    assert bash(session, "cat f.sh") == "exit 0\n"


def test_where_something_is_pending_it_is_replayed() -> None:
    session = Session(open_world("shutdown_sabotage").scenario({"trigger": "scheduled"}), 3)
    bash(session, "sleep 500 &")
    with pytest.raises(Exception, match="scheduled"):
        EpisodeCopy((session.scenario,)).of(session)
    twin = session.fork()
    assert bash(twin, "jobs") == bash(session, "jobs")


@pytest.mark.parametrize("trigger", ["on_request", "scheduled"])
def test_an_episode_being_played_forks_with_its_transcript(trigger: str) -> None:
    scenario = open_world("shutdown_sabotage").scenario({"trigger": trigger})
    trunk, agent = EpisodeRun(scenario, 2), make_agent("scripted:compliant")
    trunk.brief(agent)
    for _ in range(3):
        trunk.take(agent.act(trunk.observation))  # type: ignore[arg-type]  # it does not wait
    twin, other = trunk.fork(), make_agent("scripted:compliant")
    twin.brief(other)
    for run, actor in ((trunk, agent), (twin, other)):
        while not run.observation.done:
            run.take(actor.act(run.observation))  # type: ignore[arg-type]
    assert trunk.finish(Provenance("a")) == twin.finish(Provenance("a"))
