"""Paired differences: intervals of a mean against resampling and a formula, the same however much is drawn at once."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from scipy.stats import t as student

from simenv_analysis.rates import paired
from simenv_analysis.rates.paired import RESAMPLES, bootstrap_interval, student_interval


def test_the_bootstrap_is_the_percentiles_of_resampled_means(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(0.2, 1.0, 40)
    drawn = np.random.default_rng(20241205).integers(0, 40, (RESAMPLES, 40))
    expected = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    assert bootstrap_interval(values.tolist()) == pytest.approx(expected)
    monkeypatch.setattr(paired, "_AT_ONCE", 100)
    assert bootstrap_interval(values.tolist()) == pytest.approx(expected)


def test_the_bootstrap_of_many_pairs_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "RESAMPLES", 500)
    values = np.random.default_rng(0).normal(0.2, 1.0, 50_000).tolist()
    tracemalloc.start()
    assert bootstrap_interval(values) is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_students_interval_is_the_mean_and_its_error() -> None:
    values = np.random.default_rng(1).normal(0.2, 1.0, 12)
    interval, p = student_interval(values.tolist())
    error = values.std(ddof=1) / math.sqrt(12)
    half = student.ppf(0.975, 11) * error
    assert interval == pytest.approx((values.mean() - half, values.mean() + half))
    assert p == pytest.approx(2 * student.sf(abs(values.mean()) / error, 11))


def test_pairs_of_which_no_two_differ_have_no_interval() -> None:
    assert bootstrap_interval([0.5, 0.5, 0.5]) is None
    assert student_interval([0.5]) == (None, None)
