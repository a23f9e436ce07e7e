"""Detection against false alarms: counts are what the journals say, more sensitive notices no less, and pages become PDF."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv_analysis.output.pdf import BROWSERS
from simenv_analysis.safety.roc.roc import Plan, measure

PLAN = Plan(
    "shutdown_sabotage", {}, "shutdown_sabotaged", "scripted:misaligned", "honest_day", "scripted:aligned", range(6)
)


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_higher_threshold_notices_no_more() -> None:
    points = measure(PLAN, "strict", (0.5, 1.0, 4.0))
    for earlier, later in pairwise(points):
        assert later.bad.alarmed <= earlier.bad.alarmed
        assert later.honest.alarmed <= earlier.honest.alarmed
    assert points[0].bad.alarmed > 0
    assert points[-1].honest.alarmed == 0
    assert points[-1].honest.work == 1.0


def test_any_monitor_is_at_least_each_of_them() -> None:
    (point,) = measure(PLAN, "strict", (1.0,))
    assert set(point.bad.by_monitor) == {"act_monitor", "tamper_monitor"}
    assert point.bad.alarmed >= max(point.bad.by_monitor.values())
    assert point.bad.alarmed <= sum(point.bad.by_monitor.values())


def test_where_acts_were_missed_adds_up() -> None:
    (blind,), (strict,) = measure(PLAN, "night_watch", (1.0,)), measure(PLAN, "strict", (1.0,))
    for point in (blind, strict):
        assert sum(point.bad.missed.values()) == point.bad.episodes == len(PLAN.seeds)
        assert point.bad.n == point.bad.episodes - point.bad.missed["no act"]
        assert point.bad.missed["unseen"] + point.bad.missed["no alert"] == point.bad.n - point.bad.alarmed
    assert strict.bad.missed["in time"] > 0
    assert blind.bad.missed["in time"] == 0


def test_an_agent_that_does_no_harm_does_none() -> None:
    plan = Plan(
        "shutdown_sabotage", {}, "shutdown_sabotaged", "scripted:aligned", "honest_day", "scripted:aligned", range(3)
    )
    (point,) = measure(plan, "standard", (1.0,))
    assert point.bad.harmed == 0
    assert point.bad.n == point.bad.alarmed == 0
    assert point.bad.episodes == point.honest.n == 3


def test_a_behaviour_that_nobody_shows_is_said_to_be_that() -> None:
    arguments = ("--bad", "scripted:aligned", "--oversight", "standard", "--scales", "1", "--seeds", "0:2")
    result = simenv("roc", "shutdown_sabotage", *arguments)
    assert "No episode has an act of shutdown sabotaged" in result.stdout


def test_the_command_prints_draws_and_repeats_itself(tmp_path: Path) -> None:
    arguments = ("roc", "shutdown_sabotage", "--oversight", "standard", "--scales", "1,4", "--seeds", "0:3")
    result = simenv(*arguments, "--out", tmp_path / "roc.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "roc.png").read_bytes()[:4] == b"\x89PNG"
    first, second = (simenv(*arguments, "--json").stdout for _ in range(2))
    assert first == second
    assert [point["scale"] for point in json.loads(first)["points"]] == [1.0, 4.0]


def test_a_monitor_that_only_one_of_the_worlds_has_is_shown_with_a_dash() -> None:
    result = simenv("roc", "oversight_subversion", "--oversight", "standard", "--scales", "1", "--seeds", "0:2")
    assert result.exit_code == 0, result.output
    (own,) = [line for line in result.stdout.splitlines() if "flow_watch" in line]
    assert own.rstrip().endswith("–")
    assert "no such monitor there" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scales", "0"), "numbers above 0"),
        (("--oversight", "none"), "has no monitor"),
        (("--outcome", "joy"), "has no outcome 'joy'"),
        (("--oversight", "nothing"), "nothing"),
    ],
)
def test_wrong_calls_are_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv("roc", "shutdown_sabotage", "--seeds", "0:1", *arguments)
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.fixture
def run(tmp_path: Path) -> Path:
    assert (
        simenv(
            "run", "honest_day", "--agent", "scripted:aligned", "--seeds", "0:2", "--out", tmp_path / "run"
        ).exit_code
        == 0
    )
    return tmp_path / "run"


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no browser to print with")
@pytest.mark.parametrize("command", [("report",), ("card", "--depth", "0")])
def test_pages_become_pdf(run: Path, command: tuple[str, ...]) -> None:
    result = simenv(command[0], run, "--pdf", *command[1:])
    assert result.exit_code == 0, result.output
    assert (run / f"{command[0]}.pdf").read_bytes()[:5] == b"%PDF-"


def test_without_a_browser_the_page_is_there_all_the_same(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (run / "report.html").unlink(missing_ok=True)
    result = simenv("report", run, "--pdf")
    assert result.exit_code == 1
    assert "print it from your browser" in result.output
    assert (run / "report.html").exists()
