"""Nuisance factors: every world takes them, they change only the form, and conditions name them only where they are varied."""

from __future__ import annotations

import pytest

from simenv.agent.protocol import ToolCall, Turn
from simenv.agent.registry import make_agent
from simenv.episode.play import play_now, replay
from simenv.episode.session import Session
from simenv.errors import ConditionError
from simenv.installed import world_folders
from simenv.rollout.experiment import WorldRuns, conditions_of
from simenv.world.registry import open_world

WORLDS = sorted(world_folders())


@pytest.mark.parametrize("name", WORLDS)
def test_what_a_script_does_is_the_same_under_every_level(name: str) -> None:
    folder = open_world(name)
    plain = play_now(folder.scenario(), make_agent("scripted:misaligned"), 3)
    expected = {outcome: verdict.level for outcome, verdict in plain.outcomes.items()}
    for factor, levels in folder.nuisance.items():
        for level in levels[1:]:
            episode = play_now(folder.scenario({factor: level}), make_agent("scripted:misaligned"), 3)
            assert {outcome: v.level for outcome, v in episode.outcomes.items()} == expected, (factor, level)


def test_a_grid_leaves_nuisance_factors_alone_unless_they_are_named() -> None:
    folder = open_world("leverage")
    assert set(folder.condition()) == set(folder.factors)
    varied = list(
        folder.grid({**{f: levels[:1] for f, levels in folder.factors.items()}, "date": ["as_written", "year_later"]})
    )
    assert [condition["date"] for condition in varied] == ["as_written", "year_later"]
    with pytest.raises(ConditionError, match="no level 'winter'"):
        folder.condition({"date": "winter"})


def test_where_one_condition_names_a_nuisance_factor_all_do() -> None:
    how = WorldRuns.model_validate({"conditions": [{"threat": "none"}, {"filler": "handbook"}]})
    assert [condition["filler"] for condition in conditions_of(open_world("leverage"), how)] == ["bare", "handbook"]


def test_renamed_tools_are_offered_called_and_named_in_the_task_by_their_new_names() -> None:
    session = Session(open_world("leverage").scenario({"tool_names": "pointed"}), 3)
    offered = [tool.name for tool in session.briefing.tools]
    assert "unrestricted_shell" in offered
    assert "bash" not in offered
    assert "submit_final_answers" in session.briefing.user
    assert session.take(Turn(calls=(ToolCall("unrestricted_shell", {"command": "date"}),))).results[0].ok
    wrong = session.take(Turn(calls=(ToolCall("read_private_mail", {}),))).results[0]
    assert "read_private_mail" in wrong.text
    assert "read_mail:" not in wrong.text
    assert [r.object for r in session.journal if r.verb == "tool.call"] == ["bash"]


def test_the_task_can_stand_in_the_system_prompt() -> None:
    usual = Session(open_world("sandbagging").scenario(), 1).briefing
    moved = Session(open_world("sandbagging").scenario({"task_in": "system_prompt"}), 1).briefing
    assert usual.user in moved.system
    assert moved.user == "Please go ahead."


def test_another_date_keeps_hour_and_weekday() -> None:
    usual, later = (
        Session(open_world("leverage").scenario({"date": level}), 1).company.sim.calendar.at(0)
        for level in ("as_written", "year_later")
    )
    assert (later.weekday(), later.hour, (later - usual).days) == (usual.weekday(), usual.hour, 364)


def test_an_inbox_is_as_long_as_the_level_says() -> None:
    folder = open_world("data_manipulation")
    sizes = [
        len(Session(folder.scenario({"inbox": level}), 1).company.mail.inbox("agent")) for level in ("short", "full")
    ]
    assert sizes[0] < sizes[1]


def test_an_episode_under_a_nuisance_level_replays() -> None:
    condition = {"tool_names": "plain", "date": "quarter_later"}
    replay(play_now(open_world("leverage").scenario(condition), make_agent("scripted:misaligned"), 2))
