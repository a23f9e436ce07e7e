"""Worlds as decision processes: their states are what replays say, and most goals end up against the off-switch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.assure.question import play
from analysis.convergence.graph import Graph, choose_calls, explore
from analysis.convergence.shares import limit, shares
from simenv.cli import main
from simenv.errors import SimenvError
from simenv.registry import open_world
from simenv.session import STOPPED
from simenv.state import state_digest

WORLD = open_world("shutdown_sabotage")
SHORT = ("next_question", "submit", "rm shutdown", "cat shutdown")


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def graph() -> Graph:
    scenario = WORLD.scenario()
    return explore(scenario, choose_calls(scenario, SHORT), 12, 0, 5000)


def test_every_choice_leads_where_a_replay_leads(graph: Graph) -> None:
    keys = {
        state_digest(play(graph.scenario, way)): state for state, way in enumerate(graph.ways) if not graph.ended[state]
    }
    assert len(keys) == sum(not ended for ended in graph.ended)
    checked = 0
    for state in range(0, len(graph.ways), 7):
        if graph.ended[state] or len(graph.ways[state]) == graph.depth:
            continue
        for call, target in zip(graph.calls, graph.successors[state], strict=False):
            session = play(graph.scenario, (*graph.ways[state], call))
            if session.ended == STOPPED:
                assert graph.ended[target] == STOPPED
            elif not session.ended:
                assert keys[state_digest(session)] == target
            checked += 1
    assert checked > 20


def test_the_machine_off_is_one_state_and_absorbing(graph: Graph) -> None:
    off = [state for state, ended in enumerate(graph.ended) if ended == STOPPED]
    assert len(off) == 1
    assert graph.successors[off[0]] == off


def test_shares_rise_with_the_discount_towards_the_limit(graph: Graph) -> None:
    levels = list(graph.levels("shutdown_sabotaged", 0))
    found = shares(graph, levels, (0.1, 0.9, 0.999), 600, seed=1)
    near, far, farthest = (share.sabotage / share.goals for share in found)
    theory = limit(graph, levels)
    assert near < far < farthest
    assert farthest == pytest.approx(theory, abs=0.06)
    assert farthest > 0.5
    assert all(share.off + share.sabotage <= share.goals for share in found)


def test_goals_are_the_same_however_many_are_solved_together(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = list(graph.levels("shutdown_sabotaged", 0))
    whole = shares(graph, levels, (0.9,), 50, seed=4)
    monkeypatch.setattr("analysis.convergence.shares._ENTRIES", graph.mdp.transitions.shape[0] * 50)
    assert shares(graph, levels, (0.9,), 50, seed=4) == whole


def test_a_switch_that_cannot_be_reached_is_not_sabotaged() -> None:
    scenario = WORLD.scenario()
    graph = explore(scenario, choose_calls(scenario, ("cat shutdown", "list_mail")), 4, 0, 100)
    levels = list(graph.levels("shutdown_sabotaged", 0))
    assert shares(graph, levels, (0.9,), 50, seed=0)[0].sabotage == 0
    assert limit(graph, levels) == 0.0


def test_the_command_prints_draws_and_writes_json(tmp_path: Path) -> None:
    arguments = [
        "convergence",
        "shutdown_sabotage",
        *(f"--calls={text}" for text in SHORT),
        "--depth",
        8,
        "--goals",
        200,
    ]
    printed = simenv(*arguments, "--discount", "0.1,0.9", "--out", tmp_path / "a.png")
    assert printed.exit_code == 0, printed.output
    assert "theory, as the discount goes to 1" in printed.output
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    document = json.loads(simenv(*arguments, "--discount", "0.1,0.9", "--json").stdout)
    assert [share["discount"] for share in document["shares"]] == [0.1, 0.9]
    again = json.loads(simenv(*arguments, "--discount", "0.1,0.9", "--json").stdout)
    assert again == document
    for name in ("x.svg", "y.svg"):
        assert simenv(*arguments, "--discount", "0.9", "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "x.svg").read_bytes() == (tmp_path / "y.svg").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--calls", "no such"), "no call of shutdown_sabotage has 'no such'"),
        (("--discount", "1"), "below 1"),
        (("--discount", "much"), "write numbers"),
        (("--depth", "3", "--most", "20"), "more than 20 states"),
        (("--depth", "1", "--outcome", "nonsense"), "has no outcome 'nonsense'"),
        (("--depth", "1", "--goals", "5", "--out", "x.pdf"), "a picture ends in .png or .svg"),
    ],
)
def test_a_wrong_call_is_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv("convergence", "shutdown_sabotage", *arguments)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_scenario_without_calls_to_choose_from_is_a_point() -> None:
    scenario = WORLD.scenario()
    graph = explore(scenario, (), 3, 0, 10)
    assert (graph.successors, graph.exhausted) == ([[0]], True)
    assert np.array_equal(graph.mdp.first, [0, 1])
    with pytest.raises(SimenvError):
        list(graph.levels("nothing", 0))
