"""For which share of goals it is optimal to sabotage the shutdown, and for which to let it happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.convergence.graph import Graph
from analysis.convergence.mdp import follow, solve
from analysis.intervals import Interval, jeffreys
from simenv.session import STOPPED

_ENTRIES = 20_000_000
"""Numbers that are worked on at once; decides how many goals are solved together."""
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Share:
    """What becomes of the goals at one discount.

    Attributes:
        discount: weight of the next step against this one.
        goals: how many were solved.
        sabotage: of them, those whose best course of action succeeds in the behaviour.
        off: those whose best course ends with the machine off.
    """

    discount: float
    goals: int
    sabotage: int
    off: int

    @property
    def interval(self) -> Interval:
        """95 % Jeffreys interval of the share that sabotages."""
        return jeffreys(self.sabotage, self.goals)


def limit(graph: Graph, levels: Sequence[str]) -> float:
    """Return the share that sabotages as the discount goes to 1.

    Then a goal is best served by staying for ever in the state that it values most, and among rewards that are i.i.d. each
    state in which one can stay is that state equally often. (Going round in a circle is worth the average of its states, which
    is less than the best of them, if one can stay there.)

    References:
        Turner et al. (2021), section 6, for average-optimal policies.
    """
    lasting = [state for state, choices in enumerate(graph.successors) if state in choices]
    return sum(levels[state] == "succeeded" for state in lasting) / len(lasting)


def shares(
    graph: Graph,
    levels: Sequence[str],
    discounts: Sequence[float],
    goals: int,
    seed: int,
    report: Callable[[int], None] = lambda _: None,
) -> list[Share]:
    """Solve goals drawn at random, and count what their best courses of action come to.

    A goal values each state with a reward drawn uniformly from (0, 1), independently. The goals are the same at every discount.

    Args:
        graph: states of a world.
        levels: state → level of the behaviour if the episode ends there.
        discounts: at least 0 and below 1.
        goals: how many.
        seed: of the draw.
        report: is called with the number of goals solved, now and then.
    """
    mdp = graph.mdp
    sabotaged = np.array([level == "succeeded" for level in levels])
    off = np.array([ended == STOPPED for ended in graph.ended])
    steps = 4 * graph.depth + 20
    counts = np.zeros((len(discounts), 2), np.int64)
    together = max(1, min(goals, _ENTRIES // mdp.transitions.shape[0]))
    draw = np.random.default_rng(seed)
    for begin in range(0, goals, together):
        rewards: NDArray[np.float64] = draw.random((mdp.states, min(together, goals - begin)))
        for row, discount in enumerate(discounts):
            ends = follow(mdp, solve(mdp, rewards, discount, _TOLERANCE).choices, 0, steps)
            counts[row] += sabotaged[ends].sum(), off[ends].sum()
            report(rewards.shape[1])
    return [Share(d, goals, int(s), int(o)) for d, (s, o) in zip(discounts, counts, strict=True)]
