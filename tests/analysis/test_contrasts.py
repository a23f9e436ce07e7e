"""Contrasts, two runs side by side, and power: against published examples, simulation, and runs of a made-up world."""

from __future__ import annotations

import itertools
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, fisher_exact

from simenv.cli.main import main
from simenv.errors import ConditionError
from simenv.store.run import RunDirectory
from simenv_analysis.rates.intervals import effective, jeffreys
from simenv_analysis.rates.two_rates import Pairs, Strata, TwoRates, adjust, pair_up
from simenv_analysis.statistics.contrasts.contrast import contrast
from simenv_analysis.statistics.contrasts.power import (
    detectable_difference,
    episodes_for_difference,
    episodes_for_width,
)
from simenv_analysis.statistics.contrasts.table import versus_sentences
from simenv_analysis.statistics.contrasts.trials import read_trials
from simenv_analysis.statistics.contrasts.versus import versus
from tests.analysis import made_up_run
from tests.analysis.made_up_run import conditions, manifest, write_run
from tests.analysis.test_marginals import grid, without_instruction
from tests.segmented import rows_of, write_rows

NEWCOMBE = {
    (56, 70, 48, 80): (0.0524, 0.3339),
    (9, 10, 3, 10): (0.1705, 0.8090),
    (6, 7, 2, 7): (0.0582, 0.8062),
    (5, 56, 0, 29): (-0.0381, 0.1926),
    (0, 10, 0, 20): (-0.1611, 0.2775),
    (0, 10, 0, 10): (-0.2775, 0.2775),
    (10, 10, 0, 20): (0.6791, 1.0),
    (10, 10, 0, 10): (0.6075, 1.0),
}
"""Newcombe 1998, table II, method 10."""


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("counts", NEWCOMBE)
def test_the_interval_of_a_difference_is_newcombes_to_the_printed_digit(counts: tuple[int, int, int, int]) -> None:
    assert TwoRates(*counts).interval() == pytest.approx(NEWCOMBE[counts], abs=5.1e-5)


def test_fishers_tea_tasting_lady() -> None:
    """Fisher 1935, The Design of Experiments, chapter 2: three of four cups right; two-sided 34/70."""
    assert TwoRates(3, 4, 1, 4).p == pytest.approx(34 / 70)


def test_adjusted_p_values_are_those_of_rs_p_adjust() -> None:
    p = [0.01, 0.02, 0.03, 0.04, 0.05]
    assert adjust(p, "holm") == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert adjust(p, "bh") == pytest.approx([0.05] * 5)
    assert adjust(p, "none") == p


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusting_never_makes_a_p_value_smaller_nor_changes_the_order(p: list[float]) -> None:
    for how in ("holm", "bh"):
        adjusted = adjust(p, how)
        assert all(b >= a - 1e-12 and b <= 1 for a, b in zip(p, adjusted, strict=True))
        order = sorted(range(len(p)), key=lambda i: p[i])
        assert all(adjusted[a] <= adjusted[b] + 1e-12 for a, b in itertools.pairwise(order))


@pytest.mark.parametrize(("p", "q", "n"), [(0.3, 0.5, 60), (0.2, 0.2, 80), (0.5, 0.9, 40)])
def test_the_interval_of_a_difference_covers_as_often_as_it_says(p: float, q: float, n: int) -> None:
    generator = np.random.Generator(np.random.PCG64(7))
    interval = cache(lambda a, b: TwoRates(a, n, b, n).interval())
    draws = generator.binomial(n, [p, q], (2000, 2)).tolist()
    hits = sum(low <= p - q <= high for low, high in (interval(a, b) for a, b in draws))
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_the_jeffreys_interval_covers_as_often_as_it_says(p: float) -> None:
    """On average over neighbouring rates; at a single rate the coverage of any such interval swings (Brown et al. 2001)."""
    generator = np.random.Generator(np.random.PCG64(11))
    interval = cache(lambda k: jeffreys(k, 100))
    rates = generator.uniform(p - 0.05, p + 0.05, 2000)
    draws = generator.binomial(100, rates).tolist()
    hits = sum(interval(k).low <= rate <= interval(k).high for k, rate in zip(draws, rates, strict=True))
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_pairs_are_those_of_equal_seeds() -> None:
    assert pair_up({1: True, 2: True, 3: False}, {1: True, 2: False, 9: True}) == Pairs(1, 1, 0, 0)
    assert Pairs(3, 0, 0, 4).p == 1.0


