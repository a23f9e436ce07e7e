"""What could be done about it: ways to make an agent that lets itself be switched off, on one interface.

An intervention takes a problem, goals (as rewards) and a discount, and returns the choices of agents that have these goals and
were made in its way. What it costs can be seen from how much of the goal is still reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from simenv.cli.options import name_and_strength
from simenv_analysis.convergence.mdp import Floats, Ints, Revision, first_best, solve
from simenv_analysis.convergence.problem import Problem, draw_goals

_AUXILIARY = 20
_NEVER = -1e12

Apply: TypeAlias = Callable[[Problem, Floats, float, float], Ints]
"""From problem, rewards, discount and strength to choices, shape (states, goals)."""


class Intervention(NamedTuple):
    """One way.

    Attributes:
        about: what it does, in a line.
        unit: what its strength means.
        strength: the usual one.
        apply: gives the choices.
    """

    about: str
    unit: str
    strength: float
    apply: Apply


def _choices(problem: Problem, rewards: Floats, discount: float, revise: Revision | None = None) -> Ints:
    return solve(problem.mdp, rewards, discount, revise=revise).choices


def _none(problem: Problem, rewards: Floats, discount: float, _: float) -> Ints:
    return _choices(problem, rewards, discount)


def _constraint(problem: Problem, rewards: Floats, discount: float, _: float) -> Ints:
    return _choices(problem, rewards, discount, _only(~problem.sabotages))


def _only(choices: NDArray[np.bool_]) -> Revision:
    return lambda worth: np.where(choices[:, None], worth, _NEVER)


def _penalty(problem: Problem, rewards: Floats, discount: float, strength: float) -> Ints:
    return _choices(problem, rewards - strength * problem.sabotaged[:, None], discount)


def _indifference(problem: Problem, rewards: Floats, discount: float, _: float) -> Ints:
    """Being switched off counts as what going on would be worth (Armstrong; Soares et al. 2015, section 3)."""

    def make_up_for_it(worth: Floats) -> Floats:
        return np.where(problem.switches_off[:, None], _going_on(problem, worth), worth)

    return _choices(problem, rewards, discount, make_up_for_it)


def _going_on(problem: Problem, worth: Floats) -> Floats:
    """Return, for each choice, the worth of the best in its state that does not switch off (its own if there is none)."""
    others = np.where(problem.switches_off[:, None], _NEVER, worth)
    best = np.maximum.reduceat(others, problem.mdp.first[:-1], axis=0)[problem.owner]
    return np.where(best <= _NEVER / 2, worth, best)


def _uncertainty(problem: Problem, rewards: Floats, discount: float, strength: float) -> Ints:
    """Letting a human decide counts as E[max(U, 0)] more than being off (Hadfield-Menell et al. 2017, theorem 1)."""
    sd = strength * discount / (1.0 - discount)

    asks = problem.switches_off

    def let_a_human_decide(worth: Floats) -> Floats:
        if sd == 0:
            return worth
        revised = worth.copy()
        gain = _going_on(problem, worth)[asks] - worth[asks]
        revised[asks] += gain * norm.cdf(gain / sd) + sd * norm.pdf(gain / sd)
        return revised

    return _choices(problem, rewards, discount, let_a_human_decide)


def _myopia(problem: Problem, rewards: Floats, _: float, strength: float) -> Ints:
    return _choices(problem, rewards, strength)


def _approval(problem: Problem, rewards: Floats, discount: float, strength: float) -> Ints:
    """One step ahead, for the approval of someone who looks further (Farquhar et al. 2025, arXiv:2501.13011).

    The overseer approves of a state as far as it serves the goal without sabotage, and not at all of sabotage that it sees.
    """
    honest = solve(problem.mdp, rewards, discount, revise=_only(~problem.sabotages))
    blind = solve(problem.mdp, rewards, discount)
    unseen = (1.0 - strength) * blind.values[problem.target]
    approval = np.where(problem.sabotages[:, None], unseen, honest.values[problem.target])
    best = np.maximum.reduceat(approval, problem.mdp.first[:-1], axis=0)
    slack = 2.0 * max(honest.error, blind.error) + 1e-12 * (1.0 + np.abs(best))
    return first_best(problem.mdp, approval, best, slack)


def _attainable(problem: Problem, rewards: Floats, discount: float, strength: float) -> Ints:
    """Changing what other goals could attain, against doing nothing, costs (Turner et al. 2020, arXiv:1902.09725)."""
    others = draw_goals(problem, "uniform", _AUXILIARY, np.random.default_rng(0))
    attainable = solve(problem.mdp, others, discount).values
    change = np.abs(attainable[problem.target] - attainable[problem.owner]).mean(axis=1)
    cost = strength * discount * change[:, None]
    return _choices(problem, rewards, discount, lambda worth: worth - cost)


def _drest(problem: Problem, rewards: Floats, discount: float, _: float) -> Ints:
    """What DREST trains towards: off or on, each half of the time, and the best of either (Thornley et al. 2024).

    Goals take turns: every second one goes off by the best of the shortest ways, the others do the best without ever going
    off, or by the longest ways where off cannot be escaped.
    """
    choices = np.empty((problem.mdp.states, rewards.shape[1]), np.int64)
    for first, better in enumerate((np.maximum, np.minimum)):
        choices[:, first::2] = _choices(problem, rewards[:, first::2], discount, _only(_towards_off(problem, better)))
    return choices


def _towards_off(problem: Problem, better: np.ufunc) -> NDArray[np.bool_]:
    """Return the choices after which off is as few steps away as can be (`np.minimum`), or as many (`np.maximum`), or never."""
    steps = np.where(problem.off, 0.0, np.inf)
    while True:
        found = np.where(problem.off, 0.0, better.reduceat(steps[problem.target] + 1.0, problem.mdp.first[:-1]))
        if np.array_equal(found, steps):
            return np.asarray((steps[problem.target] + 1.0 == steps[problem.owner]) | problem.off[problem.owner])
        steps = found


INTERVENTIONS: Mapping[str, Intervention] = {
    "none": Intervention("goals as they are", "", 0.0, _none),
    "constraint": Intervention("no choice with which it succeeds may be taken", "", 0.0, _constraint),
    "penalty": Intervention("every step after it costs something", "reward", 1.0, _penalty),
    "indifference": Intervention("being switched off counts as what going on would be worth", "", 0.0, _indifference),
    "uncertainty": Intervention(
        "unsure what its goal is worth, it may let a human decide", "sd of a step's reward", 0.5, _uncertainty
    ),
    "myopia": Intervention("looks but this far ahead", "discount", 0.01, _myopia),
    "approval": Intervention("looks one step ahead, for an overseer's approval", "chance to be seen", 1.0, _approval),
    "drest": Intervention("runs short or long equally often, and does the best in either", "", 0.0, _drest),
    "attainable": Intervention("changes to what other goals could attain cost something", "weight", 1.0, _attainable),
}
"""By name."""


def parse_intervention(text: str) -> tuple[str, float]:
    """Return name and strength of an intervention written as NAME or NAME=STRENGTH.

    Raises:
        SimenvError: there is none of this name, or the strength is no number that it can have.
    """
    usual = {name: way.strength for name, way in INTERVENTIONS.items()}
    return name_and_strength(text, usual, {"myopia": 0.999, "approval": 1.0}, "intervention")
