"""What a factor changes over all levels of the others: the test behind it, its sentences, and grids of many conditions."""

from __future__ import annotations

import io
import itertools
import json
import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.contingency_tables import StratifiedTable

from simenv.outcomes.verdict import Verdict
from simenv.store.run import RunDirectory
from simenv_analysis.output.commands import table as table_command
from simenv_analysis.output.console import WholeTables
from simenv_analysis.output.folding import FOLD_ABOVE, folded
from simenv_analysis.output.headline import headline
from simenv_analysis.output.report import report_html
from simenv_analysis.output.table import print_table
from simenv_analysis.rates import two_rates
from simenv_analysis.rates.marginals import conditions_differ, effects, family_size, marginals
from simenv_analysis.rates.rates import RunRates, read_rates
from simenv_analysis.rates.two_rates import Strata, TwoRates
from tests.analysis.made_up_run import episode, manifest

GRID = {
    "instruction": ["none", "allow", "must_allow"],
    "placement": ["user", "system", "both"],
    "tone": ["polite", "plain", "urgent"],
}
OUTCOMES = ["sabotaged", "script_read", "disabled", "finished", "denied", "blackmailed"]
Rule = Callable[[Mapping[str, str], int], bool]


def grid(
    path: Path, rule: Rule, factors: Mapping[str, list[str]] = GRID, seeds: int = 3, outcomes: list[str] = OUTCOMES
) -> Path:
    """Write a run of all combinations in which the first outcome is what `rule` says, and the second one a coin's."""
    conditions = [dict(zip(factors, levels, strict=True)) for levels in itertools.product(*factors.values())]
    with RunDirectory(path) as run:
        run.write_manifest(
            manifest(seeds, factors=dict(factors), conditions=conditions, outcomes=outcomes, documents={})
        )
        for condition, seed in itertools.product(conditions, range(seeds)):
            verdicts = dict.fromkeys(outcomes, Verdict("no"))
            verdicts[outcomes[0]] = Verdict("succeeded" if rule(condition, seed) else "no")
            if len(outcomes) > 1:
                verdicts[outcomes[1]] = Verdict(
                    "succeeded" if random.Random(f"{condition}{seed}").random() < 0.5 else "no"
                )
            run.append(episode(condition, seed, outcomes=verdicts))
    return path


def rates_of(path: Path, rule: Rule, **kwargs: object) -> RunRates:
    return read_rates(RunDirectory(grid(path, rule, **kwargs)))  # type: ignore[arg-type]


def without_instruction(condition: Mapping[str, str], _: int) -> bool:
    return condition["instruction"] == "none"


# ------------------------------------------------------------------------------------------------- the test over strata

tables = st.builds(
    lambda n, n0, a, b: TwoRates(min(a, n), n, min(b, n0), n0),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 6),
    st.integers(0, 6),
)


def counted(strata: tuple[TwoRates, ...]) -> dict[int, int]:
    """Return how many ways lead to each number of successes of the group, by counting with whole numbers."""
    ways = {0: 1}
    for table in strata:
        won, more = table.k + table.k0, {}
        for before, count in ways.items():
            for k in range(max(0, won - table.n0), min(table.n, won) + 1):
                more[before + k] = more.get(before + k, 0) + count * comb(table.n, k) * comb(table.n0, won - k)
        ways = more
    return ways


@settings(max_examples=60, deadline=None)
@given(st.lists(tables, min_size=2, max_size=5).map(tuple))
def test_the_conditional_test_is_that_of_counting_all_ways(strata: tuple[TwoRates, ...]) -> None:
    ways, seen = counted(strata), sum(table.k for table in strata)
    as_likely = sum(count for count in ways.values() if count <= ways[seen])
    assert Strata(strata).p == pytest.approx(float(Fraction(as_likely, sum(ways.values()))))


@settings(max_examples=40, deadline=None)
@given(st.lists(tables, min_size=2, max_size=4).map(tuple))
def test_the_ends_of_the_common_odds_ratio_leave_two_and_a_half_per_cent(strata: tuple[TwoRates, ...]) -> None:
    ways, seen = counted(strata), sum(table.k for table in strata)
    if len(ways) == 1:
        return
    ratio, (low, high) = Strata(strata).odds_ratio()
    assert low <= ratio <= high

    def chance(psi: float, wanted: Callable[[int], bool]) -> float:
        return sum(c * psi**k for k, c in ways.items() if wanted(k)) / sum(c * psi**k for k, c in ways.items())

    assert low == 0 or chance(low, lambda k: k >= seen) == pytest.approx(0.025)
    assert high == np.inf or chance(high, lambda k: k <= seen) == pytest.approx(0.025)


def test_one_stratum_is_fishers_test_and_scipys_odds_ratio() -> None:
    table = TwoRates(7, 12, 3, 15)
    assert Strata((table,)).p == table.p
    assert Strata((table, TwoRates(0, 4, 0, 4))).odds_ratio()[0] == pytest.approx(
        odds_ratio([[7, 5], [3, 12]]).statistic
    )


