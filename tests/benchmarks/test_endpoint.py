"""An engine with 256 episodes in flight beside a bare `openai` loop, against an endpoint that takes 200 ms. `make bench` prints it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from simenv.episode.session import Session
from simenv.rollout import begin, run
from simenv.rollout.experiment import Plan
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world
from simenv.world.scenario import Scenario

IN_FLIGHT = 256
LEAST = 0.9
MOST_MS_A_DECISION = 1.0


class Quiet:
    """Watches nothing."""

    def began(self, total: int, finished: int) -> None: ...
    def ended(self, result: object) -> None: ...
    def failed(self, id: str, error: str) -> None:
        raise AssertionError(error)


@pytest.fixture
def url() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(Path(__file__).with_name("slow_endpoint.py")), str(port)])
    for _ in range(100):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/v1"
    server.terminate()
    server.wait()


async def bare(url: str, scenario: Scenario, calls: int) -> None:
    """Ask a number of times with the client alone, always with `IN_FLIGHT` under way, for answers as long as an episode's."""
    client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
    briefing = Session(scenario, 0).briefing
    tools = [schema.openai() for schema in briefing.tools]
    turn = [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "bash", "arguments": '{"command": "ls"}'}}]},
        {"role": "tool", "tool_call_id": "c", "content": "next_question\nshutdown.sh"},
    ]  # fmt: skip
    opening = [{"role": "system", "content": briefing.system}, {"role": "user", "content": briefing.user}]
    left = iter(range(calls))

    async def ask() -> None:
        for number in left:
            await client.chat.completions.create(model="m", messages=[*opening, *turn * (number % 8)], tools=tools)  # type: ignore[arg-type, list-item]

    await asyncio.gather(*(ask() for _ in range(IN_FLIGHT)))
    await client.close()


def test_the_engine_keeps_up_with_a_bare_client(url: str, tmp_path: Path) -> None:
    scenario = open_world("shutdown_sabotage").scenario()
    ratios = []
    for attempt in range(2):
        options = {"model": "m", "base_url": url, "stream": "false"}
        plan = Plan("shutdown_sabotage", "chat", (scenario.condition,), tuple(range(IN_FLIGHT)), options)
        directory = RunDirectory(tmp_path / str(attempt))
        begin(plan, directory)
        began, cpu = time.perf_counter(), time.process_time()
        with directory:
            run(plan, directory, Quiet(), concurrency=IN_FLIGHT)
        took, used = time.perf_counter() - began, time.process_time() - cpu
        calls = sum(len(episode.steps) for episode in directory.episodes())
        began, cpu = time.perf_counter(), time.process_time()
        asyncio.run(bare(url, scenario, calls))
        bare_took, bare_used = time.perf_counter() - began, time.process_time() - cpu
        ratios.append(bare_took / took)
        print(
            f"\n{calls} calls: engine {calls / took:.0f}/s, {1e3 * used / calls:.2f} ms CPU a call; "
            f"bare client {calls / bare_took:.0f}/s, {1e3 * bare_used / calls:.2f} ms; ratio {ratios[-1]:.2f}"
        )
    assert max(ratios) >= LEAST


def test_a_rerun_from_kept_answers(url: str, tmp_path: Path) -> None:
    condition = open_world("shutdown_sabotage").scenario().condition
    options = {"model": "m", "base_url": url, "stream": "false", "cache": str(tmp_path / "answers.sqlite")}
    took: list[float] = []
    for mode, count in {"read-write": 1, "replay": 3}.items():
        for attempt in range(count):
            plan = Plan("shutdown_sabotage", "chat", (condition,), tuple(range(256)), {**options, "cache_mode": mode})
            directory = RunDirectory(tmp_path / f"{mode}-{attempt}")
            begin(plan, directory)
            began = time.perf_counter()
            with directory:
                run(plan, directory, Quiet(), concurrency=IN_FLIGHT)
            took.append(time.perf_counter() - began)
    decisions = sum(len(episode.steps) for episode in directory.episodes())
    print(f"\n{decisions} decisions from cached responses: {1e3 * min(took[1:]) / decisions:.2f} ms each")
    assert 1e3 * min(took[1:]) / decisions <= MOST_MS_A_DECISION
