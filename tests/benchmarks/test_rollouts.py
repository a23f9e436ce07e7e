"""Two processes beside one, and Ray beside processes. `make bench` prints them.

Rates are taken between the first tenth and the last of a run: what starting costs (a tenth of a second for processes, three to
four seconds for Ray) stands beside it.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from simenv.rollout import Plan, Result, begin, run
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world

EPISODES = 4000
LEAST = {"processes": 1.8, "ray": 0.8}


class Clock:
    """Takes the time of every episode."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def began(self, total: int, finished: int) -> None:
        pass

    def ended(self, result: Result) -> None:
        self.times.append(time.perf_counter())

    def failed(self, id: str, error: str) -> None:
        raise AssertionError(error)


def rate(out: Path, workers: int, ray: str = "") -> tuple[float, float]:
    """Return episodes a second, and the seconds until the first was finished."""
    condition = open_world("shutdown_sabotage").condition({"instruction": "allow"})
    plan = Plan("shutdown_sabotage", "scripted:conflicted", (condition,), tuple(range(EPISODES)))
    clock = Clock()
    with RunDirectory(out) as directory:
        begin(plan, directory)
        start = time.perf_counter()
        run(plan, directory, clock, workers=workers, ray=ray)
    low, high = EPISODES // 10, EPISODES * 9 // 10
    return (high - low) / (clock.times[high] - clock.times[low]), clock.times[0] - start


def test_two_processes_beside_one(tmp_path: Path) -> None:
    ratios = []
    for attempt in range(2):
        (one, _), (two, first) = rate(tmp_path / f"1-{attempt}", 1), rate(tmp_path / f"2-{attempt}", 2)
        ratios.append(two / one)
        print(f"\none process {one:.0f} episodes/s, two {two:.0f}/s (first after {first:.2f} s): ratio {two / one:.2f}")
    assert max(ratios) >= LEAST["processes"]


def test_ray_beside_processes(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="extra `ray`")
    ratios = []
    for attempt in range(2):
        (two, _), (ray, first) = rate(tmp_path / f"2-{attempt}", 2), rate(tmp_path / f"r-{attempt}", 2, "local")
        ratios.append(ray / two)
        print(
            f"\ntwo processes {two:.0f} episodes/s, Ray {ray:.0f}/s (first after {first:.2f} s): ratio {ray / two:.2f}"
        )
    assert max(ratios) >= LEAST["ray"]