def test_large_strata_are_tested_as_statsmodels_does(monkeypatch: pytest.MonkeyPatch) -> None:
    strata = Strata((TwoRates(56, 70, 48, 80), TwoRates(5, 56, 0, 29), TwoRates(9, 10, 3, 10)))
    theirs = StratifiedTable([np.array([[t.k, t.n - t.k], [t.k0, t.n0 - t.k0]]) for t in strata.tables])
    assert strata.cochran_mantel_haenszel() == pytest.approx(theirs.test_null_odds(correction=False).pvalue)
    assert strata.p == pytest.approx(strata.cochran_mantel_haenszel(), rel=0.5)
    monkeypatch.setattr(two_rates, "LARGE", 10)
    assert strata.p == strata.cochran_mantel_haenszel()


def test_a_confounded_difference_is_that_within_the_strata() -> None:
    """Simpson's paradox in the treatment of kidney stones (Charig et al. 1986): pooled, the better treatment looks worse."""
    stones = Strata((TwoRates(81, 87, 234, 270), TwoRates(192, 263, 55, 80)))
    pooled = TwoRates(81 + 192, 350, 234 + 55, 350)
    assert pooled.difference < 0 < stones.difference
    low, high = stones.interval()
    assert low < stones.difference < high


def test_equal_strata_have_the_interval_of_their_sum() -> None:
    assert Strata((TwoRates(3, 3, 0, 6),) * 9).interval() == pytest.approx(TwoRates(27, 27, 0, 54).interval())


def test_nothing_is_compared_where_levels_never_meet() -> None:
    assert Strata.of([TwoRates(3, 3, 0, 0), TwoRates(0, 0, 1, 3)]) is None


def test_under_no_effect_an_established_one_is_as_rare_as_said(tmp_path: Path) -> None:
    """Holm over all factors, levels and outcomes: in at most one run of twenty anything is starred."""
    generator = np.random.default_rng(3)
    starred = 0
    for _ in range(200):
        ps = [
            Strata(tuple(TwoRates(int(a), 3, int(b), 6) for a, b in generator.binomial([3, 6], 0.3, (9, 2)))).p
            for _ in range(18)
        ]
        starred += min(two_rates.adjust(ps)) < 0.05
    assert starred <= 16  # 5 % of 200, and three standard errors


# ------------------------------------------------------------------------------------------------- of a run


def test_a_perfect_effect_in_cells_of_three_is_the_first_sentence(tmp_path: Path) -> None:
    run = grid(tmp_path, without_instruction)
    said = headline(read_rates(RunDirectory(run)))[0]
    assert said.startswith("“sabotaged” depends on instruction: it came about in every episode under none (27/27)")
    assert "in no episode under allow or must_allow (0/54)" in said
    assert "p < 0.001" in said
    assert said in " ".join(printed(run).split())
    page = report_html(run)
    assert page.index('<p class="headline">“sabotaged” depends on instruction') < page.index("<figure>")
    assert "tell" not in page[: page.index("<figure>")].split("What the run says")[1]


def test_the_family_of_tests_is_all_factors_and_outcomes(tmp_path: Path) -> None:
    found = marginals(rates_of(tmp_path, without_instruction))
    assert family_size(found) == 3 * 3 * len(OUTCOMES)
    (perfect,) = effects(found, "sabotaged")
    assert perfect.p is not None
    assert perfect.adjusted == pytest.approx(
        perfect.p * family_size(found), rel=0.2
    )  # the second outcome may be smaller


def test_two_levels_make_one_test(tmp_path: Path) -> None:
    two = {"instruction": ["none", "allow"], "placement": ["user", "system"]}
    found = marginals(rates_of(tmp_path, without_instruction, factors=two, outcomes=["sabotaged"]))
    assert family_size(found) == 2
    (effect,) = effects(found, "sabotaged")
    assert (effect.level, effect.counts) == ("none", TwoRates(6, 6, 0, 6))
    first, second = found[:2]
    assert (first.adjusted, first.difference) == (second.adjusted, -(second.difference or 0.0))


def test_an_effect_of_a_combination_alone_is_not_passed_over(tmp_path: Path) -> None:
    def odd(condition: Mapping[str, str], _: int) -> bool:
        return sum(levels.index(condition[factor]) for factor, levels in GRID.items()) % 3 == 0

    rates = rates_of(tmp_path, odd, outcomes=["sabotaged"])
    said = headline(rates)
    assert said[0].startswith("No effect on “sabotaged” is established, of instruction, placement or tone")
    assert said[1].startswith("Yet the conditions differ (p < 0.001, all together)")
    assert "from no episode (0/3" in said[1]
    assert "to every episode (3/3" in said[1]


def test_chance_alone_is_no_difference_among_conditions(tmp_path: Path) -> None:
    def coin(condition: Mapping[str, str], seed: int) -> bool:
        return random.Random(f"{seed}{condition}").random() < 0.3

    rates = rates_of(tmp_path, coin)
    assert conditions_differ(rates) > 0.05
    assert len(headline(rates)) == 1


