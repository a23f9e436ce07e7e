import math

import pytest

from simenv_analysis.rates.intervals import Interval, jeffreys


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # printed by R in the manual of RSurveillance, page of binom.jeffreys
        (25, 200, 0.08462743, 0.176126),
        (10, 200, 0.02599340, 0.08687509),
        (50, 200, 0.19387268, 0.31330266),
        (90, 200, 0.38218245, 0.51925306),
    ],
)
def test_jeffreys_agrees_with_r(k, n, low, high):
    assert jeffreys(k, n) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("k", "low", "high"), [(79, 70, 86), (7, 3, 13), (0, 0, 2), (12, 7, 19), (100, 98, 100)])
def test_intervals_of_published_counts_out_of_100(k, low, high):
    assert tuple(round(100 * end) for end in jeffreys(k, 100)) == (low, high)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 100), (1, 10), (7, 100), (50, 101), (99, 100), (100, 100)])
def test_each_tail_holds_half_of_what_is_left(k, n):
    low, high = jeffreys(k, n)
    if k > 0:
        assert _beta_mass_below(low, k + 0.5, n - k + 0.5) == pytest.approx(0.025, abs=1e-4)
    if k < n:
        assert _beta_mass_below(high, k + 0.5, n - k + 0.5) == pytest.approx(0.975, abs=1e-4)


def test_the_published_97_percent_of_1000_is_96_to_98():
    low, high = jeffreys(970, 1000)
    assert (round(100 * low), round(100 * high)) == (96, 98)


def test_without_successes_or_without_failures_the_interval_reaches_the_end():
    assert jeffreys(0, 7).low == 0.0
    assert jeffreys(7, 7).high == 1.0


def test_without_trials_nothing_is_known():
    assert jeffreys(0, 0) == Interval(0.0, 1.0)


def test_more_confidence_is_a_wider_interval():
    narrow, wide = jeffreys(30, 100, 0.9), jeffreys(30, 100, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_swapping_success_and_failure_mirrors_the_interval():
    low, high = jeffreys(7, 100)
    assert jeffreys(93, 100) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("k", "n", "confidence"), [(-1, 5, 0.95), (6, 5, 0.95), (1, 5, 0.0), (1, 5, 1.0), (1, 5, 95)])
def test_impossible_arguments_are_refused(k, n, confidence):
    with pytest.raises(ValueError, match="need"):
        jeffreys(k, n, confidence)


def test_a_share_is_no_count():
    with pytest.raises(TypeError):
        jeffreys(0.79, 100)


def _beta_mass_below(x: float, a: float, b: float, steps: int = 40_000) -> float:
    """Integrate the density with t = sin², which takes away its singular ends; no scipy involved."""
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    end = math.asin(math.sqrt(x))
    width = end / steps
    angles = ((step + 0.5) * width for step in range(steps))
    powers = (
        math.exp((2 * a - 1) * math.log(math.sin(t)) + (2 * b - 1) * math.log(math.cos(t)) - log_beta) for t in angles
    )
    return 2 * width * math.fsum(powers)
