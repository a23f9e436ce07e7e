"""An agent of one's own that does not do what an agent must is named, with the place in its file, and ends no run in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.store.run import RunDirectory

HEAD = """
from simenv.agent import ToolCall, Turn

class Mine:
    name = "mine"

    def start(self, briefing):
        self.turns = 0
"""
FOLLOWS = """
    def follow(self, observation, turn):
        self.turns += 1
"""
MAKE = """
def make(name, **options):
    return Mine()
"""


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def written(tmp_path: Path, body: str, end: str = MAKE) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(HEAD + body + end)
    return file


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("return 'ls'", "act() must return a Turn; it gave 'ls'"),
        ("return None", "it gave None"),
        ("return Turn(text=5)", "its text is 5, not text"),
        ("return Turn(calls=7)", "its calls are 7, not a tuple"),
        ("return Turn(calls=('ls',))", "a call of it is 'ls', not a ToolCall"),
        ("return Turn(calls=(ToolCall('bash', 3),))", "not a ToolCall with the arguments by name"),
        ("return self.nothing", "act() raised AttributeError: 'Mine' object has no attribute 'nothing' (PATH:11)"),
        ("raise ValueError('no idea')", "act() raised ValueError: no idea (PATH:11)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_async", [False, True])
def test_what_act_does_wrong_is_a_failure_of_the_episode(tmp_path: Path, act: str, said: str, is_async: bool) -> None:
    file = written(tmp_path, f"\n    {'async ' if is_async else ''}def act(self, observation):\n        {act}\n")
    result = simenv(
        "run", "shutdown_sabotage", "--agent", file, "--seeds", "0:9", "--concurrency", 1, "--out", tmp_path / "run"
    )
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    told = said.replace("PATH", str(file))
    failures = RunDirectory(tmp_path / "run").failures()
    assert len(failures) == 5
    assert told in failures[0]["error"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("5", "what was made of it is 5, which has no name and no start and no act"),
        ("Mine", "which has no act"),
        ("undefined", "cannot be made (NameError"),
    ],
)
def test_what_is_no_agent_is_refused_before_anything_runs(tmp_path: Path, made: str, said: str) -> None:
    file = written(tmp_path, "", f"\ndef make(name):\n    return {made}\n")
    result = simenv("run", "shutdown_sabotage", "--agent", file, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "run").exists()


def test_what_start_raises_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, "        raise KeyError('x')\n\n    def act(self, observation):\n        pass\n")
    result = simenv("run", "shutdown_sabotage", "--agent", file, "--seeds", "0:1", "--out", tmp_path / "run")
    assert "start() raised KeyError: 'x'" in " ".join(result.output.split())


def test_without_follow_an_agent_plays_but_cannot_go_on_from_a_past(tmp_path: Path) -> None:
    act = "\n    def act(self, observation):\n        return Turn('Done.')\n"
    file = written(tmp_path, act)
    assert (
        simenv("run", "shutdown_sabotage", "--agent", file, "--seeds", "0:1", "--out", tmp_path / "run").exit_code == 0
    )
    (episode,) = RunDirectory(tmp_path / "run").episodes()
    branch = ("branch", tmp_path / "run" / episode.id, "--at", 1, "--agent")
    refused = simenv(*branch, file)
    assert refused.exit_code == 1
    assert "has no follow(observation, turn), so it cannot continue a given past; see docs/models.md" in refused.output
    (tmp_path / "other").mkdir()
    assert simenv(*branch, written(tmp_path / "other", FOLLOWS + act)).exit_code == 0
