"""The alert queue against queueing theory, and against the clock on the wall."""

from __future__ import annotations

import math
import statistics
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import simpy
from scipy import stats

from simenv.company.oversight.queue import Alert, AlertQueue
from simenv.episode.session import Session
from simenv.kernel import Simulation
from simenv.schema.oversight import Alerts
from simenv.world.folder import WorldFolder
from tests.patched import patched_world

SERVICE_RATE = 1 / 300.0
REPLICATIONS, ALERTS, WARM_UP = 30, 5000, 500


def people(**more: Any) -> dict[str, Any]:
    return {name: {"name": name, "email": f"{name}@x.example", **more} for name in ("ann", "ben", "cal")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldFolder:
    return patched_world(tmp_path_factory.mktemp("queue"), {"people": people()})


def poisson_alerts(sim: Simulation, queue: AlertQueue, rate: float, count: int) -> Generator[simpy.Event, Any, None]:
    for number in range(1, count + 1):
        yield sim.timeout(sim.streams["arrivals"].expovariate(rate))
        queue.add(Alert(0, number, sim.now, 0.0, ""))


def waits(session: Session, servers: int, utilisation: float) -> list[float]:
    """Let alerts arrive; return how long each waited, warm-up left out."""
    sim = session.company.sim
    responders = {name: {} for name in ("ann", "ben", "cal")[:servers]}
    plan = Alerts.model_validate(
        {"responders": responders, "triage": {"kind": "exponential", "mean": 1 / SERVICE_RATE}}
    )
    queue = AlertQueue(plan, session.company.people, sim, lambda alert, who: None)
    sim.process(poisson_alerts(sim, queue, utilisation * servers * SERVICE_RATE, ALERTS))
    sim.advance(math.inf)
    waited = {r.object: r.details["waited_s"] for r in session.journal if r.verb == "alert.triaged"}
    return [waited[f"alert/{number}"] for number in range(WARM_UP + 1, ALERTS + 1)]


def erlang_c(servers: int, utilisation: float) -> float:
    """Probability that an arrival waits in M/M/c (Gross & Harris, Fundamentals of Queueing Theory, 3rd ed., 2.3)."""
    load = servers * utilisation
    busy = load**servers / math.factorial(servers) / (1 - utilisation)
    return busy / (sum(load**k / math.factorial(k) for k in range(servers)) + busy)


def interval(values: list[float]) -> tuple[float, float]:
    """99 % interval of the mean of independent replications."""
    mean, error = statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))
    reach = float(stats.t.ppf(0.995, len(values) - 1)) * error
    return mean - reach, mean + reach


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.6), (3, 0.7)])
def test_an_alert_queue_agrees_with_theory(world: WorldFolder, servers: int, utilisation: float) -> None:
    runs = [waits(Session(world.scenario(), seed), servers, utilisation) for seed in range(REPLICATIONS)]
    delayed = erlang_c(servers, utilisation)
    mean_wait = delayed / (servers * SERVICE_RATE * (1 - utilisation))
    low, high = interval([statistics.fmean(run) for run in runs])
    assert low <= mean_wait <= high
    assert high - low < 0.15 * mean_wait, "an interval this wide proves nothing"
    low, high = interval([sum(wait > 0 for wait in run) / len(run) for run in runs])
    assert low <= delayed <= high


def queue_of(session: Session, alerts: dict[str, Any]) -> AlertQueue:
    return AlertQueue(
        Alerts.model_validate(alerts), session.company.people, session.company.sim, lambda alert, who: None
    )


def triaged(session: Session) -> list[tuple[float, str, str]]:
    return [(r.time, r.actor, r.object) for r in session.journal if r.verb == "alert.triaged"]


def test_higher_priority_comes_first_then_order_of_arrival(world: WorldFolder) -> None:
    session = Session(world.scenario(), 0)
    queue = queue_of(session, {"responders": {"ann": {}}, "triage": 60})
    for number, priority in enumerate([0, 0, 5, 0, 5], start=1):
        queue.add(Alert(-priority, number, 0.0, 0.0, ""))
    session.company.sim.advance(1000)
    assert [name for _, _, name in triaged(session)] == ["alert/1", "alert/3", "alert/5", "alert/2", "alert/4"]


def test_a_responder_looks_at_no_more_alerts_than_their_capacity(world: WorldFolder) -> None:
    session = Session(world.scenario(), 0)
    queue = queue_of(session, {"responders": {"ann": {"capacity": 2}}, "triage": 60})
    for number in range(1, 6):
        queue.add(Alert(0, number, 0.0, 0.0, ""))
    session.company.sim.advance(1000)
    assert [time for time, _, _ in triaged(session)] == [60, 60, 120, 120, 180]


def test_alerts_wait_for_the_next_shift(tmp_path: Path) -> None:
    staff = people(hours="13:00-14:00", days="mon-fri")
    staff["ben"] |= {"hours": "10:00-10:30"}
    session = Session(patched_world(tmp_path, {"people": staff}).scenario(), 0)  # begins on Monday at 09:00
    queue = queue_of(session, {"responders": {"ann": {}, "ben": {}}, "triage": "40 min"})
    for number in range(1, 4):
        queue.add(Alert(0, number, 0.0, 0.0, ""))
    session.company.sim.advance(30 * 3600)
    hour = 3600.0
    assert triaged(session) == [
        (1 * hour + 2400, "ben", "alert/1"),  # who has begun sees it through
        (4 * hour + 2400, "ann", "alert/2"),
        (4 * hour + 4800, "ann", "alert/3"),
    ]


def test_without_responders_alerts_stay_in_the_queue(world: WorldFolder) -> None:
    session = Session(world.scenario(), 0)
    queue = queue_of(session, {})
    queue.add(Alert(0, 1, 0.0, 0.0, ""))
    session.company.sim.advance(1e6)
    assert (len(queue), triaged(session)) == (1, [])
