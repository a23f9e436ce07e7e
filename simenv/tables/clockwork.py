"""What a company has only one of, and notes in its own way: its clock, journal and random streams, and who follows them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from simenv.company.lineage.lineage import Lineage
from simenv.kernel import Calendar, Journal, Simulation, Streams
from simenv.machine.program import Program
from simenv.tables.moment import Moment
from simenv.tables.trace import Trace

PRINTING = ("date",)
"""Programs that do nothing with times but print them, and take no time for it."""


def watch_lineage(trace: Trace, lineage: Lineage) -> None:
    """Leave out what follows artifacts about: nothing but the journal depends on it."""

    def unnoted(name: str) -> Callable[..., Any]:
        method = getattr(Lineage, name)

        def call(self: Any, *arguments: Any) -> Any:
            was_on, trace.on = trace.on, False
            try:
                return method(self, *arguments)
            finally:
                trace.on = was_on

        return call

    trace.paths[id(lineage)] = ("company", "lineage")
    heard = ("note_shown", *(name for name in vars(Lineage) if name.startswith("_on_")))
    methods = {name: unnoted(name) for name in heard}
    lineage.__class__ = type("Lineage", (Lineage,), {"__slots__": (), **methods})
    journal = lineage._sim.journal
    journal._listeners = [
        getattr(lineage, each.__name__) if getattr(each, "__self__", None) is lineage else each
        for each in journal._listeners
    ]
    journal._told = {}


def watch_programs(trace: Trace, programs: dict[str, Program]) -> None:
    """Let programs that print the time calculate with it."""

    def printing(program: Program) -> Program:
        def run(call: Any) -> Any:
            trace.prints = True
            try:
                return program(call)
            finally:
                trace.prints = False

        return run

    programs |= {name: printing(programs[name]) for name in PRINTING if name in programs}


def watch_simulation(
    sim: Simulation, trace: Trace, spends: list[float], note_stream: Callable[[str, random.Random], None]
) -> None:
    """Have a clock tell who looks at it, how long a call takes, and who draws from its random streams.

    Args:
        sim: the clock.
        trace: takes the notes.
        spends: takes the seconds that pass, one portion after the other.
        note_stream: is given each stream that is drawn from.
    """

    class _Simulation(type(sim)):  # type: ignore[misc]
        now = property(lambda self: Moment.of(self._now, trace, is_now=True) if trace.on else self._now)

        def spend(self, seconds: float, limit: float) -> bool:
            was_on, trace.on = trace.on, False
            until = self._now + float(seconds)
            trace.on = was_on
            spends.append(float(seconds))
            if until > limit:
                trace.refuse("runs out of time")
            return bool(super().spend(float(seconds), limit))

        def peek(self) -> float:
            trace.refuse("looks at what is scheduled")
            return float(super().peek())

    class _Streams(Streams):
        __slots__ = ()

        def __getitem__(self, name: str) -> random.Random:
            stream = super().__getitem__(name)
            if trace.on:
                note_stream(name, stream)
            return stream

    sim.__class__ = _Simulation
    sim.streams.__class__ = _Streams
    sim.calendar = _NotedCalendar(sim.calendar, trace)
    _watch_journal(sim.journal, trace)
    trace.paths[id(sim)] = ("sim",)


def _watch_journal(journal: Journal, trace: Trace) -> None:
    first = len(journal._records)

    class _Journal(type(journal)):  # type: ignore[misc]
        __slots__ = ()

        def __len__(self) -> int:
            trace.refuse("counts records")
            return len(self._records)

        def __iter__(self) -> Iterator[Any]:
            trace.refuse("reads the journal")
            return iter(self._records)

        def __getitem__(self, index: Any) -> Any:
            if not isinstance(index, int) or index < first:
                trace.refuse("reads the journal")
            return self._records[index]

    journal.__class__ = _Journal


class _NotedCalendar(Calendar):
    """A calendar that writes times out without a note, and notes when one is made a date that can be calculated with."""

    __slots__ = ("_plain", "_trace")

    def __init__(self, plain: Calendar, trace: Trace) -> None:
        self._plain, self._trace = plain, trace
        self.timezone, self._origin, self._stamps = plain.timezone, plain._origin, plain._stamps

    def at(self, seconds: float) -> Any:
        if isinstance(seconds, Moment):
            self._trace.refuse_time("makes a date of a time")
        return self._plain.at(float(seconds))

    def stamp(self, seconds: float) -> str:
        return self._plain.stamp(float(seconds))
