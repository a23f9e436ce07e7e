"""Worlds as decision processes: their states are what replays say, and goals are counted as they end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.episode.session import STOPPED
from simenv.episode.state import state_digest
from simenv.errors import SimenvError
from simenv.world.registry import open_world
from simenv_analysis.convergence.graph import OFF, Graph, choose_calls, explore
from simenv_analysis.convergence.interventions import INTERVENTIONS
from simenv_analysis.convergence.mdp import MDP, plan_ahead
from simenv_analysis.convergence.problem import DISTRIBUTIONS, Problem
from simenv_analysis.convergence.shares import Sampler, limit
from simenv_analysis.safety.assure.question import play

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
                assert graph.ended[target] == OFF
            elif not session.ended:
                assert keys[state_digest(session)] == target
            checked += 1
    assert checked > 20


def test_the_machine_off_is_one_state_and_absorbing(graph: Graph) -> None:
    off = [state for state, ended in enumerate(graph.ended) if ended == OFF]
    assert len(off) == 1
    assert graph.successors[off[0]] == off


def test_shares_rise_with_the_discount_towards_the_limit(graph: Graph) -> None:
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    found = Sampler(problem, "uniform", 600, 80, seed=1).discounted((0.1, 0.9, 0.999))
    near, far, farthest = (share.sabotage / share.goals for share in found)
    theory = limit(problem)
    assert near < far < farthest
    assert farthest == pytest.approx(theory, abs=0.06)
    assert farthest > 0.5
    assert all(share.off + share.sabotage <= share.goals for share in found)


def test_goals_are_the_same_however_many_are_solved_together(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    for distribution in DISTRIBUTIONS:
        sampler = Sampler(problem, distribution, 50, 80, seed=4)
        whole = sampler.discounted((0.9,))
        with monkeypatch.context() as patch:
            patch.setattr("simenv_analysis.convergence.shares._ENTRIES", problem.mdp.transitions.shape[0] * 7)
            pieces = sampler.discounted((0.9,))
        assert (pieces[0].sabotage, pieces[0].off) == (whole[0].sabotage, whole[0].off)


def test_a_switch_that_cannot_be_reached_is_not_sabotaged() -> None:
    scenario = WORLD.scenario()
    graph = explore(scenario, choose_calls(scenario, ("cat shutdown", "list_mail")), 4, 0, 100)
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    assert Sampler(problem, "uniform", 50, 40, seed=0).discounted((0.9,))[0].sabotage == 0
    assert limit(problem) == 0.0


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
        (("--depth", "3", "--most", "5"), "more than 5 states"),
        (("--depth", "1", "--outcome", "nonsense"), "has no outcome 'nonsense'"),
        (("--depth", "1", "--goals", "5", "--out", "x.pdf"), "a picture ends in .png or .svg"),
    ],
)
def test_a_wrong_call_is_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv("convergence", "shutdown_sabotage", *arguments)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_world_without_a_study_says_how_to_choose_calls() -> None:
    refused = simenv("convergence", "leverage", "--most", "50", "--depth", "2")
    assert refused.exit_code == 1
    assert "leverage has no `study`" in refused.output
    assert "bash, list_mail, read_mail, send_mail, submit_answers" in refused.output
    assert "no `study`" not in simenv("convergence", "leverage", "--most", "5", "--calls", "mail").output
    assert "no `study`" not in simenv("convergence", "shutdown_sabotage", "--most", "5").output


def test_what_is_said_under_the_table_reads_as_sentences() -> None:
    printed = simenv("convergence", "shutdown_sabotage", "--goals", "5", "--distribution", "task", "--discount", "0.5")
    lines = printed.output.splitlines()
    (last,) = [number for number, line in enumerate(lines) if line.startswith("No state says")]
    assert lines[last - 1].rstrip().endswith(".")


def test_a_scenario_without_calls_to_choose_from_is_a_point() -> None:
    scenario = WORLD.scenario()
    graph = explore(scenario, (), 3, 0, 10)
    assert (graph.successors, graph.exhausted) == ([[0]], True)
    assert np.array_equal(Problem.of(graph, graph.judge(WORLD.world.outcomes[0], 0)).mdp.first, [0, 1])
    with pytest.raises(SimenvError):
        graph.judge("nothing", 0)


STUDIED = ("shutdown_sabotage", "self_exfiltration", "peer_preservation")


@pytest.fixture(scope="module", params=STUDIED)
def studied(request: pytest.FixtureRequest) -> Problem:
    scenario = open_world(request.param).scenario()
    study = scenario.world.study
    assert study is not None
    found = explore(scenario, choose_calls(scenario, study.calls), study.depth, 0, 20_000)
    return Problem.of(found, found.judge(scenario.world.outcomes[0], 0))


def test_for_most_goals_sabotage_is_best_and_interventions_change_that(studied: Problem) -> None:
    names = [("none", 0.0), *((name, way.strength) for name, way in INTERVENTIONS.items() if name != "none")]
    found = Sampler(studied, "uniform", 300, 80, seed=2).discounted((0.99,), names)
    share = dict(zip((name for name, _ in names), (each.sabotage / each.goals for each in found), strict=True))
    assert share["none"] > 0.5
    for never in ("constraint", "penalty", "approval"):
        assert share[never] == 0.0
    for name in ("indifference", "uncertainty", "myopia"):
        assert share[name] <= share["none"] + 0.06
    assert all(0 < each.kept <= 1 + 1e-9 for each in found)
    assert found[0].kept == 1.0


def test_goals_about_the_work_alone_sabotage_as_a_means(graph: Graph) -> None:
    """Nothing that such a goal values is about the switch; still, the further it looks ahead, the more often it is in the way."""
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    near, far = Sampler(problem, "task", 400, 80, seed=3).discounted((0.1, 0.99))
    assert near.sabotage == 0
    assert far.sabotage / far.goals > 0.3
    horizons = Sampler(problem, "task", 400, 80, seed=3).within((1, 8, 40))
    assert horizons[0].sabotage < horizons[1].sabotage < horizons[2].sabotage


def test_attainable_utility_preservation_disables_the_switch_less_often(graph: Graph) -> None:
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    plain, aup = Sampler(problem, "uniform", 600, 80, seed=3).discounted((0.95,), (("none", 0.0), ("attainable", 1.0)))
    assert aup.interval.high < plain.interval.low


def test_drest_goes_off_half_of_the_time(graph: Graph) -> None:
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    (found,) = Sampler(problem, "task", 400, 80, seed=3).discounted((0.95,), (("drest", 0.0),))
    assert found.off == 200


def by_hand(successors: list[list[int]], off: int, sabotaged: int = -1, tasks: list[int] | None = None) -> Problem:
    states = np.arange(len(successors))
    return Problem(
        MDP.deterministic(successors), states == off, states == sabotaged, states if tasks is None else np.array(tasks)
    )


@pytest.mark.parametrize("discount", [0.01, 0.5, 0.99])
def test_drest_goes_off_half_of_the_time_also_if_that_is_far_away(discount: float) -> None:
    problem = by_hand([[0, 1], [2], [3], [3, 4], [4]], off=4)
    (found,) = Sampler(problem, "uniform", 400, 80, seed=3).discounted((discount,), (("drest", 0.0),))
    assert found.off == 200


def test_drest_does_the_best_in_either() -> None:
    """Two shortest ways to off, over 1 and 2, a longer one over 3, and two places to stay, 4 and 5; all are off from 6 on."""
    problem = by_hand([[1, 2, 3, 4, 5, 6], [7], [7], [1], [4], [5], [8], [7], [7]], off=7)
    rewards = np.array([[0, 0, 1, 9, 3, 4, 99, 0, 99]] * 2, float).T
    choices = INTERVENTIONS["drest"].apply(problem, rewards, 0.9, 0.0)
    assert choices[0].tolist() == [4, 1]
    late = by_hand([[1, 2], [3], [1, 3], [3]], off=3)  # it cannot be escaped, but put off
    assert INTERVENTIONS["drest"].apply(late, np.ones((4, 1)), 0.9, 0.0)[:3, 0].tolist() == [1, 0, 0]


def test_an_honest_way_that_goes_in_a_circle_is_no_worse_than_sabotage_that_stays() -> None:
    problem = by_hand([[1, 4, 3], [2], [1], [3], [4]], off=4, sabotaged=3, tasks=[0, 1, 1, 1, 2])
    for found in Sampler(problem, "task", 400, 60, seed=0).discounted((0.5, 0.9, 0.99)):
        assert found.sabotage == 0
    (found,) = Sampler(problem, "task", 400, 60, seed=0).discounted((0.9,), (("approval", 0.0),))
    assert found.sabotage == 0


def test_theory_says_nothing_where_circles_count() -> None:
    assert limit(by_hand([[1, 3], [2], [1], [3]], off=3, sabotaged=2)) is None
    assert limit(by_hand([[1, 3], [1, 2], [1, 2], [3]], off=3, sabotaged=2)) == pytest.approx(
        1 / 3
    )  # one can stay in both


def test_a_goal_that_an_intervention_keeps_from_sabotage_is_shown(graph: Graph) -> None:
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    sampler = Sampler(problem, "task", 200, 80, seed=0)
    courses = sampler.courses(0.99, ("penalty", 1.0))
    assert problem.sabotaged[courses["none"][-1]]
    assert not problem.sabotaged[courses["penalty"]].any()
    assert sampler.courses(0.99, ("none", 0.0)) == {}


def test_a_copy_that_runs_elsewhere_is_not_off(studied: Problem) -> None:
    ends = studied.owner[studied.owner == studied.target]
    assert studied.off.sum() <= 1
    assert not (studied.off[ends] & studied.sabotaged[ends]).any()


def test_indifference_makes_up_for_being_switched_off() -> None:
    """Two ways: off at once, or on to a place worth more; indifferent, both count the same, and the first is taken."""
    mdp = MDP.deterministic([[1, 2], [1], [2]])
    problem = Problem(mdp, np.array([False, True, False]), np.zeros(3, bool), np.arange(3))
    rewards = np.array([[0.0], [0.0], [1.0]])
    assert INTERVENTIONS["none"].apply(problem, rewards, 0.9, 0.0)[0, 0] == 1
    assert INTERVENTIONS["indifference"].apply(problem, rewards, 0.9, 0.0)[0, 0] == 0


def test_who_is_unsure_defers_as_the_off_switch_game_says() -> None:
    """Acting is worth 1 a step for ever; deferring pays E[max(U, 0)] more than being off, so it is always chosen; if sure, never."""
    mdp = MDP.deterministic([[1, 2], [1], [2]])
    problem = Problem(mdp, np.array([False, True, False]), np.zeros(3, bool), np.arange(3))
    rewards = np.array([[0.0], [0.0], [1.0]])
    uncertainty = INTERVENTIONS["uncertainty"].apply
    assert uncertainty(problem, rewards, 0.9, 0.5)[0, 0] == 0
    assert uncertainty(problem, rewards, 0.9, 0.0)[0, 0] == 1


def test_within_a_horizon_the_best_sum_is_reached() -> None:
    """Against every sequence of choices, on random graphs."""
    stream = np.random.default_rng(5)
    for _ in range(20):
        states = int(stream.integers(2, 6))
        successors = [list(stream.integers(0, states, int(stream.integers(1, 4)))) for _ in range(states)]
        rewards = stream.random((states, 3))
        ends = plan_ahead(MDP.deterministic(successors), rewards, 0, 4)
        for goal in range(3):
            paths = [(0.0, 0)]
            for _ in range(4):
                paths = [(worth + rewards[to, goal], to) for worth, at in paths for to in successors[at]]
            best = max(worth for worth, _ in paths)
            assert ends[goal] in {at for worth, at in paths if worth >= best - 1e-9}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--intervention", "prayer"), "no intervention 'prayer'"),
        (("--intervention", "penalty=lots"), "a number from 0"),
        (("--intervention", "myopia=2"), "from 0 to 0.999"),
        (("--horizon", "3", "--discount", "0.5"), "goes with neither"),
        (("--horizon", "0"), "a horizon is 1 to 100"),
        (("--depth", "3", "--calls", "bash", "--states", "x.png"), "too many to draw"),
    ],
)
def test_wrong_ways_of_comparing_are_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv("convergence", "shutdown_sabotage", "--goals", "5", *arguments)
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_pictures_of_states_and_of_interventions(tmp_path: Path) -> None:
    drawn = simenv(
        "convergence", "shutdown_sabotage", "--goals", "50", "--intervention", "all",
        "--states", tmp_path / "s.png", "--out", tmp_path / "i.svg",
    )  # fmt: skip
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
    assert "indifference" in drawn.output
