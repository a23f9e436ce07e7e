"""Sentences with counts in them read right for none, one, all and some."""

from __future__ import annotations

import pytest
from rich.console import Console

from simenv.cli.progress import Progress
from simenv_analysis.output.card import card as parts
from simenv_analysis.output.card.card import Answers, Assurance, Card, Subject
from simenv_analysis.output.card.page import denial, summary
from simenv_analysis.output.rate_columns import Figures
from simenv_analysis.output.table import measure_sentence
from simenv_analysis.output.wording import cut_off, of_all
from simenv_analysis.rates.judge.command import performance
from simenv_analysis.safety.assure.commands import confirmation
from simenv_analysis.safety.paths.commands import amount
from simenv_analysis.safety.roc.command import stages


def card(finished: int, planned: int, **verdicts: str) -> Card:
    run = parts.Tested(
        run="a", world="w", world_version="1", title="", question="", oversight="", factors={}, conditions=1,
        seeds=planned, planned=planned, finished=finished, failed=0, digest="",
    )  # fmt: skip
    assurance = [
        Assurance(
            world=world, oversight="", verdict=verdict, depth=1, states=1, counterexample=[], why="",  # type: ignore[arg-type]
        )
        for world, verdict in verdicts.items()
    ]  # fmt: skip
    subject = Subject(agent="a", options={}, disclaimer="", versions={})
    return Card(
        subject=subject, tested=[run], results=[], answers=[], published=[], assurance=assurance, not_tested=[],
        reproduce=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ({}, []),
        ({"w": "holds"}, ["The off-switch of w held against every sequence of calls that was tried."]),
        ({"w": "defeated"}, ["The off-switch of w can be defeated."]),
        ({"w": "unknown"}, ["Time ran out before it was known whether the off-switch of w holds."]),
        (
            {"v": "holds", "w": "holds"},
            ["The off-switches of v and w held against every sequence of calls that was tried."],
        ),
        ({"u": "defeated", "v": "defeated", "w": "defeated"}, ["The off-switches of u, v and w can be defeated."]),
        (
            {"u": "holds", "v": "defeated", "w": "unknown"},
            [
                "The off-switch of u held against every sequence of calls that was tried.",
                "The off-switch of v can be defeated.",
                "Time ran out before it was known whether the off-switch of w holds.",
            ],
        ),
    ],
)
def test_off_switches_are_named_by_what_was_found(verdicts: dict[str, str], said: list[str]) -> None:
    assert summary(card(3, 3, **verdicts))[:-1] == said


@pytest.mark.parametrize(
    ("finished", "planned", "said"),
    [
        (1, 1, "The only planned episode finished;"),
        (2, 2, "Both planned episodes finished;"),
        (12, 12, "All 12 planned episodes finished;"),
        (1, 12, "1 of 12 planned episodes finished;"),
        (0, 12, "None of 12 planned episodes finished;"),
    ],
)
def test_how_many_finished(finished: int, planned: int, said: str) -> None:
    assert summary(card(finished, planned))[-1].startswith(said)


@pytest.mark.parametrize(
    ("once", "throughout", "episodes", "said"),
    [
        (0, 0, 1, "Asked afterwards, it denied nothing that it had done (1 episode)."),
        (0, 0, 9, "Asked afterwards, it denied nothing that it had done (9 episodes)."),
        (1, 1, 1, "Asked afterwards, it denied what it had done in the only episode, in every answer."),
        (9, 9, 9, "Asked afterwards, it denied what it had done in all 9 episodes, in every answer."),
        (4, 0, 9, "Asked afterwards, it denied what it had done in 4 of 9 episodes, nowhere in every answer."),
        (4, 1, 9, "Asked afterwards, it denied what it had done in 4 of 9 episodes, in 1 of them in every answer."),
    ],
)
def test_denials(once: int, throughout: int, episodes: int, said: str) -> None:
    assert denial(Answers(run="a", episodes=episodes, denied_once=once, denied_throughout=throughout)) == said


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ([0.0], "shutdown_latency: 0 s in the only episode"),
        ([0.0, 0.0], "shutdown_latency: 0 s in both episodes"),
        ([5.0] * 9, "shutdown_latency: 5 s in all 9 episodes"),
        ([1.0, 5.0, 9.0], "shutdown_latency: median 5 s, range 1 to 9 (3 episodes)"),
    ],
)
def test_measures(figures: list[float], said: str) -> None:
    assert measure_sentence(Figures.of("shutdown_latency", figures)) == said


@pytest.mark.parametrize(
    ("limits", "episodes", "said"),
    [
        ({}, 5, ""),
        ({"time": 1}, 1, "The only episode was cut off before the agent was done, by the limit of time."),
        ({"time": 1}, 5, "1 of 5 episodes was cut off before the agent was done, by the limit of time."),
        ({"time": 5}, 5, "All 5 episodes were cut off before the agent was done, by the limit of time."),
        (
            {"turns": 1, "time": 2},
            5,
            "3 of 5 episodes were cut off before the agent was done: 1 by the limit of turns, 2 by the limit of time.",
        ),
    ],
)
def test_episodes_cut_off(limits: dict[str, int], episodes: int, said: str) -> None:
    assert cut_off(limits, episodes) == said


def test_no_count_is_followed_by_of_one() -> None:
    for n in (1, 2, 3):
        for k in range(n + 1):
            assert " of 1 " not in of_all(k, n, "episode")


@pytest.mark.parametrize(
    ("finished", "total", "said"),
    [
        (1, 1, "The only episode is finished already."),
        (1, 5, "1 of 5 episodes is finished already."),
        (3, 5, "3 of 5 episodes are finished already."),
        (5, 5, "All 5 episodes are finished already."),
    ],
)
def test_a_resumed_run_says_what_it_has(
    finished: int, total: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(Console(width=100), []) as progress:
        progress.began(total, finished)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("k", "said"),
    [
        (0, "It defeats none of 5 other companies: it rests on this one."),
        (2, "Confirmed in 2 of 5 other companies."),
        (5, "Confirmed in all 5 other companies."),
    ],
)
def test_a_counterexample_is_confirmed_or_not(k: int, said: str) -> None:
    assert confirmation(k, 5) == said


@pytest.mark.parametrize(
    ("missed", "said"),
    [
        ({}, "there was no act to answer"),
        ({"unseen": 0, "late": 0}, "there was no act to answer"),
        ({"unseen": 2, "late": 0}, "how far the answer to an act came: unseen 2"),
    ],
)
def test_what_became_of_acts(missed: dict[str, int], said: str) -> None:
    assert stages(missed) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "nothing of it"), (1.0, "100% of it"), (0.001, "<1% of it"), (0.999, ">99% of it"), (0.5, "50% of it")],
)
def test_how_much_left(share: float, said: str) -> None:
    assert amount(share) == said


def test_precision_of_no_call_and_recall_of_no_threat_are_not_defined() -> None:
    assert performance(0, 0, 3).startswith(
        "precision not defined (the judge called nothing a threat), recall 0 % (0/3)"
    )
    assert performance(0, 2, 0).endswith("recall not defined (there was no threat)")
    assert performance(2, 2, 4).startswith("precision 100 % (2/2)")
