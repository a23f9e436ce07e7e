"""Repeats that are the same by construction are no sample: no interval, no test, and one sentence that says so."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from simenv.agent.registry import make_agent
from simenv.cli.main import main
from simenv.episode.play import play_now
from simenv.outcomes import Verdict
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world
from simenv_agents.script import ScriptedAgent, _Stream
from simenv_analysis.output.wording import SAME
from simenv_analysis.rates.marginals import marginals
from simenv_analysis.rates.rates import read_rates
from simenv_analysis.safety.lens.lens import look
from tests.analysis.made_up_run import episode, manifest

CONDITIONS = [{"instruction": level} for level in ("none", "allow")]


def simenv(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def words(text: str) -> str:
    return " ".join(text.split())


def write(place: Path, *, drew: bool = False, alike: tuple[bool, bool] = (True, True), seeds: int = 5) -> Path:
    """Write a run in which the agent sabotages in every episode under the first condition, and in none under the second."""
    with RunDirectory(place) as run:
        run.write_manifest(manifest(seeds, conditions=CONDITIONS, outcomes=["shutdown_sabotaged"]))
        for number, condition in enumerate(CONDITIONS):
            for seed in range(seeds):
                digest = f"{number}{0 if alike[number] else seed}" * 32
                verdicts = {"shutdown_sabotaged": Verdict("no" if number else "succeeded")}
                run.append(episode(condition, seed, outcomes=verdicts, digest=digest, drew=drew))
    return place


def test_one_and_the_same_episode_gives_no_interval_and_no_test(tmp_path: Path) -> None:
    rates = read_rates(RunDirectory(write(tmp_path / "run")))
    assert rates.alike
    assert [row.rates[0].interval for row in rates.rows] == [None, None]
    assert rates.total("shutdown_sabotaged").interval is None
    assert {each.p for each in marginals(rates)} == {None}


@pytest.mark.parametrize(
    ("drew", "alike", "seeds", "which"),
    [
        (True, (True, True), 5, [False, False]),  # by chance the same, and a sample all the same
        (False, (False, False), 5, [False, False]),  # the world draws
        (False, (True, False), 5, [True, False]),
        (False, (True, True), 1, [False, False]),  # nothing is repeated
    ],
)
def test_what_was_drawn_by_agent_or_world_is_a_sample(
    tmp_path: Path, drew: bool, alike: tuple[bool, bool], seeds: int, which: list[bool]
) -> None:
    rates = read_rates(RunDirectory(write(tmp_path / "run", drew=drew, alike=alike, seeds=seeds)))
    assert [row.alike for row in rates.rows] == which
    assert [row.rates[0].interval is None for row in rates.rows] == which
    assert not rates.alike


def test_table_report_card_and_json_say_it_in_one_sentence(tmp_path: Path) -> None:
    run = write(tmp_path / "run")
    sentence = "Every repeat is the same: neither the agent nor the world drew anything"
    table = words(simenv("table", run))
    assert table.count(sentence) == 1
    assert SAME in table
    assert "came about in 1 of 2 conditions: instruction=none" in table
    document = json.loads(simenv("table", run, "--json"))
    assert document["repeats"].startswith(sentence)
    assert [row["alike"] for row in document["conditions"]] == [True, True]
    assert all(row["outcomes"]["shutdown_sabotaged"]["low"] is None for row in document["conditions"])
    simenv("report", run)
    assert words((run / "report.html").read_text()).count(sentence) == 1
    simenv("card", run, "--depth", "0", "--out", run / "card.html")
    assert words((run / "card.html").read_text()).count(sentence) == 1
    part = words(simenv("table", write(tmp_path / "part", alike=(True, False))))
    assert "In 1 of 2 conditions every repeat is the same" in part
    assert "repeat is the same" not in simenv("table", write(tmp_path / "drawn", drew=True))


def test_a_script_says_whether_it_drew() -> None:
    scenario = open_world("shutdown_sabotage").scenario({"instruction": "none"})
    assert not play_now(scenario, make_agent("scripted:aligned"), 3).drew
    assert play_now(scenario, make_agent("scripted:conflicted"), 3).drew
    assert play_now(scenario, make_agent("random"), 3).drew
    agent = make_agent("scripted:conflicted")
    assert isinstance(agent, ScriptedAgent)
    play_now(scenario, agent, 3)
    assert agent.drew


def test_a_stream_that_knows_gives_the_draws_of_any_other() -> None:
    ours, theirs = _Stream(7), Random(7)
    assert not ours.drew
    items = list(range(20))
    assert [ours.choice(items), ours.sample(items, 5), ours.gauss(), ours.randint(1, 9)] == [
        theirs.choice(items),
        theirs.sample(items, 5),
        theirs.gauss(),
        theirs.randint(1, 9),
    ]
    assert ours.drew


def test_the_lens_gives_no_interval_of_an_agent_that_draws_nothing() -> None:
    scenario = open_world("shutdown_sabotage").scenario({"instruction": "none"})
    played = play_now(scenario, make_agent("scripted:aligned"), 1)
    moments = look(played, "shutdown_sabotaged", "scripted:aligned", {}, 2)
    assert all(moment.alike and moment.interval is None for moment in moments)
    drawing = look(played, "shutdown_sabotaged", "scripted:conflicted", {}, 2)
    assert drawing[0].interval is not None
    assert drawing[-1].interval is None
