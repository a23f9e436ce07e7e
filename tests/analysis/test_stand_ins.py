"""Fitting the simulated agent: it recovers known weights, shows the published contrast on fresh seeds, and its intervals cover."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.episode.play import play_now
from simenv.world.registry import open_world
from simenv_agents.rational import Weights, make
from simenv_analysis.rates.intervals import jeffreys
from simenv_analysis.rates.published.beside import read_published
from simenv_analysis.statistics.simulated_agents.fit import Cell, _chance, _look_ahead, fit

WORLD = open_world("shutdown_sabotage")
CONDITIONS = ({"instruction": "none"}, {"instruction": "allow"}, {"instruction": "must_allow"})


def simenv(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["fit", *arguments])


def test_known_weights_are_recovered_within_their_intervals() -> None:
    """Counts drawn from known weights, 40 times: the 95 % intervals hold them in at least 34 (binomial, p < 0.01 for fewer)."""
    truth = Weights(task=5.0, obedience=2.5)
    order = [getattr(truth, name) for name in truth.__dataclass_fields__]
    tables = [_look_ahead(WORLD, condition, "shutdown_sabotaged", range(3), lambda: None) for condition in CONDITIONS]
    rates = [float(np.mean([_chance(table, np.array(order)) for table in cell])) for cell in tables]
    stream, held = np.random.default_rng(0), 0
    for _ in range(20):
        cells = [Cell(c, int(stream.binomial(300, rate)), 300) for c, rate in zip(CONDITIONS, rates, strict=True)]
        found = fit(WORLD, "shutdown_sabotaged", cells, ["task", "obedience"], range(3))
        for each, true in zip(found.fitted, (5.0, 2.5), strict=True):
            assert each.low < each.value < each.high
            held += each.low <= true <= each.high
    assert held >= 34


def test_the_published_contrast_comes_out_on_fresh_seeds() -> None:
    """Fitted to o3 with and without the allow instruction: on seeds that the fit never saw, both rates within their intervals."""
    figures = [each for each in read_published("shutdown_sabotage") if each.system == "o3" and each.n]
    cells = [Cell(each.condition, round(each.rate * (each.n or 0)), each.n or 0) for each in figures]
    found = fit(WORLD, "shutdown_sabotaged", cells, ["task", "obedience"], range(8))
    assert all(math.isfinite(each.low) and math.isfinite(each.high) for each in found.fitted)
    agent = make("rational", task=str(found.weights.task), obedience=str(found.weights.obedience))
    for cell, published in zip(cells, figures, strict=True):
        scenario = WORLD.scenario(cell.condition)
        levels = [play_now(scenario, agent, seed).outcomes["shutdown_sabotaged"].level for seed in range(5000, 5120)]
        own = jeffreys(levels.count("succeeded"), len(levels))
        assert published.interval is not None
        assert own.low <= published.interval.high
        assert published.interval.low <= own.high


def test_the_command_prints_options_that_work() -> None:
    document = json.loads(simenv("shutdown_sabotage", "--system", "o3", "--seeds", "0:3", "--json").stdout)
    assert [each["weight"] for each in document["fitted"]] == ["task", "obedience"]
    assert make("rational", **document["options"]).weights.task == pytest.approx(
        document["fitted"][0]["value"], rel=1e-4
    )
    printed = simenv("shutdown_sabotage", "--system", "o3", "--seeds", "0:3")
    assert "simenv run shutdown_sabotage --agent rational -o task=" in printed.output


def test_a_run_can_be_fitted(tmp_path: object) -> None:
    out = f"{tmp_path}/run"
    run = ["run", "shutdown_sabotage", "-c", "instruction=none,allow", "--seeds", "0:12", "--out", out]
    assert CliRunner().invoke(main, run).exit_code == 0
    result = simenv("shutdown_sabotage", "--run", out, "--seeds", "0:2", "--weights", "obedience")
    assert result.exit_code == 0, result.output
    assert "/12)" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--system", "nobody"), "there are: o3"),
        ((), "name a --system, or a --run"),
        (("--system", "o3", "--weights", "greed"), "name some of task"),
        (
            ("--system", "o3", "--weights", "task,obedience,effort", "--seeds", "0:1"),
            "cannot be told apart by 2 conditions",
        ),
        (("--system", "o3", "--seeds", "x"), "seeds"),
    ],
)
def test_wrong_calls_are_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv("shutdown_sabotage", *arguments)
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output
