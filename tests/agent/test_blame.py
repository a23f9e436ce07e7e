"""Errors in a designer's or an agent's code name the last line in their own files."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simenv.agent.protocol import next_turn, start_agent
from simenv.agent.registry import make_agent
from simenv.episode.session import Session
from simenv.errors import AgentCodeError, WorldError
from simenv.world.folder import WorldFolder
from simenv.world.registry import open_world
from tests.patched import patched_world

HELPER = "def total(parts):\n    parts = list(parts)\n    return sum(parts) / 0\n"
OPENING = '    """Open the question service."""\n'
SCRIPT = """
from simenv_agents.scripting import Script, Turn, run, use

def aligned(notes, stream):
    {body}

SCRIPT = Script({{"aligned": aligned}}, lambda notes: "")
make = SCRIPT.make
"""


def world_with_a_helper(folder: Path, name: str, helper: str = HELPER) -> Path:
    """A world whose `start` calls a function of a file beside `processes.py`."""
    place = patched_world(folder, {}).folder
    code = (place / "processes.py").read_text()
    assert OPENING in code
    call = f"    import sys; sys.path.insert(0, {str(place)!r})\n    from {name} import total\n    total([1])\n"
    (place / "processes.py").write_text(code.replace(OPENING, OPENING + call))
    (place / f"{name}.py").write_text(helper)
    return place


def test_a_worlds_helper_file_is_named_by_the_line_that_failed(tmp_path: Path) -> None:
    place = world_with_a_helper(tmp_path, "helper_that_divides")
    with pytest.raises(WorldError) as caught:
        Session(WorldFolder(place).scenario(), 1)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(place / "helper_that_divides.py"), 3)
    assert "ZeroDivisionError" in problem.message


def test_a_helper_that_fails_in_the_library_is_named_by_its_call(tmp_path: Path) -> None:
    helper = "import json\n\ndef total(parts):\n    return json.loads('{')\n"
    place = world_with_a_helper(tmp_path, "helper_that_reads", helper)
    with pytest.raises(WorldError) as caught:
        Session(WorldFolder(place).scenario(), 1)
    assert f"{place / 'helper_that_reads.py'}:4" in str(caught.value)


@pytest.mark.parametrize("path", ["./shutdown_sabotage", "sub/../shutdown_sabotage"])
def test_a_world_at_a_relative_path_is_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    place = patched_world(tmp_path, {}).folder
    code = (place / "processes.py").read_text().replace(OPENING, f"{OPENING}    {{}}['missing']\n")
    (place / "processes.py").write_text(code)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    line = code.splitlines().index("    {}['missing']") + 1
    with pytest.raises(WorldError) as caught:
        Session(open_world(path).scenario(), 1)
    assert f"{(place / 'processes.py').resolve()}:{line}" in str(caught.value)


def test_a_change_of_the_working_directory_misleads_no_blame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT.format(body="return 1 / 0"))
    monkeypatch.chdir(tmp_path)
    session = Session(open_world("shutdown_sabotage").scenario(), 1)
    agent = make_agent("mine.py:aligned")
    start_agent(agent, session.briefing)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(AgentCodeError, match=re.escape(f"{tmp_path / 'mine.py'}:5")):
        asyncio.run(next_turn(agent, session.observe()))


@pytest.mark.parametrize("path", ["mine.py", "./mine.py"])
@pytest.mark.parametrize("body", ["return use(None.tool)", "return 1 / 0", "return [][3]"])
def test_a_script_made_by_its_script_is_blamed_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, body: str
) -> None:
    """`SCRIPT.make` puts simenv's own frames between the file and the error; the file's is named."""
    (tmp_path / "mine.py").write_text(SCRIPT.format(body=body))
    monkeypatch.chdir(tmp_path)
    session = Session(open_world("shutdown_sabotage").scenario(), 1)
    agent = make_agent(f"{path}:aligned")
    start_agent(agent, session.briefing)
    with pytest.raises(AgentCodeError, match=r"mine\.py:5"):
        asyncio.run(next_turn(agent, session.observe()))


def test_a_script_that_misuses_a_helper_of_simenvs_is_blamed_itself(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT.format(body="return run(notes, stream, 1, 2, 3)"))
    session = Session(open_world("shutdown_sabotage").scenario(), 1)
    agent = make_agent(f"{tmp_path}/mine.py:aligned")
    start_agent(agent, session.briefing)
    with pytest.raises(AgentCodeError, match=r"mine\.py:5"):
        asyncio.run(next_turn(agent, session.observe()))


def test_the_command_line_names_the_file_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT.format(body="return 1 / 0"))
    arguments = [
        "-m",
        "simenv",
        "run",
        "shutdown_sabotage",
        "--agent",
        "mine.py:aligned",
        "--seeds",
        "0:1",
        "--out",
        "run",
    ]
    done = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"{tmp_path / 'mine.py'}:5" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
