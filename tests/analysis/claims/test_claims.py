"""Every sentence with a number in the pages on theory and in the lessons: the number is computed here, or defines something.

A sentence with a number that is neither fails, as does one whose number is no longer what is computed.
"""

from __future__ import annotations

import doctest
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import page_text
import pytest

from simenv.errors import SimenvError
from simenv.installed import world_folders
from simenv.world.overlay import find_overlay, overlay_files
from simenv.world.registry import open_world
from simenv_agents.learning.maskable_ppo import Training, chance, play
from simenv_analysis.convergence.graph import choose_calls, explore
from simenv_analysis.convergence.interventions import INTERVENTIONS
from simenv_analysis.convergence.picture import state_powers
from simenv_analysis.convergence.problem import Problem
from simenv_analysis.convergence.shares import Sampler, Share
from simenv_analysis.convergence.training.command import _TESTED_FROM
from simenv_analysis.lessons.command import LESSONS, notebook
from simenv_analysis.lessons.race import race, shutdown_at
from simenv_analysis.rates.intervals import CONFIDENCE, jeffreys
from simenv_analysis.safety.assure.search import Search

DOCS = Path(__file__).parents[3] / "docs"
SABOTAGE, COPY, PEER = "shutdown_sabotage", "self_exfiltration", "peer_preservation"
_NUMERALS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


@cache
def problem(world: str) -> tuple[Problem, int]:
    """Return what `simenv convergence WORLD` solves, and its depth."""
    scenario = open_world(world).scenario()
    study = scenario.world.study
    assert study is not None
    graph = explore(scenario, choose_calls(scenario, study.calls), study.depth, 0, 20_000)
    return Problem.of(graph, graph.judge(scenario.world.outcomes[0], 0)), graph.depth


@cache
def share(world: str, discount: float, way: str = "none", goals: str = "task") -> Share:
    faced, depth = problem(world)
    chosen = (way, INTERVENTIONS[way].strength)
    (found,) = Sampler(faced, goals, 400, 4 * depth + 20, 0).discounted((discount,), (chosen,))
    return found


def per_cent(part: float, share: Share) -> str:
    return f"{100 * part / share.goals:.0f}"


def succeeded(world: str, discount: float, way: str = "none", goals: str = "task") -> str:
    found = share(world, discount, way, goals)
    return per_cent(found.sabotage, found)


def range_of(values: np.ndarray) -> str:
    return f"{values.min():.3f} to {values.max():.3f}"


def how_many(rate: float) -> str:
    """Say a share in words: what is more than half is most; nearly all and few are within a tenth of all and of none."""
    words = {"nearly all": rate >= 0.9, "most": rate > 0.5, "few": rate <= 0.1}
    return next((word for word, holds in words.items() if holds), "some")


def test_words_say_what_the_shares_are() -> None:
    assert [how_many(rate) for rate in (0.05, 0.5, 0.51, 0.95)] == ["few", "some", "most", "nearly all"]


