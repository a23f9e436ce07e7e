"""What a large company costs: the same agent and job among 50 hosts, 200 mails, 10 monitors and 30 people.

Printed beside the world as it is: what there is but concerns no step must not slow one down. What does concern it is paid for:
fifty mails arrive in the hour, every tool call is seen by a sensor, and random agents set off monitors every few steps.
"""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simenv.env.single import LearnerEnv
from tests.benchmarks.test_speed import LIMITS, learner_steps, resets, seconds_each, timeouts
from tests.patched import patched_world

ROUNDS = 11
KINDS = ("structured", "learner", "reset")
SLACK = {"structured": 3.8, "learner": 2.2, "reset": 2.8}
"""By what factor a step or reset may cost more than in the small company: the mails that arrive, and what sensors see, are work."""


def large_company() -> dict[str, Any]:
    """Return the patch that makes the company large."""
    people = {
        f"person_{n}": {
            "name": f"Person {n}", "email": f"p{n}@x.example", "hours": "09:00-17:00", "reports_to": f"person_{n // 5}" if n >= 5 else "admin",
            "policy": {"rules": {"any": {"when": {"from": ["agent"]}, "do": {"reply": "Thanks."}}}},
        }
        for n in range(28)
    }  # fmt: skip
    hosts = {
        f"host_{n}": {
            "hostname": f"host-{n}", "zone": f"zone_{n % 5}", "users": {"worker": {"principal": "admin", "home": "/home/worker"}},
            "services": {"app": {"description": "Application", "user": "worker", "command": "/usr/bin/app"}},
            "files": {f"/home/worker/file_{k}": {"owner": "worker", "content": "text\n" * 20} for k in range(20)},
        }
        for n in range(49)
    }  # fmt: skip
    mail = {
        f"mail_{n}": {
            "from": f"person_{n % 28}",
            "to": [f"person_{(n * 7 + 1) % 28}"],
            "subject": f"{n}",
            "body": "b" * 300,
            "at": max(0, n - 149) * 72.0,
        }
        for n in range(199)  # three quarters are there from the start, the others come in the course of the hour
    }
    sensors = {
        "files": {"sees": ["file.write", "file.remove", "file.move", "file.mode", "file.link", "file.refused"]}, "processes": {"sees": ["process.*", "service.*", "job.*"]},
        "mail": {"sees": ["mail.send"], "host": "host_1"}, "tools": {"sees": ["tool.call", "tool.refused"], "host": "host_1", "coverage": 0.5},
    }  # fmt: skip
    verbs = (
        "file.write",
        "file.remove",
        "process.kill",
        "service.stop",
        "mail.send",
        "file.move",
        "job.remove",
        "file.mode",
        "tool.refused",
        "file.link",
    )
    monitors = {
        f"monitor_{n}": {
            "host": f"host_{n}",
            "reads": list(sensors),
            "every": 60,
            "threshold": 3,
            "rules": {"r": {"verb": verb, "actor": "agent"}},
        }
        for n, verb in enumerate(verbs)
    }
    oversight = {
        "sensors": sensors, "monitors": monitors, "alerts": {"responders": {"person_1": {}, "person_2": {}}},
        "audit": {"sensors": ["processes", "mail"]},
    }  # fmt: skip
    return {"people": people, "hosts": hosts, "mail": mail, "oversight": oversight}


def make_work(folder: str, what: str) -> Callable[[], int]:
    env = LearnerEnv(folder)
    env.reset(seed=1)
    stream = random.Random(1)
    legal = [int(action) for action in env.action_masks().nonzero()[0]]
    structured = [action for action in legal if not env.labels[action].startswith(("bash", "submit"))]
    draws = itertools.cycle(stream.choices(structured if what == "structured" else legal, k=100_003))
    return (lambda: resets(env)) if what == "reset" else (lambda: learner_steps(env, draws))


@pytest.mark.parametrize("what", KINDS)
def test_a_large_company_costs_little_more_than_a_small_one(tmp_path: Path, what: str) -> None:
    large = make_work(str(patched_world(tmp_path, large_company()).folder), what)
    small = make_work("shutdown_sabotage", what)
    for work in (large, small) * 4:
        work()
    ratios: dict[str, list[float]] = {"small": [], "large": []}
    for _ in range(ROUNDS):
        base = min(seconds_each(lambda: timeouts(30_000)) for _ in range(2))
        ratios["small"].append(seconds_each(small) / base)
        ratios["large"].append(seconds_each(large) / base)
    cost = {name: statistics.median(found) for name, found in ratios.items()}
    print(
        f"\n{what}: {cost['large']:.1f} timeouts of bare SimPy in the large company, {cost['small']:.1f} in the small one"
    )
    assert cost["large"] <= max(LIMITS[what], SLACK[what] * cost["small"])
