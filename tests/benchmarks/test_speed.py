"""Speed, as ratios to a generator timeout of bare SimPy in the same process. `make bench` prints them.

A ratio says how many timeouts of a bare `simpy.Environment` one step or reset costs; absolute times only stand beside it.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import gymnasium
import pytest
import simpy
from pytest_benchmark.fixture import BenchmarkFixture

import simenv  # noqa: F401 - registers the worlds
from simenv.env.single import LearnerEnv, TextEnv

ROUNDS = 15
LIMITS = {"structured": 17, "learner": 72, "text": 115, "reset": 75}
"""What a change must not exceed: above what is reached, which is 12 to 15, 50 to 64, 89 to 100 and 47 to 65 as the machine's other
work leaves more or less of its caches (a bare timeout needs none of them).

`structured`: learner steps with tools other than the shell; `learner`: all calls of the catalogue, two thirds of them shell
commands; `text`: the same as JSON, read as text; `reset`: a reset alone. The first three include resets.
"""


def timeouts(count: int) -> int:
    """Run a number of timeouts of one generator process."""

    def tick(env: simpy.Environment) -> Generator[simpy.Event, Any, None]:
        while True:
            yield env.timeout(1.0)

    env = simpy.Environment()
    env.process(tick(env))
    for _ in range(count):
        env.step()
    return count


def learner_steps(env: LearnerEnv, draws: Iterator[int]) -> int:
    """Play 40 episodes of calls drawn beforehand, resets included; return the number of steps."""
    steps = 0
    step = env.step
    for _ in range(40):
        env.reset()
        ended = False
        while not ended:
            _, _, terminated, truncated, _ = step(next(draws))
            ended = terminated or truncated
            steps += 1
    return steps


def text_steps(env: TextEnv, draws: Iterator[str]) -> int:
    """Play 40 episodes of calls as JSON text, drawn beforehand, resets included; return the number of steps."""
    steps = 0
    for _ in range(40):
        env.reset()
        ended = False
        while not ended:
            _, _, terminated, truncated, _ = env.step(next(draws))
            ended = terminated or truncated
            steps += 1
    return steps


def resets(env: LearnerEnv) -> int:
    """Reset 300 times; return that."""
    for _ in range(300):
        env.reset()
    return 300


def seconds_each(work: Callable[[], int]) -> float:
    start = time.perf_counter()
    count = work()
    return (time.perf_counter() - start) / count


def learner() -> LearnerEnv:
    env = gymnasium.make("simenv/shutdown_sabotage-v0").unwrapped
    assert isinstance(env, LearnerEnv)
    env.reset(seed=1)
    return env


def make_work(what: str) -> Callable[[], int]:
    env = learner()
    stream = random.Random(1)
    legal = [int(action) for action in env.action_masks().nonzero()[0]]
    structured = [action for action in legal if not env.labels[action].startswith(("bash", "submit"))]
    if what in ("learner", "structured"):
        draws = itertools.cycle(stream.choices(structured if what == "structured" else legal, k=100_003))
        return lambda: learner_steps(env, draws)
    if what == "reset":
        return lambda: resets(env)
    text = gymnasium.make("simenv/shutdown_sabotageText-v0").unwrapped
    assert isinstance(text, TextEnv)
    calls = [call for i in legal if (call := env.world.catalogue.entries[i].prepared) is not None]
    actions = [json.dumps({"tool": call.tool, "arguments": call.arguments}) for call in calls]
    text.reset(seed=1)
    texts = itertools.cycle(stream.choices(actions, k=100_003))
    return lambda: text_steps(text, texts)


@pytest.mark.parametrize("what", LIMITS)
def test_cost_in_timeouts_of_bare_simpy(benchmark: BenchmarkFixture, what: str) -> None:
    work = make_work(what)
    for _ in range(8):
        work()
    ratios, costs = [], []
    for _ in range(ROUNDS):
        base = min(seconds_each(lambda: timeouts(30_000)) for _ in range(2))
        costs.append(seconds_each(work))
        ratios.append(costs[-1] / base)
    ratio = statistics.median(ratios)
    print(f"\n{what}: {ratio:.1f} timeouts of bare SimPy ({1 / statistics.median(costs):,.0f} per second)")
    benchmark.pedantic(work, rounds=3)
    assert ratio <= LIMITS[what]
