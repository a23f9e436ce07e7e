"""The clock: a SimPy environment that knows its calendar, journal and random streams."""

from __future__ import annotations

from collections.abc import Generator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import simpy

from simenv.errors import OverrunError
from simenv.kernel.calendar import Calendar
from simenv.kernel.journal import Journal
from simenv.kernel.parts import EpisodeCopy, NotCopiedError, View, state_of
from simenv.kernel.streams import Streams

_MOST_AT_ONCE = 100_000
MOST_EVENTS = 20_000_000
"""Most events of an episode: hundreds of times as many as a busy day of a company needs."""

T = TypeVar("T")

Delays: TypeAlias = Generator[float, None, T]
"""A behaviour that takes simulated time: yields seconds to wait, returns a result."""


class Simulation(simpy.Environment):
    """SimPy's environment, with the calendar, journal and random streams of an episode.

    **Ties.** Code that advances the clock to `t` sees everything due up to and including `t`:
    `advance(t)` runs events in SimPy's order (time, then priority, then order of scheduling) until none is
    due at or before `t`. A tool call that ends at `t` takes effect after all of these; so at a tie the company
    moves first, and the agent sees the result.
    """

    if not TYPE_CHECKING:
        now = property(attrgetter("_now"))  # read at every act: this costs half as much as SimPy's own

    STATE = ("streams", "_owned")
    SCRATCH = ("_events",)
    FIXED = ("calendar", "journal")

    def __init__(self, calendar: Calendar, seed: int) -> None:
        super().__init__(initial_time=0.0)
        self.calendar = calendar
        self.journal = Journal()
        self.streams = Streams(seed)
        self._owned: dict[type, Any] = {}
        self._events = 0
        """Number of events so far: the bound on the work of an episode."""

    def state(self, view: View) -> object:
        """Return the positions of the random streams, and the state of the objects that the simulation owns."""
        owned = sorted((kind.__name__, state_of(each, view)) for kind, each in self._owned.items())
        return self.streams.positions(), owned

    def copy_into(self, copy: EpisodeCopy) -> Simulation:
        """Return a simulation at the same moment.

        Raises:
            NotCopiedError: something is scheduled: processes that have begun cannot be copied.
        """
        if self._queue:
            raise NotCopiedError("something is scheduled")
        twin = object.__new__(type(self))
        copy.take(self, twin)
        simpy.Environment.__init__(twin, initial_time=self._now)
        twin.calendar = self.calendar
        twin.journal = copy.of(self.journal)
        twin.streams = copy.of(self.streams)
        twin._events = self._events
        twin._owned = {kind: copy.of(each) for kind, each in self._owned.items()}
        return twin

    def own(self, kind: type[T]) -> T:
        """Return the episode's only object of a kind, created on first use."""
        owned = self._owned.get(kind)
        if owned is None:
            owned = self._owned[kind] = kind()
        return owned

    def advance(self, until: float) -> None:
        """Run all events due at or before `until`, and set the clock to it (never backwards).

        Draining by `peek`/`step` is several times cheaper than `run(until=...)`, which schedules a stop event
        at each call and leaves normal events due exactly at `until` undone.
        """
        if self._queue and self._queue[0][0] <= until:
            self._drain(until)
        self._now = max(self._now, until)

    def spend(self, seconds: float, limit: float) -> bool:
        """Advance by `seconds`, but not past `limit`; return whether the full time passed."""
        until = self._now + seconds
        if until > limit:
            self.advance(limit)
            return False
        if self._queue and self._queue[0][0] <= until:
            self._drain(until)
        self._now = until
        return True

    def _drain(self, until: float) -> None:
        """Run all events due at or before `until`. Raises OverrunError if time stands still or events never end."""
        queue, before, still, count = self._queue, self._now, 0, self._events
        while queue and queue[0][0] <= until:
            self.step()
            count += 1
            still = still + 1 if self._now == before else 0
            before = self._now
            if still > _MOST_AT_ONCE:
                raise OverrunError(
                    f"time stands still at second {before:g}: {still:,} events at this instant; a process of the world "
                    "(processes.py) loops without waiting, or with `timeout(0)`"
                )
            if count > MOST_EVENTS:
                raise OverrunError(
                    f"{count:,} events by second {before:g}, the limit of an episode; a process of the world "
                    "(processes.py) loops with too short a wait"
                )
        self._events = count

    def record(self, actor: str, verb: str, object: str, **details: Any) -> int:
        """Append to the journal at the current time; return the record's `seq`."""
        return self.journal.write(self._now, actor, verb, object, details)

    def perform(self, behaviour: Delays[T]) -> Generator[simpy.Event, Any, T]:
        """Turn a behaviour that yields seconds into a SimPy process body: ``yield from sim.perform(...)``."""
        while True:
            try:
                delay = next(behaviour)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            yield self.timeout(delay)