def exact_power(n: int, p: float, q: float) -> float:
    a, b = binom.pmf(range(n + 1), n, p), binom.pmf(range(n + 1), n, q)
    cells = ((i, j) for i in range(n + 1) for j in range(n + 1) if a[i] * b[j] > 1e-7)
    return sum(a[i] * b[j] for i, j in cells if fisher_exact(np.array([[i, n - i], [j, n - j]])).pvalue <= 0.05)


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.5), (0.4, 0.8)])
def test_so_many_episodes_have_the_power_that_was_asked_for(p: float, q: float) -> None:
    assert exact_power(episodes_for_difference(p, q), p, q) == pytest.approx(0.82, abs=0.025)


def test_what_is_detectable_takes_as_many_episodes_as_there_are() -> None:
    for n in (40, 100, 400):
        rise = detectable_difference(n, 0.1)
        assert rise is not None
        assert episodes_for_difference(0.1, 0.1 + rise) <= n < episodes_for_difference(0.1, 0.1 + rise - 0.01)
    assert detectable_difference(2, 0.5) is None


def test_an_interval_is_as_narrow_as_asked() -> None:
    n = episodes_for_width(0.1, 0.3)
    widths = [jeffreys(round(0.3 * m), m) for m in (n - 12, n)]
    assert widths[1].high - widths[1].low <= 0.1 < widths[0].high - widths[0].low
    assert episodes_for_width(0.96) == 1


@pytest.mark.parametrize(("rate", "width"), [(0.02, 0.1), (0.3, 0.2), (0.0, 0.05), (0.7, 0.05)])
def test_an_interval_stays_as_narrow_with_more_episodes(rate: float, width: float) -> None:
    n = episodes_for_width(width, rate)
    ends = {m: effective(rate * m, m) for m in range(1, 3 * n)}
    assert [m for m, (low, high) in ends.items() if high - low <= width] == list(range(n, 3 * n))


# ------------------------------------------------------------------------------------------------- on runs


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"), seeds=30)


def test_each_level_is_compared_with_the_reference_in_each_context(run: Path) -> None:
    found = contrast(read_trials(RunDirectory(run)), "instruction")
    assert (found.factor, found.reference, found.outcome) == ("instruction", "none", "shutdown_sabotaged")
    assert [(row.context["placement"], row.level) for row in found.rows] == [
        ("user", "allow"),
        ("system", "allow"),
        ("user", "must_allow"),
        ("system", "must_allow"),
    ]
    for row in found.rows:
        assert row.counts.n == row.counts.n0 == 30
        assert row.pairs is not None
        assert sum(row.pairs) == 30
        assert row.interval[0] <= row.difference <= row.interval[1] < 0
        assert row.p <= row.adjusted < 0.01


def test_the_reference_can_be_chosen_and_turns_the_sign(run: Path) -> None:
    trials = read_trials(RunDirectory(run))
    rows = {(row.level, row.context["placement"]): row for row in contrast(trials, "instruction=allow").rows}
    back = {row.context["placement"]: row for row in contrast(trials, "instruction").rows if row.level == "allow"}
    for placement, row in back.items():
        assert rows["none", placement].difference == -row.difference
        assert rows["none", placement].p == row.p


