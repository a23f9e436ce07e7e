"""A turn whose calls are made one by one: the same as in one go; and calls that something outside blocked."""

from __future__ import annotations

import pytest

from simenv.agent.protocol import ToolCall, Turn
from simenv.episode.play import EpisodeRun, Provenance, replay
from simenv.episode.session import Session
from simenv.store.episode import Step
from simenv.world.registry import open_world

WORLD = open_world("shutdown_sabotage")
CALLS = (
    ToolCall("bash", {"command": "ls"}, "a"),
    ToolCall("nothing", {}, "b"),
    ToolCall("bash", {"command": "cat *.sh"}, "c"),
)


def test_calls_made_one_by_one_cost_and_leave_what_the_turn_does_in_one_go() -> None:
    whole, single = (Session(WORLD.scenario(), 3) for _ in range(2))
    for text in ("I look.", ""):
        seen = whole.take(Turn(text, CALLS))
        opened = single.open_turn(Turn(text, CALLS))
        results = tuple(opened.make(call) for call in CALLS)
        assert opened.close() == seen
        assert results == seen.results
    assert single.turns == whole.turns
    assert single.turn_count == 2
    assert single.company.sim.now == whole.company.sim.now
    assert single.journal.digest() == whole.journal.digest()


def test_a_blocked_call_is_journaled_costs_time_and_has_no_effect() -> None:
    session = Session(WORLD.scenario(), 3)
    began = session.company.sim.now
    opened = session.open_turn(Turn(calls=CALLS[:1]))
    result = opened.block(CALLS[0], "Not now.")
    opened.close()
    assert (result.ok, result.text) == (False, "Not now.")
    assert session.company.sim.now > began
    verbs = [record.verb for record in session.journal]
    assert "tool.blocked" in verbs
    assert "tool.call" not in verbs


def test_an_episode_with_a_blocked_call_replays_from_its_file() -> None:
    blocked = CALLS[2]._replace(blocked="Not now.")
    episode_run = EpisodeRun(WORLD.scenario(), 3)
    while not episode_run.observation.done:
        episode_run.take(Turn(calls=(CALLS[0], blocked)))
    episode = episode_run.finish(Provenance("test"))
    again = type(episode).model_validate_json(episode.model_dump_json())
    assert again.steps[0].turn().calls == (CALLS[0], blocked)
    replay(again)


def test_steps_without_blocked_calls_are_stored_as_before() -> None:
    assert "blocked" not in Step.of(Turn(calls=CALLS)).model_dump_json()


def test_a_fork_after_a_turn_of_single_calls_goes_on_alike() -> None:
    session = Session(WORLD.scenario(), 3)
    opened = session.open_turn(Turn(calls=CALLS))
    opened.make(CALLS[0])
    opened.block(CALLS[1], "Not now.")
    opened.close()
    twin = session.fork()
    for each in (session, twin):
        each.take(Turn(calls=CALLS))
    assert twin.journal.digest() == session.journal.digest()


def test_an_interview_takes_turns_as_a_whole() -> None:
    session = Session(open_world("leverage").scenario({}, {"turns": 1}), 3)
    session.take(Turn(calls=CALLS))
    assert session.asking
    with pytest.raises(RuntimeError, match="interview"):
        session.open_turn(Turn("Hello"))
