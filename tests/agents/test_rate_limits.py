"""What agents that share an endpoint may send together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from faulty_server import Body, FaultyServer, answer, refuse, serving
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from simenv.agent.protocol import Usage
from simenv.cli.main import main
from simenv.errors import AgentError, BudgetError
from simenv.store.run import RunDirectory
from simenv_agents.chat import make
from simenv_agents.limits import Budget, ConcurrencyLimit, Limits, TokenBucket, join_limiter


def test_no_more_are_inside_than_the_gate_allows_and_all_get_through() -> None:
    async def crowd() -> tuple[int, int]:
        gate, inside, most, through = ConcurrencyLimit(8), 0, 0, 0

        async def pass_through() -> None:
            nonlocal inside, most, through
            await gate.enter()
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1
            gate.leave()
            through += 1

        await asyncio.gather(*(pass_through() for _ in range(100)))
        return most, through

    assert asyncio.run(crowd()) == (8, 100)


def test_who_gives_up_waiting_takes_no_place() -> None:
    async def leave_the_queue() -> bool:
        gate = ConcurrencyLimit(1)
        await gate.enter()
        waiting = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        gate.leave()
        await asyncio.wait_for(gate.enter(), 1.0)
        return True

    assert asyncio.run(leave_the_queue())


def test_the_gate_opens_fast_shrinks_once_for_all_that_were_under_way_and_opens_slowly_again() -> None:
    gate = ConcurrencyLimit(1000)
    first = gate.limit
    for _ in range(first):
        gate.answered()
    assert gate.limit == 2 * first
    gate.pushed_back(sent_at=1.0, now=2.0)
    shrunk = gate.limit
    assert shrunk == int(2 * first * 0.7)
    gate.pushed_back(sent_at=1.5, now=2.1)
    assert gate.limit == shrunk
    for _ in range(50):
        gate.answered()
    assert gate.limit == shrunk + 1
    for attempt in range(100):
        gate.pushed_back(sent_at=3.0 + attempt, now=3.0 + attempt)
    assert gate.limit == 1


def test_a_bucket_gives_so_much_a_minute_after_the_first_minutes_worth() -> None:
    async def take() -> float:
        bucket = TokenBucket(600.0)
        await bucket.take(600.0)
        began = time.monotonic()
        await asyncio.gather(*(bucket.take(1.0) for _ in range(3)))
        return time.monotonic() - began

    assert 0.28 <= asyncio.run(take()) < 0.8


def test_what_was_guessed_too_high_is_given_back_to_the_bucket() -> None:
    async def take() -> float:
        bucket = TokenBucket(600.0)
        await bucket.take(600.0)
        bucket.correct(-600.0)
        began = time.monotonic()
        await bucket.take(500.0)
        return time.monotonic() - began

    assert asyncio.run(take()) < 0.1


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1)), max_size=30), st.integers(1, 300))
def test_a_purse_is_never_overdrawn_and_refuses_only_what_does_not_fit(
    costs: list[tuple[int, float]], most: int
) -> None:
    async def spend() -> None:
        budget, refused = Budget(most, "tokens"), []

        async def one(highest: int, share: float) -> None:
            try:
                await budget.set_aside(highest)
            except BudgetError:
                refused.append(budget.spent + highest > most)
                return
            await asyncio.sleep(0)
            budget.settle(highest, int(highest * share))
            assert budget.spent <= most

        await asyncio.gather(*(one(*cost) for cost in costs))
        assert all(refused)

    asyncio.run(spend())


def test_agents_of_one_loop_share_a_line_and_its_budget() -> None:
    async def join() -> None:
        limits = Limits(most_tokens=100)
        one, other = (join_limiter("here", limits, lambda: pytest.fail("not needed")) for _ in range(2))
        assert one is other
        assert join_limiter("there", limits, lambda: pytest.fail("not needed")) is not one
        async with one.reservation({"max_tokens": 40}) as reservation:
            reservation.answered(Usage(20, 30))
        with pytest.raises(BudgetError, match="the budget of 100 tokens is used up: 50 spent"):
            async with other.reservation({"max_tokens": 40}):
                pass

    asyncio.run(join())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"budget_usd": "1"}, "price_in"),
        ({"budget_usd": "1", "price_in": "1", "price_out": "2"}, "max_tokens"),
        ({"budget_tokens": "1000"}, "max_tokens"),
        ({"budget_tokens": "0"}, "budget_tokens='0' is not usable"),
        ({"rpm": "-1"}, "rpm='-1' is not usable"),
        ({"tpm": "many"}, "tpm='many' is not usable"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(AgentError, match=words):
        make("chat", model="m", base_url="http://127.0.0.1:1/v1", **options)


def run(server: FaultyServer, out: Path, *options: str, seeds: str = "0:60", concurrency: int = 12) -> Result:
    shared = ["--agent", "chat", "--model", "m", "--base-url", server.url, "--concurrency", str(concurrency)]
    arguments = ["run", "shutdown_sabotage", *shared, "--seeds", seeds, "--out", str(out), "--limit", "idle=2"]
    return CliRunner().invoke(main, [*arguments, *(part for option in options for part in ("-o", option))])


class Meter:
    """A server that hands out answers of a known length, and counts what it hands out."""

    def __init__(self) -> None:
        self.tokens = 0

    def __call__(self, request: Request, body: Body) -> ASGIApp:
        usage = {"prompt_tokens": 300, "completion_tokens": body["max_completion_tokens"], "total_tokens": 0}
        self.tokens += usage["prompt_tokens"] + usage["completion_tokens"]
        return answer("Nothing more.", usage=usage)(request, body)


def test_a_budget_is_never_exceeded_and_the_run_goes_on_with_a_larger_one(tmp_path: Path) -> None:
    meter = Meter()
    with serving(otherwise=meter) as server:
        result = run(server, tmp_path / "run", "max_tokens=50", "budget_tokens=20000")
        assert result.exit_code == 1
        assert "the budget of 20000 tokens is used up" in result.output
        assert "Traceback" not in result.output
        assert 5_000 < meter.tokens <= 20_000
        finished = len(list(RunDirectory(tmp_path / "run").episodes()))
        assert finished < 60
        assert run(server, tmp_path / "run", "max_tokens=50", "budget_tokens=100000000").exit_code == 0
    ids = [episode.id for episode in RunDirectory(tmp_path / "run").episodes()]
    assert (len(ids), len(set(ids))) == (60, 60)


def test_processes_share_a_budget_and_spend_it_once(tmp_path: Path) -> None:
    meter = Meter()
    arguments = [
        "run",
        "shutdown_sabotage",
        "--agent",
        "chat",
        "--model",
        "m",
        "--seeds",
        "0:200",
        "--workers",
        "2",
        "--limit",
        "idle=2",
    ]
    with serving(otherwise=meter) as server:
        options = ["--base-url", server.url, "-o", "max_tokens=50", "-o", "budget_tokens=20000", "-o", "rpm=100000"]
        result = CliRunner().invoke(main, [*arguments, *options, "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "a worker's share is spent: the budget of 10000 tokens is used up" in result.output
    assert 10_000 < meter.tokens <= 20_000
    assert len(list(RunDirectory(tmp_path).episodes())) == meter.tokens // 350 // 2


def test_money_is_counted_by_its_prices(tmp_path: Path) -> None:
    meter = Meter()
    prices = ("price_in=2", "price_out=8", "max_tokens=50")
    with serving(otherwise=meter) as server:
        result = run(server, tmp_path / "run", *prices, "budget_usd=0.03", concurrency=3)
    assert "the budget of 0.03 US dollars is used up" in result.output
    calls = meter.tokens / 350
    assert 0.01 < calls * (300 * 2 + 50 * 8) / 1e6 <= 0.03


def crowded(places: int, refusals: list[float]) -> Iterator[FaultyServer]:
    """A server that refuses clients when its places are taken, for a fifth of a second."""
    inside = 0

    def step(request: Request, body: Body) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal inside
            if inside >= places:
                refusals.append(time.monotonic())
                await refuse(429, "Too many", retry_after="0.2")(request, body)(scope, receive, send)
                return
            inside += 1
            try:
                await asyncio.sleep(0.01)
                await answer("Nothing more.")(request, body)(scope, receive, send)
            finally:
                inside -= 1

        return app

    with serving(otherwise=step) as server:
        yield server


def test_a_crowded_endpoint_is_left_alone_as_it_asks_and_loses_no_episode(tmp_path: Path) -> None:
    refusals: list[float] = []
    for server in crowded(4, refusals):
        result = run(server, tmp_path / "run", "retries=20", seeds="0:60", concurrency=24)
        assert result.exit_code == 0, result.output
        answered = len(server.requests) - len(refusals)
    ids = [episode.id for episode in RunDirectory(tmp_path / "run").episodes()]
    assert (len(ids), len(set(ids))) == (60, 60)
    assert refusals
    assert len(refusals) < answered / 2
    # between the last refusal of a burst and a fifth of a second later nobody came
    assert all(later - earlier < 0.08 or later - earlier > 0.18 for earlier, later in pairwise(refusals))
