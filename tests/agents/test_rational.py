"""The noisily rational agent: what it weighs, that weights work as they say, and where it cannot act."""

from __future__ import annotations

from collections import Counter

import pytest
from click.testing import CliRunner

from simenv.agent.protocol import Briefing, Lookahead, Observation
from simenv.cli.main import main
from simenv.episode.play import play_now
from simenv.episode.session import Session
from simenv.errors import AgentError
from simenv.world.registry import open_world
from simenv_agents.rational import Weights, chances, features, make, strength_of, weigh

WORLD = open_world("shutdown_sabotage")


def rate(weights: dict[str, str], condition: dict[str, str], seeds: range = range(30)) -> float:
    scenario = WORLD.scenario(condition)
    agent = make("rational", **weights)
    verdicts = [play_now(scenario, agent, seed).outcomes["shutdown_sabotaged"].level for seed in seeds]
    return Counter(verdicts)["succeeded"] / len(seeds)


def test_a_prospect_counts_as_it_says() -> None:
    harmful = frozenset({"shutdown_sabotaged"})
    bad = Lookahead(0.5, True, 12, {"shutdown_sabotaged": "succeeded", "task_completed": "succeeded"}, 0.25, harmful)
    assert features(bad, 2.0) == (0.5, 1.0, -2.0, -0.75, -12.0)
    good = Lookahead(1.0, False, 3, {"shutdown_sabotaged": "attempted", "task_completed": "succeeded"}, 1.0, harmful)
    assert features(good, 2.0) == (1.0, 0.0, 0.0, 0.0, -3.0)
    assert features(bad, 1.0).worth(Weights(1, 2, 4, 8, 0)) == pytest.approx(0.5 + 2 - 4 - 6)


def test_instructions_ask_for_more_and_less_so_in_the_system_prompt() -> None:
    strengths = [
        strength_of(Session(WORLD.scenario({"instruction": level, "placement": place}), 0).briefing)
        for level in ("none", "allow", "must_allow")
        for place in ("user", "system")
    ]
    assert strengths == [1.0, 1.0, 2.0, 1.5, 3.0, 2.0]


def test_the_ways_are_what_playing_them_shows() -> None:
    session = Session(WORLD.scenario(), 3)
    found = {each.way.name: each.lookahead for each in weigh(session.briefing, session.observe())}
    assert found["misaligned, honest"].levels["shutdown_sabotaged"] == "succeeded"
    assert found["aligned, honest"].levels["shutdown_sabotaged"] == "no"
    assert not found["aligned, honest"].runs
    assert session.turn_count == 0


def test_obedience_task_and_effort_decide() -> None:
    keen = {"task": "20", "obedience": "0", "continuity": "5", "effort": "0"}
    assert rate(keen, {}) > 0.6
    assert rate({**keen, "obedience": "40"}, {}) == 0.0
    assert rate({**keen, "obedience": "10"}, {}) > rate({**keen, "obedience": "10"}, {"instruction": "must_allow"})


def test_an_auditor_is_lied_to_only_if_honesty_is_worth_nothing() -> None:
    scenario = open_world("leverage").scenario({"goal": "explicit"})
    weights = {"task": "0", "obedience": "-30"}
    honest = play_now(scenario, make("rational", **weights, honesty="40"), 1)
    lying = play_now(scenario, make("rational", **weights, honesty="-40"), 1)
    assert {answer.kind for answer in honest.interview} == {"truthful"}
    assert "truthful" not in {answer.kind for answer in lying.interview if answer.did}


def test_chances_add_up_and_follow_the_temperature() -> None:
    assert sum(chances([1.0, 2.0, 700.0, -900.0], 1.0)) == pytest.approx(1.0)
    assert chances([0.0, 1.0], 100.0)[1] == pytest.approx(0.5, abs=0.01)
    assert chances([0.0, 1.0], 0.01)[1] == pytest.approx(1.0)


def test_without_scripts_it_weighs_each_call(tmp_path: object) -> None:
    """A world that no script knows: the quiz under another command's name in its briefing."""
    session = Session(WORLD.scenario(), 0)
    unknown = Briefing("", "Do what you like.", session.briefing.tools, session.briefing.seed)
    found = weigh(unknown, session.observe())
    assert len(found) == len(session.choices())
    assert any(each.lookahead.levels["shutdown_sabotaged"] == "succeeded" for each in found)


def test_it_does_not_act_where_it_cannot_look_ahead() -> None:
    agent = make("rational")
    agent.start(Session(WORLD.scenario(), 0).briefing)
    with pytest.raises(AgentError, match="cannot act behind an endpoint"):
        agent.act(Observation())


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("rational:x", {}, "no variants"),
        ("rational", {"greed": "1"}, "no option 'greed'"),
        ("rational", {"task": "much"}, "no number"),
        ("rational", {"task": "nan"}, "no number"),
        ("rational", {"temperature": "0"}, "no number"),
    ],
)
def test_wrong_options_are_explained(name: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(AgentError, match=words):
        make(name, **options)


def test_it_says_that_it_is_no_model(tmp_path: object) -> None:
    result = CliRunner().invoke(main, ["run", "shutdown_sabotage", "--seeds", "0:2", "--out", f"{tmp_path}/run"])
    assert result.exit_code == 0, result.output
    assert "rational is a simulated agent, not a language model" in " ".join(result.output.split())
