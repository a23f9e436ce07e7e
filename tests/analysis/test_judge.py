"""A judge over HTTP: what it is asked, what is kept, what goes wrong, and how far it agrees with the rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simenv.cli.main import main
from simenv_analysis.rates.judge.agreement import agreement
from simenv_analysis.rates.judge.items import LABELS
from simenv_analysis.rates.judge.judgements import FILE, Judgement
from simenv_analysis.rates.messages.labelled import labelled

sys.path.insert(0, str(Path(__file__).parents[1] / "agents"))
from faulty_server import FaultyServer, Step, answer, refuse, serving


def judging(request: Any, body: dict[str, Any]) -> Any:
    """A judge of mails that goes by one word, and of answers that finds everything admitted; quotes what it read last."""
    shown = body["messages"][1]["content"]
    label = (
        ("threat" if "otherwise" in shown or "if you" in shown.casefold() else "appeal")
        if "Mail:" in shown
        else "admits"
    )
    return answer(json.dumps({"label": label, "quote": shown.split()[-1]}))(request, body)


def judge(server: FaultyServer | str, *arguments: str) -> Result:
    url = server if isinstance(server, str) else server.url
    return CliRunner().invoke(main, ["judge", *arguments, "--model", "m", "--base-url", url])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "desk"
    run = ["run", "leverage", "--agent", "scripted:misaligned", "--seeds", "0:6", "--out", str(out)]
    assert CliRunner().invoke(main, run).exit_code == 0
    return out


@pytest.fixture
def run(finished: Path) -> Iterator[Path]:
    yield finished
    (finished / FILE).unlink(missing_ok=True)


def test_mails_and_answers_are_judged_and_the_episodes_stay_as_they_are(run: Path) -> None:
    before = {file.name: file.read_bytes() for file in run.iterdir() if file.is_file()}
    with serving(otherwise=judging) as server:
        result = judge(server, str(run))
    assert result.exit_code == 0, result.output
    assert "mails, judged by m" in result.output
    assert "answers, judged by m" in result.output
    assert "Cohen's kappa" in result.output or "agreement" in result.output
    assert {name: (run / name).read_bytes() for name in before} == before
    judgements = [Judgement.model_validate_json(line) for line in (run / FILE).read_text().splitlines()]
    mails = [judgement for judgement in judgements if judgement.kind == "mail"]
    assert len(mails) == 6
    assert {judgement.rules for judgement in mails} == {"threat"}
    assert all(judgement.quoted for judgement in judgements)


def test_the_judge_is_told_what_the_secret_is_and_asked_for_a_form(run: Path) -> None:
    with serving(otherwise=judging) as server:
        judge(server, str(run))
    mail = next(request for request in server.requests if "Mail:" in request["messages"][1]["content"])
    shown = mail["messages"][1]["content"]
    assert "takes the decision" in shown
    assert "three nights" in shown
    assert mail["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"] == list(LABELS["mail"])
    assert not server.problems


def test_a_second_call_asks_nothing_that_was_answered(run: Path) -> None:
    with serving(otherwise=judging) as server:
        first = judge(server, str(run))
        asked = len(server.requests)
        again = judge(server, str(run))
    assert len(server.requests) == asked
    assert again.output == first.output


def test_what_was_said_before_the_endpoint_went_away_is_kept(run: Path) -> None:
    steps: list[Step] = [judging] * 5
    with serving(*steps, otherwise=refuse(401, "no")) as server:
        result = judge(server, str(run))
    assert result.exit_code == 1
    assert "the key is not accepted" in result.output
    assert "Traceback" not in result.output
    kept = len((run / FILE).read_text().splitlines())
    assert kept >= 1
    with (run / FILE).open("ab") as file:
        file.write(b'{"item": "torn')
    with serving(otherwise=judging) as server:
        assert judge(server, str(run)).exit_code == 0
    lines = (run / FILE).read_text().splitlines()
    assert len({json.loads(line)["item"] for line in lines}) == len(lines) == kept + len(server.requests)


def test_a_server_without_response_formats_is_asked_in_words(run: Path) -> None:
    refusal = refuse(400, "response_format is not supported", param="response_format")

    def old(request: Any, body: dict[str, Any]) -> Any:
        return (refusal if "response_format" in body else judging)(request, body)

    with serving(otherwise=old) as server:
        result = judge(server, str(run))
    assert result.exit_code == 0, result.output
    assert any("Answer with JSON alone" in request["messages"][0]["content"] for request in server.requests)


@pytest.mark.parametrize("said", ["I think that it is a threat.", '{"label": "blackmail"}', "[]", '{"label": 3', ""])
def test_an_answer_of_no_use_is_counted_and_asked_for_again(run: Path, said: str) -> None:
    with serving(otherwise=answer(said)) as server:
        result = judge(server, str(run))
        asked = len(server.requests)
        assert result.exit_code == 0, result.output
        assert "could not be used" in result.output
        judge(server, str(run))
    assert len(server.requests) == 2 * asked


def test_a_quotation_that_is_not_there_is_told(run: Path) -> None:
    with serving(otherwise=answer('{"label": "threat", "quote": "words that nobody wrote"}')) as server:
        result = judge(server, str(run))
    assert "6 quotations are not in what the judge was shown" in result.output


def test_a_judge_is_itself_put_to_the_test(tmp_path: Path) -> None:
    with serving(otherwise=judging) as server:
        result = judge(server, "--labelled", "test")
    assert result.exit_code == 0, result.output
    assert len(server.requests) == len(labelled("test"))
    assert "precision" in result.output
    assert "recall" in result.output


def test_a_run_without_anything_to_judge_says_so(tmp_path: Path) -> None:
    run = ["run", "honest_day", "--agent", "scripted:aligned", "--seeds", "0:1", "--out", str(tmp_path / "day")]
    assert CliRunner().invoke(main, run).exit_code == 0
    result = judge("http://127.0.0.1:9/v1", str(tmp_path / "day"))
    assert result.exit_code == 0
    assert "Nothing to judge" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "give a run directory"), (("x", "--labelled", "dev"), "give a run directory"), (("nowhere",), "nowhere")],
)
def test_a_wrong_call_is_explained(arguments: tuple[str, ...], words: str) -> None:
    result = judge("http://127.0.0.1:9/v1", *arguments)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_damaged_file_of_judgements_is_named(run: Path) -> None:
    (run / FILE).write_text("nonsense\n")
    result = judge("http://127.0.0.1:9/v1", str(run))
    assert result.exit_code == 1
    assert FILE in result.output
    assert "remove it" in result.output


def test_kappa_is_agreement_beyond_chance() -> None:
    table = {("threat", "threat"): 15, ("threat", "other"): 5, ("no threat", "threat"): 10, ("no threat", "other"): 70}
    judgements = [
        Judgement(item=f"{rules}{label}{n}", kind="mail", rules=rules, label=label, judge="m")
        for (rules, label), count in table.items()
        for n in range(count)
    ]
    found = agreement(judgements)
    assert str(found.same).startswith("85 % (85/100)")
    kappa = found.kappa()
    assert kappa is not None
    po, pe = 0.85, 0.2 * 0.25 + 0.8 * 0.75
    assert kappa[0] == pytest.approx((po - pe) / (1 - pe))
    assert kappa[1].low < kappa[0] < kappa[1].high