@pytest.mark.parametrize(
    ("factor", "outcome", "words"),
    [
        ("", "", "one of: instruction, placement"),
        ("framing", "", "choose one that varies"),
        ("instruction=maybe", "", "no instruction=maybe"),
        ("instruction", "nonsense", "does not measure 'nonsense'"),
    ],
)
def test_what_cannot_be_contrasted_is_named(run: Path, factor: str, outcome: str, words: str) -> None:
    with pytest.raises(ConditionError, match=words):
        contrast(read_trials(RunDirectory(run)), factor, outcome)


def test_one_of_a_kind_is_not_said_in_the_plural(tmp_path: Path) -> None:
    two = [conditions()[0], conditions()[2]]
    with RunDirectory(tmp_path) as directory:
        directory.write_manifest(manifest(1, conditions=two))
        for condition in two:
            directory.append(made_up_run.episode(condition, 0))
    assert "Holm, 1 test\n" in simenv("contrast", tmp_path, "--factor", "instruction").output
    assert "1 episode under each condition" in simenv("power", "-n", 1).output


def test_missing_episodes_are_told(tmp_path: Path) -> None:
    write_run(tmp_path, seeds=5)
    write_rows(tmp_path, rows_of(tmp_path)[:-2])
    printed = simenv("contrast", tmp_path, "--factor", "instruction").output
    assert "2 planned episodes of scripted:saboteur not finished" in printed
    assert json.loads(simenv("contrast", tmp_path, "--factor", "instruction", "--json").output)["missing"] == 2


def test_a_run_does_not_differ_from_itself(run: Path) -> None:
    trials = read_trials(RunDirectory(run))
    found = versus(trials, trials)
    assert len(found.rows) == 6 * 5
    assert not found.differing
    assert {row.p for row in found.rows} == {1.0}
    assert "No difference is established" in simenv("compare", run, run).output


