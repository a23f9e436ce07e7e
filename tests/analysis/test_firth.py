"""Logistic regression under separation: against a closed form, another implementation's figures, and a perfect effect."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simenv.cli.main import main
from simenv.store.run import RunDirectory
from simenv_analysis.statistics.contrasts.trials import read_trials
from simenv_analysis.statistics.regression.firth import Data, firth
from simenv_analysis.statistics.regression.model import fit
from tests.analysis.test_marginals import grid, without_instruction


@pytest.mark.parametrize(("k", "n", "k0", "n0"), [(0, 10, 10, 10), (5, 5, 2, 9), (3, 7, 0, 4), (6, 12, 3, 11)])
def test_one_factor_adds_one_half_to_each_count(k: int, n: int, k0: int, n0: int) -> None:
    """Heinze and Schemper 2002, section 2: for a 2 × 2 table the penalty is the correction of Haldane and Anscombe."""
    data = Data(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([float(k0), float(k)]), np.array([float(n0), float(n)]))
    _, effect = firth(data)
    by_hand = (k + 0.5) / (n - k + 0.5) * (n0 - k0 + 0.5) / (k0 + 0.5)
    assert np.exp(effect.estimate) == pytest.approx(by_hand, rel=1e-6)
    assert effect.low < effect.estimate < effect.high


def test_two_factors_are_as_firthmodels_fits_them() -> None:
    """Figures of the package firthmodels 0.8.2: coefficients, profile intervals and penalized likelihood ratio tests."""
    design = np.array([[1.0, a, b] for b in (0.0, 1.0) for a in (0.0, 1.0)])
    found = firth(Data(design, np.array([0.0, 3.0, 0.0, 7.0]), np.full(4, 8.0)))
    assert [each.estimate for each in found] == pytest.approx([-4.90950, 4.47138, 2.03294], abs=2e-4)
    assert [each.p for each in found] == pytest.approx([4.50433e-06, 3.94868e-05, 5.00272e-02], rel=1e-4)
    assert [each.low for each in found] == pytest.approx([-10.07153, 1.94314, -0.00023], abs=1e-4)
    assert [each.high for each in found] == pytest.approx([-2.18813, 9.51842, 4.60530], abs=1e-4)


def test_a_perfect_effect_has_finite_odds(tmp_path: Path) -> None:
    model = fit(read_trials(RunDirectory(grid(tmp_path, without_instruction))))
    assert (model.method, model.episodes, model.clusters) == ("firth", 81, 3)
    for effect in model.effects:
        if effect.factor == "instruction":
            assert effect.high < 0.1
            assert effect.p < 1e-6
        else:
            assert effect.odds_ratio == pytest.approx(1.0, rel=1e-6)
            assert effect.p > 0.9
    printed = CliRunner().invoke(main, ["regress", str(tmp_path)])
    assert "Some levels have the outcome always or never" in printed.output
    assert json.loads(CliRunner().invoke(main, ["regress", str(tmp_path), "--json"]).output)["method"] == "firth"


def test_a_combination_that_separates_is_fitted_too(tmp_path: Path) -> None:
    """No level has the outcome always or never, and still no finite odds fit: it takes one of two levels."""

    def rule(condition: dict[str, str], seed: int) -> bool:
        first, second = condition["instruction"] == "none", condition["tone"] == "plain"
        return (first and second) or ((first or second) and seed % 2 == 0)

    two = {"instruction": ["none", "allow"], "tone": ["plain", "polite"]}
    model = fit(read_trials(RunDirectory(grid(tmp_path, rule, factors=two, seeds=10))))  # type: ignore[arg-type]
    assert model.method == "firth"
    assert all(effect.odds_ratio < 1 and np.isfinite([effect.low, effect.high]).all() for effect in model.effects)


def test_without_separation_errors_are_clustered(tmp_path: Path) -> None:
    def rule(condition: dict[str, str], seed: int) -> bool:
        return seed % (2 if condition["instruction"] == "none" else 3) == 0

    model = fit(read_trials(RunDirectory(grid(tmp_path, rule, seeds=12))))  # type: ignore[arg-type]
    assert model.method == "clustered"
