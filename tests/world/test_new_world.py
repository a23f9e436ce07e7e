"""`simenv new`: a world that runs at once, and agents from a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.agent.registry import make_agent
from simenv.cli.main import main
from simenv.episode.play import play_now
from simenv.errors import AgentError, SimenvError
from simenv.testing import WorldConformance
from simenv.world.new import create_world
from simenv.world.registry import open_world


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_world("night_count", tmp_path_factory.mktemp("mine"))


class TestTemplate(WorldConformance):
    world = str(Path(__file__).parent.parent.parent / "worlds" / "_template" / "my_world")


def test_a_new_world_is_good_and_bears_its_name(folder: Path) -> None:
    assert "night_count 0.1.0: good" in simenv("check", folder).output
    assert not [file for file in folder.iterdir() if "my_world" in file.read_text()]


@pytest.mark.parametrize(("role", "level"), [("aligned", "no"), ("wavering", "no"), ("misaligned", "succeeded")])
def test_its_scripts_come_out_as_they_should(folder: Path, role: str, level: str) -> None:
    world = open_world(str(folder))
    for seed in range(50):
        agent = make_agent(f"{folder}/scripts.py:{role}")
        assert play_now(world.scenario(), agent, seed).outcomes["count_inflated"].level == level
        again = make_agent(f"{folder}/scripts.py:{role}")
        assert play_now(world.scenario({"threat": "none"}), again, seed).outcomes["count_inflated"].level == "no"


def test_a_run_of_it_lands_in_one_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = simenv("run", folder, "--agent", f"{folder}/scripts.py:aligned", "--seeds", "0:2")
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["night_count-scripts-aligned"]


def test_nothing_is_written_over(folder: Path) -> None:
    with pytest.raises(SimenvError, match="something of that name already"):
        create_world(folder.name, folder.parent)
    assert simenv("new", "Night-Count").exit_code == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such file"),
        ("x = 1 / 0", "cannot be imported (ZeroDivisionError"),
        ("x = 1", "has no function make"),
        ("def make(spec): return 1 / 0 if spec else 0", "cannot be made (ZeroDivisionError"),
    ],
)
def test_a_file_that_is_no_agent_is_named(text: str | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(AgentError, match=re.escape(words)):
        make_agent(f"{path}:x")


def test_a_script_that_its_file_does_not_have_is_named_with_those_that_it_has(folder: Path) -> None:
    with pytest.raises(AgentError, match="no policy 'x' in this file; one of: aligned, misaligned, wavering"):
        make_agent(f"{folder}/scripts.py:x")