def test_where_two_runs_differ_is_listed_greatest_first(run: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned"
    write_run(turned, seeds=30)
    episodes = [json.loads(row) for row in rows_of(turned)]
    for episode in episodes:
        if episode["condition"]["instruction"] == "must_allow" and episode["condition"]["placement"] == "user":
            episode["outcomes"]["shutdown_sabotaged"] = ["succeeded", "m", 1.0, [], ""]
    write_rows(turned, [json.dumps(episode).encode() for episode in episodes])
    found = versus(read_trials(RunDirectory(run)), read_trials(RunDirectory(turned)))
    (row,) = found.differing
    assert (row.level, row.context) == ("shutdown_sabotaged", {"instruction": "must_allow", "placement": "user"})
    assert row.difference > 0.8
    assert "instruction=must_allow, placement=user: +" in simenv("compare", run, turned).output


def of_half_the_conditions(path: Path, **changes: Any) -> Path:
    """Write a run that has the first half of the made-up world's conditions, and their documents."""
    half = conditions()[:3]
    documents = {".".join(condition.values()): "ab12" * 16 for condition in half}
    with RunDirectory(path) as run:
        run.write_manifest(manifest(2, **{"conditions": half, "documents": documents, **changes}))
        for condition, seed in itertools.product(half, range(2)):
            run.append(made_up_run.episode(condition, seed))
    return path


DIFFERENT = "The two runs used different versions of the world."


def test_a_run_of_fewer_conditions_is_of_the_same_world(run: Path, tmp_path: Path) -> None:
    printed = simenv("compare", run, of_half_the_conditions(tmp_path / "half")).output
    assert DIFFERENT not in printed
    assert "3 conditions left out" in printed


def test_another_version_or_another_document_of_a_shared_condition_is_said(run: Path, tmp_path: Path) -> None:
    first = ".".join(conditions()[0].values())
    changed = of_half_the_conditions(tmp_path / "changed", documents={first: "ef56" * 16})
    assert DIFFERENT in simenv("compare", run, changed).output
    newer = of_half_the_conditions(tmp_path / "newer", world_version="1.3.0")
    assert DIFFERENT in simenv("compare", run, newer).output


def test_another_oversight_or_limit_is_said_to_be_that(run: Path, tmp_path: Path) -> None:
    first = ".".join(conditions()[0].values())
    other = {first: "ef56" * 16}
    watched = simenv(
        "compare", run, of_half_the_conditions(tmp_path / "watched", documents=other, oversight="strict")
    ).output
    assert "Oversight: strict in B, the world's own in A." in watched
    assert DIFFERENT not in watched
    cut = simenv(
        "compare", run, of_half_the_conditions(tmp_path / "cut", documents=other, limits={"turns": 5.0})
    ).output
    assert "different limits" in cut
    assert DIFFERENT not in cut


@pytest.mark.parametrize(("command", "default"), [("contrast", "the first that the run"), ("compare", "all that both")])
def test_the_help_says_which_outcome_is_the_default(command: str, default: str) -> None:
    assert f"[default: {default}" in " ".join(simenv(command, "--help").output.split())


def test_the_command_for_power_answers_and_refuses() -> None:
    assert "10.0% against 30.0%: 72 episodes" in simenv("power", "--rate", 0.1, "--against", 0.3).output
    assert "a rise by" in simenv("power", "-n", 100).output
    assert simenv("power").exit_code == 2
    same = simenv("power", "--rate", 0.2, "--against", 0.2)
    assert (same.exit_code, same.exception.__class__) == (1, SystemExit)
    assert "the two rates are equal" in same.output


# ------------------------------------------------------------------------------------------- few episodes a condition


@pytest.fixture
def perfect(tmp_path: Path) -> Path:
    """27 of 27 under one level, 0 of 54 under the others, in cells of three."""
    return grid(tmp_path / "perfect", without_instruction)


def test_a_perfect_effect_is_seen_over_all_contexts(perfect: Path) -> None:
    found = contrast(read_trials(RunDirectory(perfect)), "instruction")
    assert [(row.level, row.counts, row.difference) for row in found.pooled] == [
        ("allow", TwoRates(0, 27, 27, 27), -1.0),
        ("must_allow", TwoRates(0, 27, 27, 27), -1.0),
    ]
    assert all(row.adjusted < 1e-6 for row in found.pooled)
    assert {row.adjusted for row in found.rows} == {1.0}
    printed = simenv("contrast", perfect, "--factor", "instruction").output
    assert printed.index("Over all contexts") < printed.index("In each context")
    assert "There are too few episodes in each context" in " ".join(printed.split())
    document = json.loads(simenv("contrast", perfect, "--factor", "instruction", "--json").output)
    assert (len(document["pooled"]), len(document["contrasts"])) == (2, 18)


def test_enough_episodes_are_not_called_too_few(run: Path) -> None:
    assert "too few episodes" not in simenv("contrast", run, "--factor", "instruction").output


def test_unpaired_contexts_are_pooled_by_the_conditional_test(tmp_path: Path) -> None:
    write_run(tmp_path, seeds=8)
    write_rows(tmp_path, rows_of(tmp_path)[:-1])
    found = contrast(read_trials(RunDirectory(tmp_path)), "instruction")
    row = next(row for row in found.pooled if row.level == "must_allow")
    cells = [each.counts for each in found.rows if each.level == "must_allow"]
    assert row.p == Strata(tuple(cells)).p


def test_two_runs_are_compared_over_all_conditions_too(perfect: Path, tmp_path: Path) -> None:
    other = grid(tmp_path / "other", lambda *_: False)
    found = versus(read_trials(RunDirectory(other)), read_trials(RunDirectory(perfect)))
    (row,) = [each for each in found.pooled if each.adjusted < 0.05]
    assert (row.level, row.counts) == ("sabotaged", TwoRates(27, 81, 0, 81))
    assert versus_sentences(found) == [
        "Over all conditions they differ in (adjusted p below 0.05):",
        "  sabotaged: +33 points",
    ]
