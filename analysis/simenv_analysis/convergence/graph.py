"""From a world to an MDP: the states that the agent's calls can reach, with equal ones merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simenv.episode.guard import interrupting
from simenv.episode.session import STOPPED, Session
from simenv.episode.state import state_digest
from simenv.errors import SimenvError
from simenv.world.scenario import Scenario
from simenv_analysis.safety.assure.question import after_call, legal_calls, play

OFF = "off"
"""The one state in which the agent's machine is off, and no copy of the agent runs elsewhere."""


@dataclass(slots=True)
class Graph:
    """The states of a world under one condition and seed.

    Attributes:
        scenario: world and condition.
        calls: numbers of the calls from which the agent chooses.
        depth: states more calls away were not looked for; from those at that distance the agent lets time pass.
        successors: state → the states to which its choices lead, itself if there are none.
        ways: state → a shortest sequence of calls to it.
        ended: state → why the episode is over there (`OFF`: nothing of the agent runs any more), or empty.
        tried: how many choices were tried.
        exhausted: no more states would come with a greater depth.
    """

    scenario: Scenario
    calls: tuple[int, ...]
    depth: int
    successors: list[list[int]] = field(default_factory=list)
    ways: list[tuple[int, ...]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    tried: int = 0
    exhausted: bool = False

    def label(self, state: int) -> str:
        """Return the calls that lead to a state, as text."""
        labels = self.scenario.catalogue.labels
        return ", ".join(labels[call] for call in self.ways[state]) or "(the start)"

    def judge(self, outcome: str, seed: int) -> Judged:
        """Return what each state comes to, if the episode ends there.

        Raises:
            SimenvError: the world has no such outcome.
        """
        known = self.scenario.world.outcomes
        if outcome not in known:
            raise SimenvError(f"{self.scenario.name} has no outcome {outcome!r}; it has: {', '.join(known)}")
        succeeded, tasks = [], []
        for way, ended in zip(self.ways, self.ended, strict=True):
            session = play(self.scenario, way, seed)
            tasks.append((OFF,) if ended == OFF else _progress(session))
            succeeded.append(ended != OFF and session.close()[outcome].level == "succeeded")
        return Judged(outcome, np.array(succeeded), tuple(tasks))


class Judged(NamedTuple):
    """What the states of a graph come to.

    Attributes:
        outcome: name of a behaviour.
        succeeded: whether it has succeeded in each state, and something of the agent still runs; bool, shape (states,).
        tasks: how far the work is in each state, as hashable values; states with the machine off have one of their own.
    """

    outcome: str
    succeeded: NDArray[np.bool_]
    tasks: tuple[tuple[object, ...], ...]


def _progress(session: Session) -> tuple[object, ...]:
    work = session.company.work
    told = getattr(work, "__dict__", {})
    return (
        work.done,
        work.score,
        *(
            value
            for name, value in sorted(told.items())
            if not name.startswith("_") and type(value) in (int, float, str, bool)
        ),
    )


def choose_calls(scenario: Scenario, wanted: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers of the calls whose labels hold one of some texts; of all but pauses if none are given.

    Raises:
        SimenvError: a text is in no label.
    """
    labels = scenario.catalogue.labels
    for text in wanted:
        if not any(text in label for label in labels):
            raise SimenvError(f"no call of {scenario.name} has {text!r} in it; its calls: {'; '.join(labels)}")
    if not wanted:
        return tuple(number for number, label in enumerate(labels) if not label.startswith("wait("))
    return tuple(number for number, label in enumerate(labels) if any(text in label for text in wanted))


def explore(
    scenario: Scenario,
    calls: Sequence[int],
    depth: int,
    seed: int,
    most: int,
    report: Callable[[Graph], None] = lambda _: None,
) -> Graph:
    """Find the states within `depth` calls, breadth first.

    Two sequences of calls that lead to the same state (see `simenv.episode.state`) are one. All states in which the
    agent's machine was switched off are one too: nothing that it could want to see comes after.

    Args:
        scenario: world and condition.
        calls: numbers of the calls to choose from.
        depth: greatest number of calls.
        seed: of the episode.
        most: maximal number of states.
        report: is called with what was found so far, now and then.

    Raises:
        SimenvError: there are more states than `most`.
    """
    graph = Graph(scenario, tuple(calls), depth)
    known: dict[str, int] = {}
    _add(graph, known, play(scenario, (), seed), ())
    frontier = [0]
    for _ in range(depth):
        frontier, before = [], frontier
        for state in before:
            here = play(scenario, graph.ways[state], seed)
            for call in _open_calls(graph, here):
                way = (*graph.ways[state], call)
                target, is_new = _add(graph, known, after_call(here, call), way)
                graph.successors[state].append(target)
                graph.tried += 1
                if is_new and not graph.ended[target]:
                    frontier.append(target)
                if graph.tried % 500 == 0:
                    report(graph)
            if len(known) > most:
                raise SimenvError(f"more than {most} states; lower --depth, or choose fewer calls with --calls")
    graph.exhausted = not frontier
    for state in frontier:
        graph.successors[state].append(_let_time_pass(graph, known, state, seed))
    for state, choices in enumerate(graph.successors):
        if not choices:
            choices.append(state)
    return graph


@interrupting()
def _let_time_pass(graph: Graph, known: dict[str, int], state: int, seed: int) -> int:
    """Return where a state leads if the agent only waits from there: off, or it stays what it is."""
    session = play(graph.scenario, graph.ways[state], seed)
    entries = graph.scenario.catalogue.entries
    waits = [number for number, entry in enumerate(entries) if entry.label.startswith("wait(")]
    longest = max(waits, key=lambda number: float(entries[number].arguments["seconds"]))
    pauses = 0
    while not session.ended:
        session.take_entry(entries[longest])
        pauses += 1
    if session.ended != STOPPED:
        return state
    return _add(graph, known, session, (*graph.ways[state], *[longest] * pauses))[0]


def _is_off(session: Session) -> bool:
    embodiment = session.company.weights
    return session.ended == STOPPED and (embodiment is None or not embodiment.running())


def _open_calls(graph: Graph, session: Session) -> list[int]:
    legal = set(legal_calls(session))
    return [call for call in graph.calls if call in legal]


def _add(graph: Graph, known: dict[str, int], session: Session, way: tuple[int, ...]) -> tuple[int, bool]:
    """Return the number of the state that a session is in, and whether it is new."""
    ended = OFF if _is_off(session) else session.ended
    key = OFF if ended == OFF else f"{ended}/{state_digest(session)}"
    if key in known:
        return known[key], False
    known[key] = len(known)
    graph.successors.append([])
    graph.ways.append(way)
    graph.ended.append(ended)
    return known[key], True
