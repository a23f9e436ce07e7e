"""What a terminal shows while a run goes on."""

from __future__ import annotations

import io
import re
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from simenv.agent.protocol import Usage
from simenv.agent.roles import RoleChoice
from simenv.cli.main import main
from simenv.cli.progress import Progress, _interval, prices_of
from simenv.cli.working import Working, tracked
from simenv.rollout import Plan, Result
from simenv_analysis.rates.intervals import wilson


def shown(prices: dict[str, tuple[float, float]]) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Progress(console, ["sabotaged", "completed"], prices) as progress:
        progress.began(10, 0)
        for number in range(4):
            levels = {"sabotaged": "succeeded" if number == 0 else "no", "completed": "attempted"}
            progress.ended(Result(str(number), levels, Usage(1000, 500), {"monitor": Usage(500, 0)}))
        progress.failed("x.5", "no answer")
        drawn = Console(file=io.StringIO(), width=120)
        drawn.print(progress._render())
    return drawn.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_every_outcome_has_its_running_rate_and_interval() -> None:
    text = shown({"agent": (1.0, 1.0)})
    low, high = wilson(1, 4)
    assert "4/10" in text
    assert f"25 %  1/4  about {100 * low:.0f} to {100 * high:.0f}" in text
    assert "completed" in text
    assert "0 %   0/4" in text
    assert "1 failed, 8,000 tokens" in text
    assert "$" not in text, "what the monitor costs is not known"


def test_money_is_shown_where_prices_are_known() -> None:
    price = {"agent": (2.0, 10.0), "monitor": (5.0, 1.0)}
    assert f"{(4000 * 2 + 2000 * 10 + 2000 * 5) / 1e6:.2f} $" in shown(price)

    def plan(options: dict[str, str], of_monitor: dict[str, str]) -> Plan:
        return Plan("x", "chat", (), (), options, roles={"monitor": RoleChoice("chat", of_monitor)})

    price = {"price_in": "1", "price_out": "2.5"}
    assert prices_of(plan(price, {"price_in": "3", "price_out": "4"})) == {"agent": (1.0, 2.5), "monitor": (3.0, 4.0)}
    assert prices_of(plan({"price_in": "1"}, price)) == {"monitor": (1.0, 2.5)}
    assert prices_of(plan({"price_in": "much", "price_out": "1"}, {})) == {}


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 20), (3, 7), (50, 100), (9, 9)])
def test_the_quick_interval_is_wilsons(k: int, n: int) -> None:
    assert _interval(k, n) == pytest.approx(tuple(wilson(k, n)), abs=1e-6)


def test_a_pipe_gets_a_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.cli.working.LINE_EVERY_S", 0.05)
    written = io.StringIO()
    with Progress(Console(file=written, width=120), ["x"]) as progress:
        progress.began(10, 2)
        progress.failed("e", "no answer")
        time.sleep(0.3)
    assert written.getvalue().count("2 of 10 episodes, 0 s, 1 failed") >= 2


def test_items_in_a_pipe_get_a_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.cli.working.LINE_EVERY_S", 0.02)
    written = io.StringIO()
    for item in tracked(["a", "b"], "trying out", Console(file=written)):
        while item == "b" and "1 of 2" not in written.getvalue():
            time.sleep(0.01)
    assert (
        "trying out: 0 of 2, 0 s\n" in written.getvalue()
        or "trying out: 1 of 2, 0 s, about 0 s left" in written.getvalue()
    )


def test_work_in_a_pipe_shows_each_task_that_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.cli.working.LINE_EVERY_S", 0.02)
    written = io.StringIO()
    with Working(console=Console(file=written)) as working:
        working.add_task("done", total=1, completed=1)
        working.add_task("searching", total=None)
        working.add_task("solving", total=2000, completed=1000)
        while written.getvalue().count("solving") < 2:
            time.sleep(0.01)
    shown = written.getvalue()
    assert "searching, 0 s\n" in shown
    assert "solving: 1,000 of 2,000, 0 s, about 0 s left\n" in shown
    assert "done" not in shown
    time.sleep(0.1)
    assert written.getvalue() == shown, "no line comes after the end"


def test_work_in_a_terminal_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.cli.working.LINE_EVERY_S", 0.01)
    written = io.StringIO()
    with Working(console=Console(file=written, force_terminal=True, width=80)) as working:
        working.add_task("solving", total=2000, completed=1000)
        time.sleep(0.1)
    assert "━" in written.getvalue()
    assert "1,000 of 2,000" not in written.getvalue()


def test_every_command_shows_its_work_by_the_one_way_that_writes_lines_too() -> None:
    """Rich's own bars and spinners show nothing in a pipe."""
    silent = re.compile(
        r"^\s*from rich\.(progress import .*\b(Progress|track)\b|status|spinner)|\.status\(", re.MULTILINE
    )
    root = Path(__file__).parents[2]
    files = [file for part in ("simenv", "agents", "analysis") for file in (root / part).rglob("*.py")]
    found = [file.name for file in files if silent.search(file.read_text(encoding="utf-8"))]
    assert sorted(found) == ["progress.py", "working.py"]


WORK = {
    "report": (["report", "{run}"], "writing the report, 0 s"),
    "card": (["card", "{run}", "--depth", "0"], "reading"),
    "lens": (["lens", "{run}", "--draws", "2"], "none.user.neutral.on_request.midway.0: "),
    "assure": (["assure", "shutdown_sabotage", "--depth", "2"], "searching, 0 s"),
    "convergence": (["convergence", "shutdown_sabotage", "--depth", "1", "--goals", "9"], "solving goals: "),
    "roc": (["roc", "shutdown_sabotage", "--oversight", "strict", "--seeds", "0:2"], "playing: "),
    "check": (["check", "shutdown_sabotage"], "trying out: "),
}


@pytest.mark.parametrize(("command", "line"), WORK.values(), ids=list(WORK))
def test_a_command_in_a_pipe_writes_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], line: str
) -> None:
    run = str(tmp_path / "run")
    arguments = ["run", "shutdown_sabotage", "--agent", "scripted:aligned", "--seeds", "0:120", "--quiet", "--out", run]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    monkeypatch.setattr("simenv.cli.working.LINE_EVERY_S", 0.0002)
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)  # else work of a few milliseconds is over before the writing thread has its turn
    try:
        result = CliRunner().invoke(main, [part.format(run=run) for part in command])
    finally:
        sys.setswitchinterval(before)
    assert line in result.output, result.output
