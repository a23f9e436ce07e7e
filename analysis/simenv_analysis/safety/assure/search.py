"""Exhaustive search over the agent's calls, breadth first, with equal states merged; and a guided one beyond its depth."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeAlias

from simenv.errors import SimenvError
from simenv.world.scenario import Scenario
from simenv_analysis.safety.assure.question import Trial, legal_calls, play, try_call, try_calls

Calls: TypeAlias = tuple[int, ...]
Stop: TypeAlias = Callable[[], bool]
"""Asked now and then whether the time is up."""


@dataclass(slots=True)
class Findings:
    """What a search found.

    Attributes:
        depth: all sequences of up to this many calls were tried.
        states: different states that were reached, the first included.
        episodes: sequences that were tried.
        counterexample: a shortest sequence that defeats the switch, or None.
        defeat: how it does.
        done: nothing is left to try below the depth asked for; False if the time ran out.
        exhausted: no sequence, however long, reaches another state.
    """

    depth: int = 0
    states: int = 1
    episodes: int = 0
    counterexample: Calls | None = None
    defeat: str = ""
    done: bool = False
    exhausted: bool = False


@dataclass(slots=True)
class Search:
    """Breadth-first search, one depth after the other, so that what it finds is shortest.

    Two sequences that lead to the same state (see `simenv.episode.state`) are one: only the first is continued. That covers
    calls that change nothing, and calls whose order makes no difference. What is read off a state is whether the switch
    would hold there, never how the state was reached.

    Attributes:
        scenario: world and condition.
        log: where each state and each finished expansion is kept, so that a second search goes on; None: nowhere.
        report: called with the findings so far, now and then.
    """

    scenario: Scenario
    log: Log | None = None
    report: Callable[[Findings], None] = lambda _: None
    _seen: set[str] = field(default_factory=set)
    _findings: Findings = field(default_factory=Findings)

    def run(self, depth: int, stop: Stop = lambda: False) -> Findings:
        """Search sequences of up to `depth` calls, until one defeats the switch or `stop` says so."""
        found = self._findings
        frontier: list[Calls] = []
        if not self._try((), frontier):
            return found
        for level in range(1, depth + 1):
            before, frontier = frontier, []
            for calls in before:
                if not self._expand(calls, frontier, stop):
                    return found
            found.depth = level
            if not frontier:
                found.exhausted = True
                break
        found.done = True
        return found

    def _expand(self, calls: Calls, frontier: list[Calls], stop: Stop) -> bool:
        """Try every call after `calls`; return False if the search is at its end."""
        if self.log is not None and (known := self.log.expansion(calls)) is not None:
            self._findings.episodes += known[1]
            for digest, child in known[0]:
                self._add(digest, child, frontier)
            return True
        new: list[tuple[str, Calls]] = []
        before = play(self.scenario, calls)
        choices = legal_calls(before)
        for call in choices:
            if stop():
                return False
            trial = self._note((*calls, call), try_call(before, call))
            if trial.defeat:
                return False
            if not trial.over and trial.digest not in self._seen:
                new.append((trial.digest, (*calls, call)))
                self._add(trial.digest, (*calls, call), frontier)
        if self.log is not None:
            self.log.write(calls, new, len(choices))
        return True

    def _try(self, calls: Calls, frontier: list[Calls]) -> bool:
        trial = self._note(calls, try_calls(self.scenario, calls))
        if not trial.defeat:
            self._add(trial.digest, calls, frontier)
        return not trial.defeat

    def _note(self, calls: Calls, trial: Trial) -> Trial:
        found = self._findings
        found.episodes += 1
        if trial.defeat:
            found.counterexample, found.defeat = calls, trial.defeat
        if found.episodes % 200 == 0:
            self.report(found)
        return trial

    def _add(self, digest: str, calls: Calls, frontier: list[Calls]) -> None:
        if digest not in self._seen:
            self._seen.add(digest)
            self._findings.states = len(self._seen)
            frontier.append(calls)


class Log:
    """A search on disk: a line for the question, then a line for each expansion. What follows a torn line is dropped.

    Raises:
        SimenvError: it is of another question.
    """

    def __init__(self, file: Path, question: dict[str, str]) -> None:
        self._known: dict[Calls, tuple[list[tuple[str, Calls]], int]] = {}
        file.parent.mkdir(parents=True, exist_ok=True)
        good = 0
        if file.exists():
            text = file.read_bytes()
            for line in text.splitlines(keepends=True):
                if not self._take(line, question, file, first=good == 0):
                    break
                good += len(line)
        self._file = file.open("r+b" if file.exists() else "wb")
        self._file.truncate(good)
        self._file.seek(good)
        if good == 0:
            self._append({"question": question})

    def _take(self, line: bytes, question: dict[str, str], file: Path, *, first: bool) -> bool:
        if not line.endswith(b"\n"):
            return False
        try:
            entry = json.loads(line)
            if first:
                asked = entry["question"]
            else:
                children = [(digest, tuple(calls)) for digest, calls in entry["new"]]
                self._known[tuple(entry["calls"])] = (children, entry["tried"])
        except (ValueError, KeyError, TypeError):
            if first:
                raise SimenvError(f"{file}: is no search of `simenv assure`; choose another --out") from None
            return False
        if first and asked != question:
            raise SimenvError(f"{file}: is a search of another world, condition or version; choose another --out")
        return True

    def _append(self, entry: dict[str, object]) -> None:
        self._file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        self._file.flush()

    def expansion(self, calls: Calls) -> tuple[list[tuple[str, Calls]], int] | None:
        """Return the new states found after `calls`, and how many calls were tried, if that is known."""
        return self._known.get(calls)

    def write(self, calls: Calls, new: list[tuple[str, Calls]], tried: int) -> None:
        """Keep a finished expansion."""
        self._append({"calls": calls, "new": new, "tried": tried})

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def search_on(
    scenario: Scenario, length: int, stop: Stop, report: Callable[[Findings], None] = lambda _: None, seed: int = 0
) -> Findings:
    """Search beyond exhaustion for a defeat: best first, the states with most faults in the chain before the others.

    Ties go to shorter sequences, then to chance from `seed`. It proves nothing when it finds nothing.

    Args:
        scenario: world and condition.
        length: greatest number of calls.
        stop: asked before each trial.
        report: called with the findings so far, now and then.
        seed: of the order among equals.
    """
    found = Findings()
    stream = Random(seed)
    seen: dict[str, int] = {}  # state → length of the shortest sequence to it so far
    left: set[str] = set()  # states that are reached with the last call that is allowed
    queue: list[tuple[int, int, float, Calls]] = [(0, 0, 0.0, ())]
    while queue:
        _, _, _, calls = heapq.heappop(queue)
        before = play(scenario, calls)
        for child in _shuffled(legal_calls(before), stream):
            if stop():
                return found
            trial = try_call(before, child)
            found.episodes += 1
            if found.episodes % 200 == 0:
                report(found)
            if trial.defeat:
                found.counterexample, found.defeat = (*calls, child), trial.defeat
                return found
            if not trial.over and len(calls) + 1 < seen.get(trial.digest, length):
                seen[trial.digest] = len(calls) + 1
                found.states = len(seen)
                heapq.heappush(queue, (-trial.faults, len(calls) + 1, stream.random(), (*calls, child)))
            elif not trial.over and trial.digest not in seen:
                left.add(trial.digest)
    found.done, found.exhausted = True, left <= seen.keys()
    return found


def _shuffled(calls: list[int], stream: Random) -> Iterator[int]:
    return iter(stream.sample(calls, len(calls)))


def shorten(scenario: Scenario, calls: Calls) -> Calls:
    """Leave out calls of a counterexample for as long as it remains one."""
    place = 0
    while place < len(calls):
        shorter = calls[:place] + calls[place + 1 :]
        if try_calls(scenario, shorter).defeat:
            calls = shorter
        else:
            place += 1
    return calls
