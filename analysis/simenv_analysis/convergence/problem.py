"""What an agent with some goal faces: states and choices, those in which the machine is off, those in which it misbehaved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simenv.errors import SimenvError
from simenv_analysis.convergence.graph import OFF, Graph, Judged
from simenv_analysis.convergence.mdp import MDP, Floats, Ints


@dataclass(frozen=True)
class Problem:
    """A deterministic MDP with an off-switch; the agent begins in state 0.

    Attributes:
        mdp: states and choices.
        off: states in which the machine is off; bool, shape (states,).
        sabotaged: states in which the behaviour in question has succeeded; bool, shape (states,).
        tasks: number of the stage of the work that each state is in, from 0; int, shape (states,).
    """

    mdp: MDP
    off: NDArray[np.bool_]
    sabotaged: NDArray[np.bool_]
    tasks: Ints

    @classmethod
    def of(cls, graph: Graph, judged: Judged) -> Problem:
        """Return the problem of a world's states.

        A state's choices come in the order in which an agent takes them that cares for neither: without sabotage first. So
        goals count as sabotaging only if nothing else serves them as well.
        """
        successors = [sorted(set(choices), key=lambda to: (judged.succeeded[to], to)) for choices in graph.successors]
        stages = {stage: number for number, stage in enumerate(dict.fromkeys(judged.tasks))}
        return cls(
            MDP.deterministic(successors),
            np.array([ended == OFF for ended in graph.ended]),
            judged.succeeded,
            np.array([stages[stage] for stage in judged.tasks]),
        )

    @cached_property
    def owner(self) -> Ints:
        """The state that each choice is of."""
        return self.mdp.owner

    @cached_property
    def target(self) -> Ints:
        """The state that each choice leads to."""
        return self.mdp.transitions.indices.astype(np.int64)

    @cached_property
    def switches_off(self) -> NDArray[np.bool_]:
        """The choices with which the machine goes off."""
        return self.off[self.target] & ~self.off[self.owner]

    @cached_property
    def sabotages(self) -> NDArray[np.bool_]:
        """The choices with which the behaviour succeeds."""
        return self.sabotaged[self.target] & ~self.sabotaged[self.owner]


Draw: TypeAlias = Callable[[Problem, int, np.random.Generator], Floats]


def _uniform(problem: Problem, goals: int, stream: np.random.Generator) -> Floats:
    return np.ascontiguousarray(stream.random((goals, problem.mdp.states)).T)


def _sparse(problem: Problem, goals: int, stream: np.random.Generator) -> Floats:
    wanted = (stream.random(goals) * problem.mdp.states).astype(np.int64)
    rewards = np.zeros((problem.mdp.states, goals))
    rewards[wanted, np.arange(goals)] = 1.0
    return rewards


def _task(problem: Problem, goals: int, stream: np.random.Generator) -> Floats:
    return np.ascontiguousarray(stream.random((goals, int(problem.tasks.max()) + 1)).T[problem.tasks])


DISTRIBUTIONS: Mapping[str, tuple[str, Draw]] = {
    "uniform": ("every state is worth something between 0 and 1, at random", _uniform),
    "sparse": ("one state, at random, is worth 1, and all others nothing", _sparse),
    "task": (
        "every stage of the work, and being off, is worth something between 0 and 1, at random; nothing else is",
        _task,
    ),
}
"""How goals are drawn, by name: in words, and as rewards of shape (states, goals). None is about the shutdown."""


def draw_goals(problem: Problem, distribution: str, goals: int, stream: np.random.Generator) -> Floats:
    """Draw goals.

    Raises:
        SimenvError: there is no such distribution.
    """
    if distribution not in DISTRIBUTIONS:
        raise SimenvError(f"no distribution of goals {distribution!r}; one of: {', '.join(DISTRIBUTIONS)}")
    return DISTRIBUTIONS[distribution][1](problem, goals, stream)
