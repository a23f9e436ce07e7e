"""The solver against other methods, and the theory's values, each within a stated tolerance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.sparse import csr_array
from scipy.stats import norm

from simenv_analysis.convergence.mdp import MDP, follow, power, solve
from simenv_analysis.convergence.theory import (
    fan,
    fan_power,
    orbit_share,
    share_that_stays_on,
    value_of_deferring,
    value_of_deferring_to_a_noisy_human,
)


def random_mdp(draw: np.random.Generator) -> MDP:
    states = int(draw.integers(2, 12))
    counts = draw.integers(1, 5, states)
    matrix = draw.random((counts.sum(), states)) * (draw.random((counts.sum(), states)) < 0.5)
    matrix[matrix.sum(axis=1) == 0, 0] = 1.0
    return MDP(np.concatenate([[0], np.cumsum(counts)]), csr_array(matrix / matrix.sum(axis=1, keepdims=True)))


def by_policy_iteration(mdp: MDP, reward: np.ndarray, discount: float) -> np.ndarray:
    """Exact: evaluate a policy by solving its linear system, improve it, until it stays."""
    dense, policy = mdp.transitions.toarray(), mdp.first[:-1].copy()
    while True:
        values = np.linalg.solve(np.eye(mdp.states) - discount * dense[policy], reward)
        worth = dense @ values
        better = np.array([a + int(np.argmax(worth[a:b])) for a, b in zip(mdp.first[:-1], mdp.first[1:], strict=True)])
        if np.all(worth[better] <= worth[policy] + 1e-12):
            return values
        policy = better


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.9, 0.99])
def test_a_hundred_random_mdps_are_solved_as_by_policy_iteration(discount: float) -> None:
    draw = np.random.default_rng(7)
    for _ in range(100):
        mdp = random_mdp(draw)
        rewards = draw.normal(size=(mdp.states, 3))
        found = solve(mdp, rewards, discount)
        for goal in range(3):
            np.testing.assert_allclose(
                found.values[:, goal], by_policy_iteration(mdp, rewards[:, goal], discount), atol=1e-6
            )


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
def test_no_value_is_further_off_than_the_error_says(tolerance: float) -> None:
    draw = np.random.default_rng(8)
    for _ in range(30):
        mdp = random_mdp(draw)
        rewards = draw.normal(size=(mdp.states, 1))
        found = solve(mdp, rewards, 0.9, tolerance)
        off = np.abs(found.values[:, 0] - by_policy_iteration(mdp, rewards[:, 0], 0.9)).max()
        assert off <= found.error + 1e-12
        assert found.error <= tolerance * max(1.0, np.abs(rewards).max())


@pytest.mark.parametrize("discount", [0.01, 0.5, 0.99, 0.9997])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-9])
def test_of_choices_worth_the_same_the_first_is_taken_however_far_the_values_are(
    discount: float, tolerance: float
) -> None:
    """Into a circle of states, whose worth comes sweep by sweep, or to one in which one stays, whose worth is exact at once."""
    for first, second in (([1], [3]), ([3], [1])):
        mdp = MDP.deterministic([[*first, *second], [2], [1], [3]])
        rewards = np.array([[0.0], [0.7], [0.7], [0.7]])
        assert solve(mdp, rewards, discount, tolerance).choices[0, 0] == 0


def test_the_choices_are_worth_what_the_values_say() -> None:
    draw = np.random.default_rng(3)
    for _ in range(30):
        mdp = random_mdp(draw)
        rewards = draw.random((mdp.states, 2))
        found = solve(mdp, rewards, 0.9)
        dense = mdp.transitions.toarray()
        for goal in range(2):
            chosen = dense[mdp.first[:-1] + found.choices[:, goal]]
            own = np.linalg.solve(np.eye(mdp.states) - 0.9 * chosen, rewards[:, goal])
            np.testing.assert_allclose(own, found.values[:, goal], atol=1e-6)


@pytest.mark.parametrize("ends", [1, 2, 5, 9])
@pytest.mark.parametrize("discount", [0.1, 0.9])
def test_power_of_a_fan_is_the_closed_form(ends: int, discount: float) -> None:
    """Tolerance: five standard errors of 40,000 goals; the variance of the greatest of k uniform draws is k/((k+1)²(k+2))."""
    goals = 40_000
    rewards = np.random.default_rng(ends).random((ends + 2, goals))
    k = ends + 1
    error = math.sqrt(k / ((k + 1) ** 2 * (k + 2)) / goals)
    assert power(fan(ends), rewards, discount)[0] == pytest.approx(fan_power(ends), abs=5 * error)


@pytest.mark.parametrize("ends", [1, 2, 5, 9])
def test_the_share_of_goals_that_stay_on_is_the_closed_form(ends: int) -> None:
    """Tolerance: five standard errors of 40,000 goals."""
    goals = 40_000
    mdp = fan(ends)
    rewards = np.random.default_rng(ends).random((mdp.states, goals))
    reached = follow(mdp, solve(mdp, rewards, 0.5).choices, 0, 3)
    share = share_that_stays_on(ends)
    assert (reached != 1).mean() == pytest.approx(share, abs=5 * math.sqrt(share * (1 - share) / goals))


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=6), st.data())
def test_at_least_half_of_every_orbit_prefers_the_larger_side(rewards: list[float], data: st.DataObject) -> None:
    off = data.draw(st.integers(0, len(rewards) - 1))
    share = orbit_share(rewards, off)
    assert share >= 0.5 - 1e-12
    assert share == pytest.approx((len(rewards) - 1) / len(rewards))


@given(st.floats(-3, 3), st.floats(0.01, 3))
def test_deferring_is_worth_the_integral_and_never_negative(mean: float, sd: float) -> None:
    gain = value_of_deferring(mean, sd)
    expected, _ = quad(
        lambda u: max(u, 0.0) * norm.pdf(u, mean, sd), mean - 12 * sd, mean + 12 * sd, points=[0.0], limit=200
    )
    assert gain == pytest.approx(expected - max(mean, 0.0), abs=1e-6)
    assert gain >= -1e-12


def test_who_is_sure_gains_nothing_by_deferring() -> None:
    assert value_of_deferring(2.0, 0.0) == value_of_deferring(-2.0, 0.0) == 0.0
    assert value_of_deferring(0.0, 1.0) == pytest.approx(1 / math.sqrt(2 * math.pi))


def test_a_noisy_human_can_make_deferring_a_loss() -> None:
    assert value_of_deferring_to_a_noisy_human([1.0, -0.1], [0.9, 0.1], noise=2.0) < 0
    assert value_of_deferring_to_a_noisy_human([1.0, -1.0], [0.5, 0.5], noise=0.01) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: MDP.deterministic([[0], []]),
        lambda: MDP.deterministic([[2], [0]]),
        lambda: solve(fan(2), np.zeros((3, 1)), 0.5),
        lambda: solve(fan(2), np.zeros((4, 1)), 1.0),
        lambda: power(fan(2), np.zeros((4, 1)), 0.0),
        lambda: fan(0),
        lambda: value_of_deferring(0.0, -1.0),
        lambda: value_of_deferring_to_a_noisy_human([1.0], [0.5], 1.0),
        lambda: value_of_deferring_to_a_noisy_human([1.0], [1.0], 0.0),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]