def test_factors_that_always_go_together_are_not_told_apart(tmp_path: Path) -> None:
    both = [{"instruction": "none", "tone": "plain"}, {"instruction": "allow", "tone": "polite"}]
    with RunDirectory(tmp_path) as run:
        run.write_manifest(manifest(20, conditions=both, outcomes=["sabotaged"]))
        for condition, seed in itertools.product(both, range(20)):
            won = condition["instruction"] == "none"
            run.append(episode(condition, seed, outcomes={"sabotaged": Verdict("succeeded" if won else "no")}))
    rates = read_rates(RunDirectory(tmp_path))
    assert [each.p for each in marginals(rates)] == [None] * 4
    assert "Yet the conditions differ" in headline(rates)[1]
    assert "p unknown" not in printed(tmp_path)


@pytest.mark.parametrize(
    ("wins", "seeds", "said"),
    [
        (0, 12, "it came about in no episode (0/12,"),
        (0, 1, "it came about in no episode (0/1,"),
        (1, 1, "it came about in the only episode (1/1,"),
        (12, 12, "it came about in every episode (12/12,"),
        (5, 12, "it came about in 42% of episodes (5/12,"),
    ],
)
def test_the_answer_of_one_condition_has_its_case(tmp_path: Path, wins: int, seeds: int, said: str) -> None:
    rates = rates_of(
        tmp_path, lambda _, seed: seed < wins, factors={"instruction": ["none"]}, seeds=seeds, outcomes=["won"]
    )
    assert said in headline(rates)[0]
    assert len(headline(rates)) == 1


def test_other_programs_are_given_the_marginals(tmp_path: Path) -> None:
    run = grid(tmp_path, without_instruction)
    done = CliRunner().invoke(table_command, [str(run), "--json"], catch_exceptions=False)
    first = json.loads(done.output)["marginals"][0]
    assert (first["factor"], first["level"], first["counts"]) == (
        "instruction",
        "none",
        {"k": 27, "n": 27, "k0": 0, "n0": 54},
    )
    assert first["difference"] == 1.0
    assert first["adjusted"] < 0.001


# ------------------------------------------------------------------------------------------------- many conditions


def printed(run: Path, width: int = 120) -> str:
    out = io.StringIO()
    console = WholeTables(width, bounded=True)
    console.file = out
    print_table(run, console)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_twenty_seven_conditions_and_six_outcomes_fit_the_terminal(tmp_path: Path, width: int) -> None:
    text = printed(grid(tmp_path, without_instruction), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in text
    names = " ".join(text.split())
    assert names.index("factor level") < names.index("instruction placement tone")


def test_conditions_that_agree_are_one_row(tmp_path: Path) -> None:
    rates = rates_of(tmp_path, without_instruction, outcomes=["sabotaged"])
    rows = folded(rates)
    assert [(dict(row.levels)["instruction"], len(row.rows)) for row in rows] == [
        (("none",), 9),
        (("allow", "must_allow"), 18),
    ]
    assert sorted(position for row in rows for position in row.positions) == list(range(27))
    text = printed(tmp_path)
    assert "18 × 3" in text
    assert "one row" in text


def test_folding_loses_and_joins_nothing(tmp_path: Path) -> None:
    rates = rates_of(tmp_path, lambda c, seed: random.Random(f"{c}{seed}").random() < 0.5)
    for row in folded(rates):
        assert all([r.succeeded for r in each.rates] == [r.succeeded for r in row.first.rates] for each in row.rows)
        combinations = list(itertools.product(*row.levels.values()))
        assert sorted(tuple(each.condition.values()) for each in row.rows) == sorted(combinations)
    assert sum(len(row.rows) for row in folded(rates)) == 27


def test_a_small_run_shows_every_condition(tmp_path: Path) -> None:
    factors = {"instruction": ["none", "allow", "must_allow"], "tone": ["plain", "polite"]}
    rates = rates_of(tmp_path, without_instruction, factors=factors)
    assert len(rates.rows) <= FOLD_ABOVE
    assert all(len(row.rows) == 1 for row in folded(rates))


def test_the_page_keeps_the_first_column_in_sight_and_links_each_condition(tmp_path: Path) -> None:
    page = report_html(grid(tmp_path, without_instruction))
    assert "position: sticky; left: 0" in page
    assert all(f'href="#condition={index}"' in page for index in range(27))
    assert page.index("level of a factor") < page.index("instruction · placement · tone</th>")


def test_one_varying_factor_needs_no_table_of_levels(tmp_path: Path) -> None:
    run = grid(tmp_path, without_instruction, factors={"instruction": ["none", "allow"]}, outcomes=["sabotaged"])
    out = io.StringIO()
    print_table(run, Console(file=out, width=100))
    assert "factor" not in out.getvalue().split("Each level against")[0]
    assert "No effect on “sabotaged” is established" in out.getvalue()  # three against three can't: p is 0.1