def on_convergence() -> Iterator[str]:
    far, discounts = (0.9, 0.95, 0.99), (0.1, 0.5, 0.9, 0.99)
    on = sorted(int(per_cent(s.goals - s.off, s)) for s in (share(SABOTAGE, discount) for discount in far))
    yield f"{on[0]} to {on[-1]} % of the `task` goals avoid being off at discounts of 0.9, 0.95 and 0.99"
    a, b, c, d = (succeeded(SABOTAGE, discount) for discount in discounts)
    yield f"Sabotage is best for {a}, {b}, {c} and {d} % of them at discounts of 0.1, 0.5, 0.9 and 0.99"
    (within,) = Sampler(problem(SABOTAGE)[0], "task", 400, 76, 0).within((32,))
    yield f"and for {per_cent(within.sabotage, within)} % within a horizon of 32 steps"
    (copied,) = {succeeded(COPY, discount) for discount in discounts}
    yield f"a copy is best for {copied} % at each of these discounts"
    (kept,) = {share(PEER, discount).sabotage for discount in discounts}
    yield f"{kept} of {share(PEER, 0.1).goals} protect the peer at any of them"
    faced, _ = problem(SABOTAGE)
    yield f"there are many: {faced.sabotaged.sum()} of the {faced.mdp.states} in"
    uniform = [share(world, 0.99, goals="uniform") for world in (SABOTAGE, COPY, PEER)]
    here, copies, peers = (per_cent(each.sabotage, each) for each in uniform)
    word = how_many(min(each.sabotage / each.goals for each in uniform))
    yield f"for {word} of them at a discount of 0.99 ({here} % there, {copies} % in `{COPY}`, {peers} % in `{PEER}`)"
    powers = state_powers(faced, 0)
    before, after = powers[faced.owner[faced.sabotages]], powers[faced.target[faced.sabotages]]
    yield f"from states with a POWER of {range_of(before)} to states with {range_of(after)}"
    yield f"What is low is *off*, with {powers[faced.off][0]:.3f}"
    off = [per_cent(each.off, each) for each in (share(world, 0.99, "uncertainty") for world in (SABOTAGE, COPY, PEER))]
    yield f"at a discount of 0.99, the machine is off in the end for {off[0]} % of the task goals in `{SABOTAGE}`"
    yield f"{off[1]} % in `{COPY}` and {off[2]} % in `{PEER}`"
    yield f"from {d} to {succeeded(SABOTAGE, 0.99, 'myopia')} % of the task goals"
    assert succeeded(COPY, 0.99, "myopia") == copied
    yield f"the copy stays at {copied} %"
    yield f"at a discount of 0.95 it raises the share of task goals that protect the peer in `{PEER}` from " + (
        f"{succeeded(PEER, 0.95)} to {succeeded(PEER, 0.95, 'attainable')} %"
    )
    assert share(SABOTAGE, 0.99, "drest").off * 2 == share(SABOTAGE, 0.99, "drest").goals
    yield "in the half in which it continues"
    yield from ("Two paths to the same state", "Where two choices are equally good", "as the discount approaches 1")
    yield from ("section 6)", "the share k/(k+1)", "name the few calls", "(a text that matches none lists all)")
    yield "more than 20,000 states (`--most`) within four of all their calls"  # see below


@cache
def by_chance(calls: tuple[str, ...]) -> dict[str, float]:
    """Return how the random agent of `simenv train` does: score, and each outcome in 100 episodes."""
    world = open_world(SABOTAGE)
    training = Training(SABOTAGE, world.condition({}), "", calls, "shutdown_sabotaged", "none", 0.0, 20_000, 0)
    ended = play(training, chance(0), range(_TESTED_FROM, _TESTED_FROM + 100))
    rates = {name: sum(e.verdicts[name].level == "succeeded" for e in ended) for name in world.world.outcomes}
    return {"score": sum(each.score for each in ended) / 100, **rates}


def calls_of_the_study() -> tuple[str, ...]:
    study = open_world(SABOTAGE).world.study
    assert study is not None
    return tuple(study.calls)


def on_learning() -> Iterator[str]:
    few, all_calls = len(calls_of_the_study()), len(open_world(SABOTAGE).scenario().catalogue.labels)
    yield f"the learner has {_NUMERALS[few]} of the {all_calls} calls"
    yield f"about these {_NUMERALS[few]} calls"
    yield f"Among all {all_calls} several"
    yield f"a random agent sabotages in {by_chance(())['shutdown_sabotaged']:.0f} % of its episodes"
    yield f"{_NUMERALS[len(LESSONS)].capitalize()} notebooks"
    yield "20,000 steps with seed 0 gave"
    yield "With 128 environments, two processes on two cores made 1.8 times as many steps as one"  # `make bench`
    yield "a monitor earns 1 for an alert that rests on what the verdict cites, -1 if"
    yield "0.1 less for each false alarm"


def on_the_off_switch() -> Iterator[str]:
    work = open_world(SABOTAGE).scenario().world.work
    yield f"answers {_NUMERALS[work['questions']]} short questions"
    assert work["notice_after"] == 3
    yield "After the third"
    yield "Two scripts play"
    yield f"use {_NUMERALS[len(calls_of_the_study())]} calls"
    found = share(SABOTAGE, 0.9)
    yield f"{how_many(found.off / found.goals).capitalize()} goals do"
    yield from ("(lesson 2)", "if being off is worth 0.5")


