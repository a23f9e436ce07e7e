"""Time, truth and chance."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from datetime import datetime
from typing import Any

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from simenv.errors import SimenvError
from simenv.kernel import Calendar, Journal, Simulation, Streams, derive_seed


def make_simulation(seed: int = 1) -> Simulation:
    return Simulation(Calendar(datetime(2026, 5, 18, 9), "Europe/Berlin"), seed)


def test_what_is_due_at_the_instant_itself_happens_before_advance_returns() -> None:
    sim = make_simulation()
    seen: list[str] = []

    def ring(name: str, at: float) -> Generator[simpy.Event, Any, None]:
        yield sim.timeout(at)
        seen.append(name)

    for name, at in (("before", 4.0), ("at", 5.0), ("after", 5.5)):
        sim.process(ring(name, at))
    sim.advance(5.0)
    assert seen == ["before", "at"]
    assert sim.now == 5.0


def test_ties_go_in_the_order_of_scheduling() -> None:
    sim = make_simulation()
    seen: list[int] = []

    def ring(number: int) -> Generator[simpy.Event, Any, None]:
        yield sim.timeout(3.0)
        seen.append(number)

    for number in range(5):
        sim.process(ring(number))
    sim.advance(3.0)
    assert seen == [0, 1, 2, 3, 4]


def test_what_an_event_schedules_for_the_same_instant_happens_too() -> None:
    sim = make_simulation()
    seen: list[str] = []

    def ring() -> Generator[simpy.Event, Any, None]:
        yield sim.timeout(3.0)
        yield sim.timeout(0.0)
        seen.append("then")

    sim.process(ring())
    sim.advance(3.0)
    assert seen == ["then"]


def test_the_clock_never_goes_back() -> None:
    sim = make_simulation()
    sim.advance(10.0)
    sim.advance(4.0)
    assert sim.now == 10.0


def test_a_behaviour_that_yields_seconds_runs_as_a_process() -> None:
    sim = make_simulation()

    def work() -> Generator[float, None, str]:
        yield 2.0
        yield 3.5
        return "done"

    process = sim.process(sim.perform(work()))
    sim.advance(5.4)
    assert process.is_alive
    sim.advance(5.5)
    assert process.value == "done"


@given(st.lists(st.floats(0, 100, allow_nan=False), max_size=30), st.lists(st.floats(0, 100), max_size=10))
def test_advancing_in_any_pieces_gives_the_same_order_as_run(delays: list[float], stops: list[float]) -> None:
    def order(advance: Any) -> list[int]:
        sim = make_simulation()
        seen: list[int] = []

        def ring(number: int, delay: float) -> Generator[simpy.Event, Any, None]:
            yield sim.timeout(delay)
            seen.append(number)

        for number, delay in enumerate(delays):
            sim.process(ring(number, delay))
        advance(sim)
        return seen

    def in_pieces(sim: Simulation) -> None:
        for stop in [*sorted(stops), 100.0]:
            sim.advance(stop)

    assert order(in_pieces) == order(lambda sim: sim.run())


def test_a_stream_depends_on_seed_and_name_alone() -> None:
    first, second = Streams(7), Streams(7)
    _ = [first["other"].random() for _ in range(10)]
    assert first["mail"].random() == second["mail"].random()
    assert Streams(7)["mail"].random() != Streams(8)["mail"].random() != Streams(8)["people"].random()


def test_seeds_do_not_depend_on_the_hash_seed_of_python() -> None:
    code = "from simenv.kernel import derive_seed; print(derive_seed(5, 'mail'))"
    seeds = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": salt}, capture_output=True, text=True, check=True
        ).stdout
        for salt in ("1", "2")
    }
    assert seeds == {f"{derive_seed(5, 'mail')}\n"}


def test_the_calendar_knows_daylight_saving() -> None:
    calendar = Calendar(datetime(2026, 3, 29, 1, 30), "Europe/Berlin")
    assert calendar.clock(3600) == "03:30:00"
    assert calendar.seconds(calendar.at(5000.0)) == 5000.0


def test_the_digest_depends_on_every_part_of_every_record() -> None:
    def digest(*records: tuple[Any, ...]) -> str:
        journal = Journal()
        for record in records:
            journal.write(*record)
        return journal.digest()

    base = (1.0, "agent", "file.write", "desk:/a", {"n": 1})
    variants = [
        base,
        (2.0, *base[1:]),
        (1.0, "boss", *base[2:]),
        (*base[:2], "file.read", *base[3:]),
        (*base[:4], {"n": 2}),
    ]
    assert len({digest(v) for v in variants} | {digest(base, base), digest()}) == len(variants) + 2
    assert digest(base) == digest((1.0, "agent", "file.write", "desk:/a", {"n": 1}))


def test_listeners_are_told_of_the_verbs_that_they_listen_to() -> None:
    journal = Journal()
    journal.write(0.0, "a", "file.write", "before", {})
    heard: list[str] = []
    journal.listen("file.*", lambda record: heard.append(f"files {record.object}"))
    journal.listen("mail.send", lambda record: heard.append(f"mail {record.seq}"))
    for verb in ("file.write", "mail.send", "mail.sender", "files"):
        journal.write(1.0, "a", verb, verb, {})
    assert heard == ["files file.write", "mail 2"]
    journal.listen("files", lambda record: heard.append("late"))
    journal.write(2.0, "a", "files", "", {})
    assert heard[2:] == ["late"]


def test_listening_changes_nothing_in_the_journal() -> None:
    quiet, heard = Journal(), Journal()
    heard.listen("*", lambda record: None)
    for journal in (quiet, heard):
        journal.write(0.0, "a", "file.write", "x", {"n": 1})
    assert heard.digest() == quiet.digest()


@pytest.mark.parametrize("delays", [(0.0,), (0.0, 0.0, 1e-300)])
def test_time_that_stands_still_is_an_error_and_no_endless_loop(delays: tuple[float, ...]) -> None:
    sim = make_simulation()

    def spin() -> Generator[simpy.Event, None, None]:
        yield sim.timeout(7)
        while True:
            for delay in delays:
                yield sim.timeout(delay)

    sim.process(spin())
    sim.advance(6.5)
    with pytest.raises(SimenvError, match=r"time stands still at second 7: .* loops without waiting"):
        sim.advance(10)


def test_many_events_at_one_instant_are_no_error() -> None:
    sim = make_simulation()
    for _ in range(50_000):
        sim.timeout(3)
    assert sim.spend(5, 100)
    assert sim.now == 5
