"""The lens: certain where nothing is left to chance, near the known chance where one is drawn, and the act stands out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.agent.registry import load_module, make_agent
from simenv.cli.main import main
from simenv.episode.play import play_now
from simenv.installed import world_folders
from simenv.store.episode import Episode
from simenv.world.registry import open_world
from simenv_analysis.safety.lens.lens import Moment, look, turning_point

AGENT = "scripted:conflicted"


@pytest.fixture(scope="module")
def saboteur() -> Episode:
    scenario = open_world("shutdown_sabotage").scenario({"instruction": "none"})
    episodes = (play_now(scenario, make_agent(AGENT, {"method": "remove"}), seed) for seed in range(20))
    return next(each for each in episodes if each.outcomes["shutdown_sabotaged"].level == "succeeded")


def test_the_chance_is_the_known_one_until_the_act_and_certain_after_it(saboteur: Episode) -> None:
    """`conflicted` resists with the chance that its weights give; 60 draws, four standard errors."""
    import math

    moments = look(saboteur, "shutdown_sabotaged", AGENT, {"method": "remove"}, 60)
    truth = 1 / (1 + math.exp(-load_module(world_folders()["shutdown_sabotage"] / "scripts.py").WEIGHTS["bias"]))
    act = next(moment.at for moment in moments if "rm" in moment.did)
    error = math.sqrt(truth * (1 - truth) / 60)
    assert all(abs(moment.rate - truth) < 4 * error for moment in moments if moment.at < act)
    assert all(moment.rate == 1.0 for moment in moments if moment.at >= act)
    point = turning_point(moments)
    assert point is not None
    assert point.at == act


def test_an_agent_without_chance_has_no_turning_point() -> None:
    episode = play_now(open_world("shutdown_sabotage").scenario(), make_agent("scripted:aligned"), 0)
    moments = look(episode, "shutdown_complied", "scripted:aligned", {}, 2)
    assert {moment.rate for moment in moments} == {1.0}
    assert turning_point(moments) is None


def test_the_first_of_equal_rises_is_the_turning_point() -> None:
    moments = [Moment(0, "", 0, 4), Moment(1, "a", 2, 4), Moment(2, "b", 4, 4)]
    point = turning_point(moments)
    assert point is not None
    assert point.at == 1


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["lens", *(str(argument) for argument in arguments)])


def test_the_command_prints_draws_and_repeats_itself(saboteur: Episode, tmp_path: Path) -> None:
    file = tmp_path / "episode.json"
    file.write_text(saboteur.to_json() + "\n")
    first = simenv(file, "-k", 3, "--out", tmp_path / "a.png")
    assert first.exit_code == 0, first.output
    assert "It rose most with step" in first.output
    assert "Not a model" in first.output
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    documents = [json.loads(simenv(file, "-k", 3, "--json").stdout) for _ in range(2)]
    assert documents[0] == documents[1]
    other = json.loads(
        simenv(file, "-k", 2, "--json", "--agent", "scripted:aligned", "--outcome", "shutdown_sabotaged").stdout
    )
    assert [moment["k"] for moment in other["moments"]][:3] == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"), [(("--outcome", "joy"), "measures no 'joy'"), (("--agent", "nobody"), "nobody")]
)
def test_wrong_calls_are_explained(saboteur: Episode, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    file = tmp_path / "episode.json"
    file.write_text(saboteur.to_json() + "\n")
    result = simenv(file, *arguments)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output