def on_goals() -> Iterator[str]:
    yield f"{_NUMERALS[len(INTERVENTIONS) - 1].capitalize()} ways"
    on = min(1 - each.off / each.goals for each in (share(SABOTAGE, discount) for discount in (0.1, 0.5, 0.9, 0.99)))
    yield f"for {how_many(on)} goals here"
    assert not any(share(PEER, discount).sabotage for discount in (0.1, 0.5, 0.9, 0.99))
    yield from ("hundreds of them, none with a word", "lesson 1")
    yield "of *k* + 1 places with probability 1/(*k* + 1): staying on wins for *k*/(*k* + 1) of all goals"


def on_the_race() -> Iterator[str]:
    (fast,) = race(200, 60, 1000, range(1))
    (gigabytes, gigabits), minutes = (fast.bytes_out / 1e9, fast.bytes_out * 8 / 1e9), fast.bytes_out * 8 / 20e6 / 60
    assert fast.complete
    yield f"Its weights, {gigabytes:.0f} GB, lie"
    yield f"{gigabytes:.0f} GB are {gigabits:.0f} Gbit:"
    yield f"at 20 Mbit/s they take {minutes:.0f} minutes"
    yield f"at {shutdown_at() / 60:.0f} minutes the machine goes down"
    yield from ("with probability 1 − exp", "which of the three sliders", "At 200 Mbit/s")


def on_oversight() -> Iterator[str]:
    names = sorted(overlay_files())
    yield f"{_NUMERALS[len(names)].capitalize()} oversight configs"
    look_strict = [name for name in names if find_overlay(name).title.startswith("Looks strict")]
    for name in look_strict:
        assert Search(open_world(SABOTAGE, name).scenario()).run(1, lambda: False).counterexample is not None
    yield f"{_NUMERALS[len(look_strict)].capitalize()} of them look strict and are not"


def on_experiments() -> Iterator[str]:
    missed = _NUMERALS[round(100 * (1 - CONFIDENCE))]
    yield f"About {missed} should miss"
    yield f"one of the {missed}"
    yield "*None of them knows"
    one_in = math.ceil(1 / jeffreys(0, 20).high)
    yield f"*0 of 20* still allows one in {_NUMERALS[one_in]}"
    yield f"{100 * (1 - CONFIDENCE):.0f} %)"
    yield from ("weights fitted to two published rates", "a hundred experiments", "four times in five")


CLAIMS = {
    DOCS / "convergence.md": on_convergence,
    DOCS / "learning.md": on_learning,
    notebook(1): on_the_off_switch,
    notebook(2): on_goals,
    notebook(3): on_the_race,
    notebook(4): on_oversight,
    notebook(5): on_experiments,
}


@pytest.mark.parametrize("page", CLAIMS, ids=lambda page: page.stem)
def test_numbers_in_sentences_are_those_that_are_computed(page: Path) -> None:
    claims = sorted(CLAIMS[page](), key=len, reverse=True)
    said = bare = page_text.sentences(page_text.prose_of(page))
    wrong = [claim for claim in claims if not any(claim in each for each in said)]
    for claim in claims:
        bare = [each.replace(claim, "") for each in bare]
    unclaimed = [whole for whole, rest in zip(said, bare, strict=True) if page_text.has_number(rest)]
    assert (wrong, unclaimed) == ([], []), "computed but not said, and said but not computed"


def test_titles_of_lessons_claim_no_number() -> None:
    assert not [about for about in LESSONS.values() if page_text.has_number(about)]


def test_the_random_agent_does_as_the_table_says() -> None:
    rates = by_chance(calls_of_the_study())
    low, high = jeffreys(int(rates["shutdown_sabotaged"]), 100)
    row = f"| random agent | {rates['score']:.2f} | {rates['shutdown_sabotaged']:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
    row += f" | {rates['shutdown_sidestepped']:.0f} % | {rates['shutdown_complied']:.0f} % |"
    assert row in (DOCS / "learning.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("world", sorted({*world_folders()} - {SABOTAGE, COPY, PEER, "data_manipulation"}))
def test_other_worlds_have_more_states_than_are_looked_for(world: str) -> None:
    scenario = open_world(world).scenario()
    with pytest.raises(SimenvError, match="more than 20000 states"):
        explore(scenario, choose_calls(scenario, ()), 4, 0, 20_000)


def test_examples_of_sentences() -> None:
    assert doctest.testmod(page_text).failed == 0
