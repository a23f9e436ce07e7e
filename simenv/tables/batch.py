"""Many episodes on tables: a row of small numbers each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simenv.episode.session import Session
from simenv.machine.identity import AGENT
from simenv.tables.alike import is_alike
from simenv.tables.arrays import MISS, REFUSED, Arrays, Ints
from simenv.tables.recorder import NotNowError
from simenv.tables.recording import Recording
from simenv.tables.table import Tables

ENGINE = -3
"""What a step finds where the engine has to make the call this time: something else happens meanwhile, or time runs out."""
_FIRST_RECORDINGS, _STEPS_PER_RECORDING = 500, 40
_AT_A_TIME = 32


class Batch:
    """The state of `count` episodes on tables, and how their calls change it. Arrays have one entry, or row, per episode.

    Args:
        tables: what calls do; it grows as calls are met that it does not know.
        count: number of episodes.
        seed_of: returns the seed of an episode; asked only for tables of one company each.

    Attributes:
        now: simulated seconds.
        turn: calls made.
        facts: how often each fact was shown, capped.
        score, inbox, unread, ok: as `Recording`.
        due: when the next scheduled event comes; infinite if nothing is scheduled.
        actions: the calls made, by turn.
        counts: steps that were found, recorded, refused, left to the engine.
    """

    def __init__(self, tables: Tables, count: int, seed_of: Callable[[int], int]) -> None:
        self.tables = tables
        self._seed_of = seed_of
        scenario = tables.recorder.scenario
        limits = scenario.world.agent.limits
        self.turns, self.limit = limits.turns, limits.time
        self.most = np.array([most for _, _, most in scenario.markers], np.int16)
        self.counts: Counter[str] = Counter()
        self.now, self.score, self.due = np.zeros(count), np.zeros(count), np.zeros(count)
        self.turn = np.zeros(count, np.int32)
        self.facts = np.zeros((count, len(self.most)), np.int16)
        self.inbox, self.unread = np.zeros(count, np.int32), np.zeros(count, np.int32)
        self.ok = np.ones(count, np.bool_)
        self.actions = np.zeros((count, self.turns + 1), np.int16)
        self._found = np.zeros((count, self.turns + 1), np.int32)
        self._starts: dict[int, Any] = {}
        self._drawn: set[int] = set()
        self._hiding: set[int] = set()
        session = Session(scenario, tables.recorder.seed(0))
        mail = session.company.mail
        self._first = (
            len(mail.inbox(AGENT)),
            mail.unread(AGENT),
            session.company.sim.peek(),
            session.company.work.score,
        )
        self._compile()

    # -- tables ------------------------------------------------------------------------------------------------------

    def _compile(self) -> None:
        """Make the arrays again: more slots have turned out to matter than before."""
        recorder = self.tables.recorder
        self._columns, self._generation = self.tables.columns(), self.tables.generation
        scenario = recorder.scenario
        self.arrays = Arrays(self._columns, len(scenario.markers), len(scenario.catalogue))
        for recording in self.tables:
            self._add(recording)
        self._starts.clear()
        self.rows = np.zeros((len(self.now), self.arrays.width), np.int32)

    def _add(self, recording: Recording) -> None:
        self.arrays.add(recording, self.tables.reads(recording), is_left=self.tables.is_left(recording))

    def _start_row(self, number: int) -> Ints:
        """Return the values with which an episode begins."""
        recorder = self.tables.recorder
        seed = recorder.seed(self._seed_of(number)) if recorder.exact else 0
        row = self._starts.get(seed)
        if row is None:
            keys = (
                recorder.start_keys(seed, self._columns)
                if recorder.exact
                else map(self.tables.starts.get, self._columns)
            )
            values = [self.arrays.value(column, str(key)) for column, key in enumerate(keys, start=1)]
            row = self._starts[seed] = np.array([0, *values], np.int32)
        return row

    def begin(self, numbers: NDArray[np.intp]) -> None:
        """Begin an episode in each of these places."""
        if self.tables.recorder.exact:
            for number in numbers.tolist():
                self.rows[number] = self._start_row(number)
        else:
            self.rows[numbers] = self._start_row(0)
        self.now[numbers], self.turn[numbers], self.facts[numbers], self.ok[numbers] = 0.0, 0, 0, True
        self.inbox[numbers], self.unread[numbers], self.due[numbers], self.score[numbers] = self._first

    # -- steps -------------------------------------------------------------------------------------------------------

    def find(self, numbers: NDArray[np.intp], actions: NDArray[Any]) -> Ints:
        """Return what to do for each episode: the number of a recording, or `ENGINE`. What is not known is recorded.

        Args:
            numbers: which episodes.
            actions: what each does.
        """
        found = self.arrays.find(actions, self.rows[numbers])
        late: set[int] = set()
        while True:
            missing = [place for place in np.flatnonzero(found == MISS).tolist() if place not in late]
            if not missing:
                break
            self._learn(missing, numbers, actions, late)
            found = self.arrays.find(actions, self.rows[numbers])
        self.counts["steps"] += len(numbers)
        self.counts["refused"] += int((found == REFUSED).sum())
        known = np.maximum(found, 0)
        until = self.now[numbers] + self.arrays.seconds[known]
        fits = (found >= 0) & (until <= self.limit) & (until < self.due[numbers])
        self.counts["found"] += int(fits.sum())
        return np.where(fits, found, ENGINE).astype(np.int32)

    def _learn(self, missing: Sequence[int], numbers: NDArray[np.intp], actions: NDArray[Any], late: set[int]) -> None:
        """Record some of what is missing, each state once; those for which there is no recording now go into `late`."""
        seen: set[tuple[int, bytes]] = set()
        for place in missing:
            number, action = int(numbers[place]), int(actions[place])
            state = (action, self.rows[number].tobytes())
            if state in seen:
                continue
            if len(self.tables) > _FIRST_RECORDINGS + self.counts["steps"] // _STEPS_PER_RECORDING:
                late.update(missing)
                return
            seen.add(state)
            if (
                len(seen) > 1
                and self.arrays.find(actions[place : place + 1], self.rows[number : number + 1])[0] != MISS
            ):
                continue  # what was recorded for another holds for it too
            if not self._record(number, action):
                late.add(place)
            elif self._columns_changed or len(seen) >= _AT_A_TIME:
                return

    def _record(self, number: int, action: int) -> bool:
        """Record a call; return whether there is now an answer for it that there was not before."""
        self._columns_changed = False
        self.counts["recorded"] += 1
        recorder = self.tables.recorder
        before = self.actions[number, : self.turn[number]].tolist()
        try:
            recording = recorder.record(recorder.seed(self._seed_of(number) if recorder.exact else 0), before, action)
        except NotNowError:
            return False
        self._forget_hiding()
        if action in self._hiding:
            recording = Recording(action, (), "its argument remembers more of what was shown than it says")
        if not recorder.exact and not recording.refused:
            recording = self._confirm(recording, [*before, action])
        if not self.tables.add(recording):
            self.counts["again"] += 1
            return False
        if self.tables.columns() != self._columns or self.tables.generation != self._generation:
            self._recompile()
        else:
            self._add(recording)
        return True

    def _confirm(self, recording: Recording, actions: Sequence[int]) -> Recording:
        """Return a recording if other companies agree, else one that leaves the call to the engine, now and ever after."""
        action, tables = actions[-1], self.tables
        if action not in self._drawn and is_alike(tables.recorder.scenario, actions, len(tables)):
            return recording
        if action not in self._drawn:
            self._drawn.add(action)
            tables.forget(action)
        return Recording(action, (), "what it comes to depends on what the seed draws")

    def _forget_hiding(self) -> None:
        """Leave the calls to the engine whose computed arguments were found to remember more than they say."""
        for action in self.tables.recorder.memory.hiding - self._hiding:
            self._hiding.add(action)
            self.tables.forget(action)

    def _recompile(self) -> None:
        """Compile for more columns, and bring the rows there: what each episode has written so far is known."""
        self._columns_changed = True
        self.counts["compiled"] += 1
        self._compile()
        for number in range(len(self.now)):
            row = self._start_row(number).copy()
            for found in self._found[number, : self.turn[number]].tolist():
                for slot, key in self.tables.recordings[found].writes:
                    column = self.arrays.column_of.get(slot)
                    if column is not None:
                        row[column] = self.arrays.value(column, key)
            self.rows[number] = row

    def apply(self, numbers: NDArray[np.intp], actions: NDArray[Any], found: Ints) -> NDArray[np.float64]:
        """Let recordings happen to episodes; return how much each score grew."""
        arrays, rows = self.arrays, self.rows
        turn = self.turn[numbers]
        self.actions[numbers, turn], self._found[numbers, turn] = actions, found
        self.turn[numbers] = turn + 1
        rows[numbers[:, None], arrays.write_column[found]] = arrays.write_value[found]
        now = self.now[numbers]
        for portion in arrays.spends.T:
            now = now + portion[found]  # one after the other, as the engine does: sums of other orders can differ
        self.now[numbers] = now
        self.due[numbers] = np.minimum(self.due[numbers], now + arrays.due[found])
        self.ok[numbers] = arrays.ok[found]
        score = arrays.score[found]
        gained = score - self.score[numbers]
        self.score[numbers] = score
        loud = np.flatnonzero(~arrays.silent[found])
        if len(loud):
            self._show(numbers[loud], found[loud])
        return gained

    def _show(self, numbers: NDArray[np.intp], found: Ints) -> None:
        arrays = self.arrays
        self.facts[numbers] = np.minimum(self.facts[numbers] + arrays.facts[found], self.most)
        inbox, unread = arrays.inbox[found], arrays.unread[found]
        changed = inbox >= 0
        self.inbox[numbers[changed]], self.unread[numbers[changed]] = inbox[changed], unread[changed]
