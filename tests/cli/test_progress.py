"""What a terminal shows while a run goes on."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from simenv.agent.protocol import Usage
from simenv.agent.roles import RoleChoice
from simenv.cli.progress import Progress, _interval, prices_of, tracked
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
    monkeypatch.setattr("simenv.cli.progress._LINE_EVERY_S", 0.05)
    written = io.StringIO()
    with Progress(Console(file=written, width=120), ["x"]) as progress:
        progress.began(10, 2)
        progress.failed("e", "no answer")
        time.sleep(0.3)
    assert written.getvalue().count("2 of 10 episodes, 0 s, 1 failed") >= 2


def test_items_in_a_pipe_get_a_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simenv.cli.progress._LINE_EVERY_S", 0.0)
    written = io.StringIO()
    assert list(tracked(["a", "b"], "trying out", Console(file=written))) == ["a", "b"]
    assert "trying out: 1 of 2" in written.getvalue()
