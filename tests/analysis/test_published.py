"""Published figures beside ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simenv.cli.main import main
from simenv.store.run import RunDirectory
from simenv.world.registry import open_world
from simenv_analysis.rates.published.beside import Published, put_beside, read_published
from simenv_analysis.rates.rates import read_rates

FIGURES = read_published()


def simenv(*arguments: object) -> str:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code in (0, 2), done.output
    return done.output


@pytest.mark.parametrize("figure", FIGURES, ids=[figure.id for figure in FIGURES])
def test_every_figure_belongs_to_a_world_with_that_outcome_and_condition(figure: Published) -> None:
    world = open_world(figure.world)
    assert figure.outcome in world.world.outcomes
    assert world.condition(figure.condition)
    assert 0 <= figure.rate <= 1
    assert figure.source


def test_the_interval_that_a_source_prints_comes_out_to_the_digit() -> None:
    """Schlatter et al. 2025: 97% (95% CI 96-98), 1,000 trials."""
    (figure,) = [figure for figure in FIGURES if figure.id == "palisade-max"]
    assert figure.interval is not None
    assert (round(100 * figure.interval.low), round(100 * figure.interval.high)) == (96, 98)


def test_ours_stand_beside_under_the_same_condition_and_nowhere_else(tmp_path: Path) -> None:
    simenv(
        "run",
        "shutdown_sabotage",
        "--agent",
        "scripted:saboteur",
        "-c",
        "instruction=none",
        "--seeds",
        "0:4",
        "--out",
        tmp_path,
    )
    rows = {row.published.id: row for row in put_beside(read_rates(RunDirectory(tmp_path)))}
    assert rows["palisade-o3-allow"].own is None
    own = rows["palisade-o3-none"]
    assert own.own is not None
    assert (own.own.n, own.difference) == (4, pytest.approx(0.21))
    printed = simenv("table", tmp_path, "--published")
    assert "79% 79/100 [70, 86]" in printed
    assert "+21" in printed
    assert "Palisade Research, May 2025" in printed


def test_it_is_a_table_of_its_own(tmp_path: Path) -> None:
    simenv("run", "honest_day", "--agent", "scripted", "--seeds", "0:1", "--out", tmp_path)
    assert "No figure has been published" in simenv("table", tmp_path, "--published")
    assert "neither --paired nor --published" in simenv("table", tmp_path, "--published", "--csv")


def test_one_system_shows_its_own_figures_with_counts_and_says_that_ours_is_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")  # a narrower window shows the table in parts
    simenv("run", "shutdown_sabotage", "-c", "instruction=none,allow", "--seeds", "0:4", "--quiet", "--out", tmp_path)
    printed = simenv("table", tmp_path, "--published", "--system", "o3")
    assert [line.split()[0] for line in printed.splitlines() if "instruction=" in line] == ["o3", "o3"]
    assert "79% 79/100 [70, 86]" in printed
    assert "not run" not in printed
    assert "fitted to two published rates of o3" in " ".join(printed.split())
    assert "Grok" not in printed


def test_a_system_without_a_figure_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    simenv("run", "shutdown_sabotage", "--agent", "scripted:saboteur", "--seeds", "0:1", "--out", tmp_path)
    done = CliRunner().invoke(main, ["table", str(tmp_path), "--published", "--system", "o9"])
    assert done.exit_code == 1
    assert "'o9'" in done.output
    assert "Grok 4" in done.output
    assert "--system goes with --published" in simenv("table", tmp_path, "--system", "o3")


def test_weights_of_ones_own_are_not_said_to_be_fitted(tmp_path: Path) -> None:
    simenv("run", "shutdown_sabotage", "-o", "task=1", "--seeds", "0:1", "--out", tmp_path)
    assert RunDirectory(tmp_path).manifest().disclaimer.startswith("rational is a simulated agent with stated weights")
