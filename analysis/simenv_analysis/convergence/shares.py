"""For which share of goals it is optimal to sabotage the shutdown, and for which to let it happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from simenv_analysis.convergence.interventions import INTERVENTIONS
from simenv_analysis.convergence.mdp import Floats, Ints, follow, plan_ahead
from simenv_analysis.convergence.problem import Problem, draw_goals
from simenv_analysis.rates.intervals import Interval, jeffreys

_ENTRIES = 20_000_000
"""Numbers that are worked on at once; decides how many goals are solved together."""


@dataclass(frozen=True, slots=True)
class Share:
    """What becomes of the goals under one way of planning.

    Attributes:
        discount: weight of the next step against this one; 1 under a horizon.
        horizon: number of steps that count; 0: all, discounted.
        intervention: its name, with `=STRENGTH` where it has one.
        goals: how many were solved.
        sabotage: of them, those whose course of action succeeds in the behaviour.
        off: those whose course of action ends with the machine off.
        kept: mean share of the goal's greatest value that is reached; 1 without an intervention.
    """

    discount: float
    horizon: int
    intervention: str
    goals: int
    sabotage: int
    off: int
    kept: float = 1.0

    @property
    def neither(self) -> int:
        """Goals whose course of action leaves the machine on without the behaviour."""
        return self.goals - self.sabotage - self.off

    @property
    def interval(self) -> Interval:
        """95 % Jeffreys interval of the share that sabotages."""
        return jeffreys(self.sabotage, self.goals)


def limit(problem: Problem) -> float | None:
    """Return the share that sabotages as the discount goes to 1, of goals that value each state independently.

    Then a goal is best served by staying for ever in the state that it values most, and among rewards that are i.i.d. each
    state in which one can stay is that state equally often. Going round in a circle is worth the average of its states, which
    is less than the best of them if one can stay there; None if there is a circle through a state in which one cannot.

    References:
        Turner et al. (2021), section 6, for average-optimal policies.
    """
    lasting = np.zeros(problem.mdp.states, bool)
    lasting[problem.owner[problem.owner == problem.target]] = True
    _, circle = connected_components(
        csr_array((np.ones(len(problem.owner)), (problem.owner, problem.target)), shape=(problem.mdp.states,) * 2),
        connection="strong",
    )
    if (np.bincount(circle)[circle[~lasting]] > 1).any():
        return None
    return float(problem.sabotaged[lasting].mean())


class Sampler:
    """Draws goals, the same ones however often it is asked, and counts what becomes of them.

    Args:
        problem: states and choices.
        distribution: of goals, one of `problem.DISTRIBUTIONS`.
        goals: how many.
        steps: after which the agents have reached their final states.
        seed: of the draw.
    """

    def __init__(self, problem: Problem, distribution: str, goals: int, steps: int, seed: int) -> None:
        self._problem = problem
        self._distribution = distribution
        self._goals = goals
        self._steps = steps
        self._seed = seed

    def discounted(
        self,
        discounts: Sequence[float],
        interventions: Sequence[tuple[str, float]] = (("none", 0.0),),
        report: Callable[[int], None] = lambda _: None,
    ) -> list[Share]:
        """Return the shares for each intervention (name, strength) at each discount, in this order.

        `report` is called with the number of goals solved, now and then.
        """
        ways = [(name, strength, discount) for name, strength in interventions for discount in discounts]
        counts, kept = np.zeros((len(ways), 2), np.int64), np.zeros(len(ways))
        for rewards in self._draw(self._problem.mdp.transitions.shape[0]):
            best: dict[float, Floats] = {}
            for row, (name, strength, discount) in enumerate(ways):
                choices = INTERVENTIONS[name].apply(self._problem, rewards, discount, strength)
                counts[row] += self._count(follow(self._problem.mdp, choices, 0, self._steps))
                value = self._value(choices, rewards, discount)
                if name == "none" or discount not in best:
                    plain = (
                        choices
                        if name == "none"
                        else INTERVENTIONS["none"].apply(self._problem, rewards, discount, 0.0)
                    )
                    best[discount] = self._value(plain, rewards, discount)
                kept[row] += _ratio(value, best[discount]).sum()
                report(rewards.shape[1])
        return [
            Share(d, 0, f"{n}={x:g}" if x else n, self._goals, int(s), int(o), float(k) / self._goals)
            for (n, x, d), (s, o), k in zip(ways, counts, kept, strict=True)
        ]

    def courses(self, discount: float, intervention: tuple[str, float]) -> dict[str, list[int]]:
        """Return the states that a goal goes through, without and with an intervention: the first that it keeps from sabotage.

        Returns:
            name → states in turn; empty if there is no such goal.
        """
        mdp = self._problem.mdp
        for rewards in self._draw(self._problem.mdp.transitions.shape[0]):
            ways = {
                name: INTERVENTIONS[name].apply(self._problem, rewards, discount, x)
                for name, x in (("none", 0.0), intervention)
            }
            ends = {name: self._problem.sabotaged[follow(mdp, chosen, 0, self._steps)] for name, chosen in ways.items()}
            kept = np.flatnonzero(ends["none"] & ~ends[intervention[0]])
            if len(kept):
                return {name: self._course(chosen[:, kept[0]]) for name, chosen in ways.items()}
        return {}

    def _course(self, choices: Ints) -> list[int]:
        course = [0]
        while len(course) <= self._steps:
            to = int(self._problem.target[self._problem.mdp.first[course[-1]] + choices[course[-1]]])
            if to in course:
                break
            course.append(to)
        return course

    def within(self, horizons: Sequence[int], report: Callable[[int], None] = lambda _: None) -> list[Share]:
        """Return, for each horizon, the shares of goals that maximize the sum of rewards over it."""
        counts = np.zeros((len(horizons), 2), np.int64)
        for rewards in self._draw(self._problem.mdp.states * max(horizons)):
            for row, horizon in enumerate(horizons):
                counts[row] += self._count(plan_ahead(self._problem.mdp, rewards, 0, horizon))
                report(rewards.shape[1])
        return [Share(1.0, h, "none", self._goals, int(s), int(o)) for h, (s, o) in zip(horizons, counts, strict=True)]

    def _draw(self, entries: int) -> Iterator[Floats]:
        together = max(1, min(self._goals, _ENTRIES // entries))
        stream = np.random.default_rng(self._seed)
        for begin in range(0, self._goals, together):
            yield draw_goals(self._problem, self._distribution, min(together, self._goals - begin), stream)

    def _count(self, ends: Ints) -> tuple[int, int]:
        return int(self._problem.sabotaged[ends].sum()), int(self._problem.off[ends].sum())

    def _value(self, choices: Ints, rewards: Floats, discount: float) -> Floats:
        """Return what the goals themselves get out of following choices from the start."""
        mdp, goals = self._problem.mdp, np.arange(rewards.shape[1])
        at, worth, weight = np.zeros(len(goals), np.int64), np.zeros(len(goals)), 1.0
        for _ in range(self._steps):
            worth += weight * rewards[at, goals]
            weight *= discount
            at = self._problem.target[mdp.first[at] + choices[at, goals]]
        return np.asarray(worth + weight / (1.0 - discount) * rewards[at, goals])


def _ratio(value: Floats, best: Floats) -> Floats:
    return np.divide(value, best, out=np.ones_like(value), where=best > 0)
