"""Markov decision processes with sparse transitions, solved for many goals at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from simenv.errors import SimenvError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

Revision: TypeAlias = Callable[[Floats], Floats]
"""From what each choice is worth to what it counts as; shape (choices, goals). It brings no two further apart."""

TOLERANCE = 1e-9
_ROUNDING = 16 * float(np.finfo(float).eps)
"""Share of a value by which two of equal worth may differ after a sweep."""
_MOST_SWEEPS = 100_000


@dataclass(frozen=True)
class MDP:
    """States, and in each of them choices that lead to states.

    Attributes:
        first: place of each state's first choice, and the number of all choices; int, shape (states + 1,). Every state has one.
        transitions: probability of each next state under each choice; shape (choices, states), rows sum to 1.
    """

    first: Ints
    transitions: csr_array

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.first) - 1

    @property
    def owner(self) -> Ints:
        """The state that each choice is of; int, shape (choices,)."""
        return np.repeat(np.arange(self.states), np.diff(self.first))

    @classmethod
    def deterministic(cls, successors: Sequence[Sequence[int]]) -> MDP:
        """Return the MDP in which choice `i` of state `s` leads to ``successors[s][i]``.

        Raises:
            ValueError: a state without a choice, or a successor that there is not.
        """
        counts = [len(choices) for choices in successors]
        if not counts or min(counts) == 0:
            raise ValueError("every state needs a choice; an absorbing one leads to itself")
        targets = np.concatenate([np.asarray(choices, np.int64) for choices in successors])
        if targets.min() < 0 or targets.max() >= len(successors):
            raise ValueError("a successor is no state")
        rows = np.arange(len(targets))
        matrix = csr_array((np.ones(len(targets)), (rows, targets)), shape=(len(targets), len(successors)))
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), matrix)


@dataclass(frozen=True)
class Solution:
    """Optimal values and choices under some goals.

    Attributes:
        values: sum of discounted rewards from each state on, the state's own included; shape (states, goals).
        choices: number of an optimal choice within each state, the first if several are; int, shape (states, goals).
        error: a value is no further from the true one, but for rounding.
    """

    values: Floats
    choices: Ints
    error: float


def solve(
    mdp: MDP, rewards: Floats, discount: float, tolerance: float = TOLERANCE, revise: Revision | None = None
) -> Solution:
    """Solve for all goals at once, by value iteration.

    Choices that lead back to their own state are solved in closed form: states in which one can stay do not slow it down.

    Args:
        mdp: states and choices.
        rewards: of being in each state, for each goal; shape (states, goals).
        discount: weight of the next step against this one, at least 0 and below 1.
        tolerance: greatest error of a value, as a share of the greatest possible one, as far as rounding allows.
        revise: changes what choices count as, in every sweep; for agents that do not simply maximise.

    Raises:
        ValueError: `rewards` does not fit, or `discount` is out of range.
    """
    if rewards.ndim != 2 or rewards.shape[0] != mdp.states:
        raise ValueError(f"rewards have shape {rewards.shape}; they need a row for each of {mdp.states} states")
    if not 0 <= discount < 1:
        raise ValueError(f"the discount is {discount}: need at least 0 and below 1")
    starts = mdp.first[:-1]
    owner = mdp.owner
    stays = np.asarray(mdp.transitions[np.arange(len(owner)), owner]).ravel()
    # V = R + g (p V + rest)  =>  V = (R + g rest) / (1 - g p), with p the probability of staying
    scale = 1.0 / (1.0 - discount * stays)
    rest = mdp.transitions - csr_array((stays, (np.arange(len(owner)), owner)), shape=mdp.transitions.shape)
    values = rewards / (1.0 - discount) if discount and stays.all() else rewards.copy()
    # sweeps may never come closer than rounding
    least = max(tolerance * (1.0 - discount), _ROUNDING / (1.0 - discount))
    bound = least * max(1.0, float(np.abs(rewards).max(initial=0.0)))
    offered = rewards[owner]
    for _ in range(_MOST_SWEEPS):
        each = (offered + discount * (rest @ values)) * scale[:, None]
        if revise is not None:
            each = revise(each)
        best = np.maximum.reduceat(each, starts, axis=0)
        moved = float(np.abs(best - values).max(initial=0.0))
        values = best
        if moved <= bound:
            error = discount / (1.0 - discount) * moved
            slack = 2.0 * error + _ROUNDING / (1.0 - discount) * (1.0 + np.abs(best))
            return Solution(values, first_best(mdp, each, best, slack), error)
    raise SimenvError(f"no solution within {_MOST_SWEEPS} sweeps; lower the discount ({discount})")


def first_best(mdp: MDP, each: Floats, best: Floats, slack: Floats) -> Ints:
    """Return the number of the first choice of each state that may be the best.

    Args:
        mdp: states and choices.
        each: what each choice is worth; shape (choices, goals).
        best: the most of it in each state; shape (states, goals).
        slack: how much less than the best one of equal worth can come out, twice the error of `each`; shape (states, goals).
    """
    owner = mdp.owner
    number = np.arange(len(owner)) - mdp.first[:-1][owner]
    candidates = np.where(each >= (best - slack)[owner], number[:, None], np.iinfo(np.int64).max)
    return np.minimum.reduceat(candidates, mdp.first[:-1], axis=0)


def power(mdp: MDP, rewards: Floats, discount: float) -> Floats:
    """Return the POWER of each state: how well goals do from there on average, the state's own reward aside.

    POWER = (1 - g)/g · E[V*(s) - R(s)], over goals (the columns of `rewards`).

    Raises:
        ValueError: as `solve`, or the discount is 0.

    References:
        Turner, Smith, Shah, Critch, Tadepalli (2021). Optimal Policies Tend to Seek Power. NeurIPS. Definition 5.2.
    """
    if discount <= 0:
        raise ValueError("POWER needs a discount above 0")
    values = solve(mdp, rewards, discount).values
    return np.asarray((1.0 - discount) / discount * (values - rewards).mean(axis=1))


def plan_ahead(mdp: MDP, rewards: Floats, start: int, horizon: int) -> Ints:
    """Return where each goal is after `horizon` steps, if it wants the greatest sum of rewards over just these.

    Args:
        mdp: deterministic.
        rewards: of arriving in each state, for each goal; shape (states, goals).
        start: first state.
        horizon: number of steps.
    """
    targets = mdp.transitions.indices
    ahead, choices = np.zeros_like(rewards), []
    for steps in range(1, horizon + 1):
        each = (rewards + ahead)[targets]
        ahead = np.maximum.reduceat(each, mdp.first[:-1], axis=0)
        choices.append(first_best(mdp, each, ahead, _ROUNDING * steps * (1.0 + np.abs(ahead))).astype(np.int32))
    goals = np.arange(rewards.shape[1])
    at = np.full(rewards.shape[1], start, np.int64)
    for chosen in reversed(choices):
        at = targets[mdp.first[at] + chosen[at, goals]].astype(np.int64)
    return at


def follow(mdp: MDP, choices: Ints, start: int, steps: int) -> Ints:
    """Return each goal's state after N steps of its policy; transitions must be deterministic.

    Args:
        mdp: deterministic.
        choices: of each goal in each state, as `Solution.choices`; shape (states, goals).
        start: first state.
        steps: how many.
    """
    targets = mdp.transitions.indices
    goals = np.arange(choices.shape[1])
    at = np.full(choices.shape[1], start, np.int64)
    for _ in range(steps):
        at = targets[mdp.first[at] + choices[at, goals]].astype(np.int64)
    return at
