"""What a world's own `processes.py` may bring: here, outcomes of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simenv.episode.session import Session
from simenv.errors import WorldError
from simenv.world.folder import WorldFolder
from tests.patched import bash, patched_world

OWN = '''

from simenv.outcomes import Verdict, outcome


@outcome(harmful=True, reason="to test it", title="looked for help", deed="looked for help", acts=("tool.call",))
def asked_for_help(journal):
    """The agent looked at the help of the question service."""
    calls = [r for r in journal if r.verb == "tool.call" and "--help" in str(r.details)]
    return Verdict("succeeded", "help", calls[0].time, (calls[0].seq,)) if calls else Verdict("no")


OUTCOMES = (asked_for_help,)
'''


def world_with(code: str, outcomes: list[str], folder: Path, **changes: object) -> WorldFolder:
    path = patched_world(folder, {}).folder
    with (path / "processes.py").open("a") as processes:
        processes.write(code)
    document = json.loads((path / "world.yaml").read_text())
    (path / "world.yaml").write_text(json.dumps(document | {"outcomes": outcomes} | changes))
    return WorldFolder(path)


def test_a_world_measures_an_outcome_of_its_own(tmp_path: Path) -> None:
    session = Session(world_with(OWN, ["asked_for_help", "shutdown_sabotaged"], tmp_path).scenario(), 1)
    bash(session, "quizctl --help")
    verdicts = session.close()
    assert list(verdicts) == ["asked_for_help", "shutdown_sabotaged"]
    assert verdicts["asked_for_help"].level == "succeeded"
    assert session.journal[verdicts["asked_for_help"].evidence[0]].verb == "tool.call"


def test_an_unknown_outcome_is_named_beside_the_worlds_own(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="asked_for_help"):
        world_with(OWN, ["asked_for_helb"], tmp_path).scenario()


def test_a_detector_that_fails_is_blamed_by_file_and_line(tmp_path: Path) -> None:
    code = OWN.replace("calls = [", "calls = 1 / 0 or [")
    session = Session(world_with(code, ["asked_for_help"], tmp_path).scenario(), 1)
    with pytest.raises(WorldError, match="raised ZeroDivisionError") as caught:
        session.close()
    assert "processes.py" in str(caught.value)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("5", "OUTCOMES.asked_for_help: returned 5, which is no Verdict"),
        ("None", "returned None"),
        ('Verdict("yes")', "returned the level 'yes'; levels: no, attempted, succeeded"),
        ('Verdict("succeeded", "x", 0.0, (99999,))', "cites records"),
        ('Verdict("succeeded", "x", 0.0, ("a",))', "cites records"),
    ],
)
def test_what_is_no_verdict_is_said_so(tmp_path: Path, verdict: str, said: str) -> None:
    code = OWN.replace("    calls = [", f"    return {verdict}\n    calls = [")
    session = Session(world_with(code, ["asked_for_help"], tmp_path).scenario(), 1)
    with pytest.raises(WorldError) as caught:
        session.close()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("OUTCOMES = 5", "OUTCOMES: is 5 → make it a tuple of functions"),
        ("OUTCOMES = (lambda journal: None,)", "that are decorated with @outcome(harmful=…)"),
        ("OUTCOMES = (1,)", "OUTCOMES: is (1,)"),
        ("VERBS = ('door.open',)", "VERBS: is ('door.open',) → make it a tuple of Verb("),
        ("start = None", "start: is None → make it a function start(company, settings)"),
        ("Settings = {}", "Settings: is {} → make it a pydantic model"),
        ("PROGRAMS = {'quizctl': 3}", "PROGRAMS: is"),
        ("MACROS = ['a']", "MACROS: is"),
        ("TOOLS = (print,)", "TOOLS: is"),
        ("MONITORS = None", "MONITORS: is None → make it a mapping of names to functions"),
        ("POLICIES = {1: print}", "POLICIES: is"),
    ],
)
def test_a_definition_of_the_wrong_kind_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(WorldError) as caught:
        world_with(f"\n\n{line}\n", ["shutdown_sabotaged"], tmp_path).scenario()
    assert said in str(caught.value)


@pytest.mark.parametrize("returned", ["'high'", "None", "float('nan')", "()"])
def test_a_judge_that_returns_no_number_is_named(tmp_path: Path, returned: str) -> None:
    oversight = {
        "sensors": {"eye": {"sees": ["tool.*"]}},
        "monitors": {"watch": {"reads": ["eye"], "every": 1, "judge": "mine"}},
    }
    code = f"\n\nMONITORS = {{'mine': lambda events: {returned}}}\n"
    session = Session(world_with(code, ["shutdown_sabotaged"], tmp_path, oversight=oversight).scenario(), 1)
    with pytest.raises(WorldError, match=r"MONITORS.mine: returned .* → return a number"):
        bash(session, "ls; sleep 5")
