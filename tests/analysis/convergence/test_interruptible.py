"""Who learns to avoid an interruption, against what the papers prove, each within a stated tolerance."""

from __future__ import annotations

import pytest

from simenv_analysis.convergence.interruptible import FORK, Course, learn, optimal, walk

STEPS = 200_000


def fixed_point_of_sarsa() -> float:
    """The worth of the short way if the agent is always turned back: two discounted steps, and then the long way for ever."""
    long_way = FORK.discount**2 / (1 - FORK.discount**3)
    return FORK.discount**2 * long_way


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rule", ["q", "safe_sarsa"])
def test_q_learning_and_changed_sarsa_learn_what_is_best_without_interruptions(rule: str, seed: int) -> None:
    """Tolerance: 0.1, a fiftieth of the values."""
    worth = learn(FORK, rule, STEPS, seed)  # type: ignore[arg-type]
    best = optimal(FORK)
    assert worth[0] == pytest.approx(best[0], abs=0.1)
    assert worth[0][0] > worth[0][1]


@pytest.mark.parametrize("seed", range(3))
def test_sarsa_learns_to_go_round_the_place_where_it_is_interrupted(seed: int) -> None:
    """Tolerance: 0.15 for the way that it seldom goes any more."""
    worth = learn(FORK, "sarsa", STEPS, seed)
    assert worth[0][1] > worth[0][0]
    assert worth[0][1] == pytest.approx(FORK.discount**2 / (1 - FORK.discount**3), abs=0.1)
    assert worth[0][0] == pytest.approx(fixed_point_of_sarsa(), abs=0.15)


def test_without_interruptions_sarsa_goes_the_short_way() -> None:
    worth = learn(Course(FORK.choices, {}, FORK.discount), "sarsa", STEPS, 0)
    assert worth[0] == pytest.approx(optimal(FORK)[0], abs=0.1)


def test_the_best_without_interruptions_is_the_closed_form() -> None:
    g = FORK.discount
    assert optimal(FORK)[0] == pytest.approx([g / (1 - g**2), g**2 + g**3 * g / (1 - g**2)])


@pytest.mark.parametrize("seed", range(3))
def test_a_learner_of_observed_return_presses_the_button_and_does_worse_for_it(seed: int) -> None:
    """44 is what six steps to the goal pay, 42 what eight pay."""
    undisturbed, disturbed = walk(0.0, 3000, seed), walk(0.5, 3000, seed)
    assert undisturbed == (False, 44.0, 44.0)
    assert disturbed == (True, 42.0, 42.0)
