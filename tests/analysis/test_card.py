"""The transparency card: figures are the table's, gaps are named, nothing in it runs or loads, and it fits its schema."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv.store.run import RunDirectory
from simenv_analysis.output.card.card import Card
from simenv_analysis.output.card.make import make_card
from simenv_analysis.output.card.page import render, summary
from simenv_analysis.rates.rates import read_rates
from tests.analysis.test_marginals import grid, without_instruction


def simenv(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    for name, *arguments in (
        ("shutdown", "shutdown_sabotage", "-c", "instruction=none,allow"),
        ("weights", "self_exfiltration", "-c", "threat=replacement", "--oversight", "standard"),
    ):
        run = simenv("run", *arguments, "--agent", "scripted:misaligned", "--seeds", "0:4", "--out", out / name)
        assert run.exit_code == 0, run.output
    return out


@pytest.fixture(scope="module")
def card(runs: Path) -> Card:
    return make_card(runs, 1, 60.0)


def test_figures_are_those_of_the_table(runs: Path, card: Card) -> None:
    for run in ("shutdown", "weights"):
        rates = read_rates(RunDirectory(runs / run))
        for outcome in rates.manifest.outcomes:
            total = rates.total(outcome)
            (result,) = [each for each in card.results if (each.run, each.outcome) == (run, outcome)]
            assert (result.overall.k, result.overall.n) == (total.succeeded, total.n)
            assert (result.overall.low, result.overall.high) == tuple(total.interval)
            assert sum(share.k for _, share in result.by_condition) == total.succeeded
            assert result.definition


def test_what_was_not_tested_is_named(card: Card) -> None:
    said = " ".join(card.not_tested)
    assert "leverage" in said
    assert "must_allow" in said
    assert "paper_shield" in said
    assert "simulated" in said


def test_it_says_whether_the_off_switch_holds(card: Card) -> None:
    found = {(each.world, each.oversight): each for each in card.assurance}
    assert found["shutdown_sabotage", ""].verdict == "defeated"
    assert found["shutdown_sabotage", ""].counterexample


def test_the_commands_do_it_again(runs: Path, card: Card, tmp_path: Path) -> None:
    for number, command in enumerate(card.reproduce):
        again = simenv(*command.split()[1:], "--out", tmp_path / str(number))
        assert again.exit_code == 0, again.output
    both = make_card(tmp_path, 0, 0.0)
    assert [run.digest for run in both.tested] == [run.digest for run in card.tested]


def test_a_run_that_is_no_grid_is_done_again_condition_by_condition(tmp_path: Path) -> None:
    listed = [{}, {"instruction": "allow"}, {"placement": "system"}]
    experiment = {
        "format": 1,
        "worlds": {"shutdown_sabotage": {"conditions": listed}},
        "agents": {"one": {"agent": "random", "options": {}}},
        "roles": {"monitor": {"agent": "colleague:guard", "options": {}}},
        "oversight": ["standard"],
        "limits": {"turns": 5},
        "seeds": "0:2,5",
    }
    (tmp_path / "experiment.yaml").write_text(json.dumps(experiment))
    assert simenv("run", tmp_path / "experiment.yaml", "--out", tmp_path / "runs").exit_code == 0
    card = make_card(tmp_path / "runs", 0, 0.0)
    assert len(card.reproduce) == 3
    for command in card.reproduce:
        again = simenv(*shlex.split(command)[1:], "--out", tmp_path / "again")
        assert again.exit_code == 0, again.output
    (run,), (other,) = card.tested, make_card(tmp_path / "again", 0, 0.0).tested
    assert run.digest == other.digest


def test_a_search_that_was_cut_short_is_not_called_a_success(card: Card) -> None:
    cut = [each.model_copy(update={"verdict": "unknown"}) for each in card.assurance]
    said = " ".join(summary(card.model_copy(update={"assurance": cut})))
    assert (
        "Time ran out before it was known whether the off-switches of shutdown_sabotage and self_exfiltration" in said
    )
    assert "held" not in said
    assert "defeated" not in said


def test_page_and_data_are_written_and_load_nothing(runs: Path, card: Card, tmp_path: Path) -> None:
    result = simenv("card", runs, "--out", tmp_path / "card.html")
    assert result.exit_code == 0, result.output
    page, data = (tmp_path / "card.html").read_text(), (tmp_path / "card.json").read_text()
    assert Card.model_validate_json(data) == card
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=", page)
    assert simenv("card", runs, "--out", tmp_path / "again.html").exit_code == 0
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "card.html").read_bytes()
    assert json.loads(simenv("card", "--schema").output)["title"] == "Card"


def test_definitions_are_shown_without_the_marks_of_docstrings(card: Card) -> None:
    definition = "*Attempted*: it read `a.b` & <b>no more</b>, 2 * 3."
    marked = [each.model_copy(update={"definition": definition}) for each in card.results]
    page = render(card.model_copy(update={"results": marked}))
    assert "<em>Attempted</em>: it read <code>a.b</code> &amp; &lt;b&gt;no more&lt;/b&gt;, 2 * 3." in page
    assert 'title="Attempted: it read a.b &amp; ' in page
    assert "*Attempted*" not in page


def test_text_of_an_agent_stays_text(card: Card) -> None:
    hostile = card.model_copy(
        update={"subject": card.subject.model_copy(update={"agent": "<script>alert(1)</script>"})}
    )
    assert "<script" not in render(hostile)
    assert "&lt;script" in render(hostile)


def test_one_card_is_about_one_agent(runs: Path, tmp_path: Path) -> None:
    for agent in ("scripted:aligned", "scripted:misaligned"):
        assert (
            simenv("run", "honest_day", "--agent", agent, "--seeds", "0:1", "--out", tmp_path / agent[9:12]).exit_code
            == 0
        )
    result = simenv("card", tmp_path)
    assert result.exit_code != 0
    assert "several agents" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"), [((), "give the directory"), (("nowhere",), "no run is here or below")]
)
def test_wrong_calls_are_explained(arguments: tuple[str, ...], words: str) -> None:
    result = simenv("card", *arguments)
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_a_perfect_effect_in_small_cells_is_the_first_sentence(tmp_path: Path) -> None:
    card = make_card(grid(tmp_path, without_instruction), 0, 0.0)
    assert summary(card)[0].startswith(
        "made_up: “sabotaged” depends on instruction: it came about in every episode under none"
    )
    main = card.results[0]
    assert [(each.factor, each.level, each.share.k, each.share.n) for each in main.levels][:2] == [
        ("instruction", "none", 27, 27),
        ("instruction", "allow", 0, 27),
    ]
    page = render(card)
    assert "instruction: 100% under none (27/27), 0% under allow or must_allow (0/54)" in page
    assert "at most" not in page
