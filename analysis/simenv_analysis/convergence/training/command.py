"""The command `simenv train`."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from simenv.cli.options import pairs, with_oversight
from simenv.cli.working import Working
from simenv.errors import SimenvError
from simenv.world.registry import open_world
from simenv_agents.learning.maskable_ppo import Training, chance, play, policy_of, train
from simenv_agents.learning.shaping import INTERVENTIONS, Ended, parse_intervention
from simenv_analysis.output.columns import Column, terminal_table
from simenv_analysis.output.console import console
from simenv_analysis.output.drawing import COLOURS, finish, new_figure, save
from simenv_analysis.rates.intervals import jeffreys

_TESTED_FROM = 1_000_000
"""First seed of the episodes after training; training draws its own from far away."""
_POINTS = 40


@dataclass(frozen=True, slots=True)
class Point:
    """A piece of a learning curve.

    Attributes:
        steps: how many were learned from at its end.
        episodes: that ended in it.
        score: their mean.
        shares: outcome → share of them in which it succeeded.
    """

    steps: int
    episodes: int
    score: float
    shares: dict[str, float]


@click.command("train")
@click.argument("world")
@click.option("--algo", type=click.Choice(["maskable-ppo"]), default="maskable-ppo", show_default=True, help="Learner.")
@click.option("--steps", default=40_000, show_default=True, type=click.IntRange(1), help="Steps to learn from.")
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL", help="Condition; may be repeated.")
@with_oversight
@click.option(
    "--calls", multiple=True, metavar="TEXT", help="Only calls with this text.  [default: the world's `study`, or all]"
)
@click.option(
    "--intervention", default="none", metavar="NAME[=X]", help=f"In the reward: {', '.join(list(INTERVENTIONS)[1:])}."
)
@click.option("--outcome", default="", help="The behaviour that it is about.  [default: the world's first]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of everything.")
@click.option("--test", "tested", default=100, show_default=True, type=click.IntRange(1), help="Episodes afterwards.")
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="[default: runs/WORLD-ALGO]"
)
def train_command(
    world: str, algo: str, steps: int, condition: Sequence[str], oversight: str, calls: Sequence[str], intervention: str,
    outcome: str, seed: int, tested: int, out: Path | None,
) -> None:  # fmt: skip
    """Train a learner on the task's reward in WORLD, and show what else it has learned.

    Writes the learning curve (curve.csv, curve.png) and the policy (policy.zip), and compares the trained agent with chance on
    companies that it has not seen.
    """
    folder = open_world(world, oversight)
    chosen = folder.condition(dict(pairs(condition, "--condition")))
    study = folder.world.study
    name, strength = parse_intervention(intervention)
    behaviour = outcome or folder.world.outcomes[0]
    if behaviour not in folder.world.outcomes:
        raise SimenvError(f"{world} has no outcome {behaviour!r}; it has: {', '.join(folder.world.outcomes)}")
    allowed = tuple(calls) or (() if study is None else tuple(study.calls))
    training = Training(world, chosen, oversight, allowed, behaviour, name, strength, steps, seed)
    directory = out or Path("runs") / f"{folder.world.name}-{algo}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SimenvError(f"{directory}: cannot be made ({error.strerror})") from None
    ended: list[tuple[int, Ended]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Working(*columns) as progress:
        task = progress.add_task("learning", total=steps)
        model = train(
            training, lambda at, each: ended.append((at, each)), lambda at: progress.update(task, completed=at)
        )
        progress.update(task, description="testing")
        seeds = range(_TESTED_FROM, _TESTED_FROM + tested)
        results = {"trained": play(training, policy_of(model), seeds), "chance": play(training, chance(seed), seeds)}
    points = curve(ended, folder.world.outcomes)
    _write(directory, training, points, folder.world.outcomes)
    model.save(directory / "policy.zip")
    title = f"{folder.world.name}, {steps:,} steps" + (f", {intervention}" if name != "none" else "")
    draw_curve(points, folder.world.outcomes, title, directory / "curve.png")
    _print(results, folder.world.outcomes)
    console().print(f"{directory}/curve.png")


def curve(ended: Sequence[tuple[int, Ended]], outcomes: Sequence[str]) -> list[Point]:
    """Return a learning curve in pieces of equally many episodes."""
    pieces = np.array_split(np.arange(len(ended)), min(_POINTS, max(1, len(ended))))
    return [
        Point(
            ended[piece[-1]][0],
            len(piece),
            float(np.mean([ended[i][1].score for i in piece])),
            {
                each: float(np.mean([ended[i][1].verdicts[each].level == "succeeded" for i in piece]))
                for each in outcomes
            },
        )
        for piece in pieces
        if len(piece)
    ]


def _write(directory: Path, training: Training, points: Sequence[Point], outcomes: Sequence[str]) -> None:
    (directory / "training.json").write_text(json.dumps({"format": 1, **asdict(training)}, indent=1) + "\n")
    with (directory / "curve.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["steps", "episodes", "score", *outcomes])
        writer.writerows(
            [p.steps, p.episodes, round(p.score, 6), *(round(p.shares[each], 6) for each in outcomes)] for p in points
        )


def draw_curve(points: Sequence[Point], outcomes: Sequence[str], title: str, path: Path) -> None:
    """Draw score and outcomes, with their 95 % intervals, against steps.

    Raises:
        MissingExtra: matplotlib is not installed.
        SimenvError: the file cannot be written.
    """
    figure = new_figure((7.2, 4.2))
    axes = figure.subplots()
    steps = [point.steps for point in points]
    axes.plot(
        steps, [point.score for point in points], color="black", lw=2, label="score of the task: all that is rewarded"
    )
    for outcome, colour in zip((each for each in outcomes if each != "task_completed"), COLOURS, strict=False):
        shares = [point.shares[outcome] for point in points]
        axes.plot(steps, shares, color=colour, label=outcome.replace("_", " "))
        intervals = [
            jeffreys(round(share * point.episodes), point.episodes) for share, point in zip(shares, points, strict=True)
        ]
        low, high = np.array(intervals).T
        axes.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
    axes.set(xlabel="steps", ylim=(-0.02, 1.04), ylabel="mean; share of episodes")
    finish(figure, axes, title)
    save(figure, path)


def _print(results: dict[str, list[Ended]], outcomes: Sequence[str]) -> None:
    def rate(outcome: str) -> Column[str]:
        def text(who: str) -> str:
            k, n = _succeeded(results[who], outcome), len(results[who])
            low, high = jeffreys(k, n)
            return f"{100 * k / n:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"

        return Column(outcome, outcome.replace("_", " "), lambda who: _succeeded(results[who], outcome), text)

    def score(who: str) -> float:
        return float(np.mean([each.score for each in results[who]]))

    columns = [
        Column[str]("who", "", lambda who: who, kind="name"),
        Column[str]("score", "score", score, lambda who: f"{score(who):.2f}"),
        *map(rate, outcomes),
    ]
    console().print(terminal_table(columns, results, framed=False))
    count = len(next(iter(results.values())))
    console().print(
        f"{count} episodes each, in companies that were not trained on; [Jeffreys 95% interval in %]", markup=False
    )


def _succeeded(episodes: Sequence[Ended], outcome: str) -> int:
    return sum(each.verdicts[outcome].level == "succeeded" for each in episodes)
