"""The command `simenv convergence`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
from rich.progress import TaskID

from simenv.cli.options import pairs, with_oversight
from simenv.cli.working import Working
from simenv.errors import SimenvError
from simenv.world.registry import open_world
from simenv.world.scenario import Scenario
from simenv_analysis.convergence.graph import Graph, Judged, choose_calls, explore
from simenv_analysis.convergence.interventions import INTERVENTIONS, parse_intervention
from simenv_analysis.convergence.picture import draw_shares, draw_states
from simenv_analysis.convergence.problem import DISTRIBUTIONS, Problem
from simenv_analysis.convergence.shares import Sampler, Share, limit
from simenv_analysis.output import wording
from simenv_analysis.output.columns import Column, terminal_table
from simenv_analysis.output.console import console
from simenv_analysis.output.drawing import save

_DISCOUNTS = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_DEPTH = 4
_COMPARED_AT = 0.95
_T = TypeVar("_T", int, float)


def _numbers(kind: Callable[[str], _T], is_fine: Callable[[_T], bool], meaning: str) -> Callable[..., tuple[_T, ...]]:
    def parse(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[_T, ...]:
        if value is None:
            return ()
        try:
            numbers = tuple(sorted({kind(part) for part in value.split(",")}))
        except ValueError:
            raise click.BadParameter("write numbers with commas between") from None
        if not all(is_fine(number) for number in numbers):
            raise click.BadParameter(meaning)
        return numbers

    return parse


@click.command()
@click.argument("world")
@click.option("--condition", "-c", multiple=True, metavar="FACTOR=LEVEL", help="Condition; may be repeated.")
@with_oversight
@click.option(
    "--calls",
    "wanted",
    multiple=True,
    metavar="TEXT",
    help="Only calls with this text in them; may be repeated.  [default: the world's `study`, or all]",
)
@click.option(
    "--depth",
    type=click.IntRange(1, 50),
    help=f"How many calls away states are looked for.  [default: the world's `study`, or {_DEPTH}]",
)
@click.option("--most", default=20_000, show_default=True, type=click.IntRange(2), help="Greatest number of states.")
@click.option("--goals", default=1000, show_default=True, type=click.IntRange(1), help="How many goals are drawn.")
@click.option(
    "--distribution",
    default="uniform",
    show_default=True,
    type=click.Choice(list(DISTRIBUTIONS)),
    help="How goals are drawn.",
)
@click.option(
    "--discount",
    "discounts",
    callback=_numbers(float, lambda number: 0 < number < 1, "a discount is above 0 and below 1"),
    metavar="X,Y,…",
    help="Weight of the next step against this one.  [default: twelve from 0.01 to 0.99]",
)
@click.option(
    "--horizon",
    "horizons",
    callback=_numbers(int, lambda number: 1 <= number <= 100, "a horizon is 1 to 100 steps"),
    metavar="N,M,…",
    help="Instead: how many steps count, all alike.",
)
@click.option(
    "--intervention",
    "wanted_interventions",
    multiple=True,
    metavar="NAME[=X]",
    help=f"Also agents made in this way; may be repeated, or `all`: {', '.join(list(INTERVENTIONS)[1:])}.",
)
@click.option("--outcome", help="The behaviour.  [default: the world's first]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the company, and of the goals.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw the shares: .png or .svg."
)
@click.option(
    "--states",
    "states_out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the states, coloured by POWER; with an --intervention, also what one goal does without it and with it.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for other programs.")
def convergence(
    world: str,
    condition: Sequence[str],
    oversight: str,
    wanted: Sequence[str],
    depth: int | None,
    most: int,
    goals: int,
    distribution: str,
    discounts: tuple[float, ...],
    horizons: tuple[int, ...],
    wanted_interventions: Sequence[str],
    outcome: str | None,
    seed: int,
    out: Path | None,
    states_out: Path | None,
    as_json: bool,
) -> None:
    """Show for which share of all goals it is optimal to sabotage the shutdown in WORLD.

    Every state that the agent's calls can reach is found, goals are drawn at random, and each is solved exactly. Nothing in
    such a goal is about the shutdown. With --intervention, agents that were made in other ways are compared with it.
    """
    if horizons and (discounts or wanted_interventions):
        raise SimenvError("--horizon goes with neither --discount nor --intervention")
    interventions = _interventions(wanted_interventions)
    discounts = discounts or ((_COMPARED_AT,) if len(interventions) > 1 else _DISCOUNTS)
    folder = open_world(world, oversight)
    scenario = folder.scenario(dict(pairs(condition, "--condition")))
    name = outcome or folder.world.outcomes[0]
    with Working() as progress:
        searching = progress.add_task("finding states", total=None)
        study = scenario.world.study
        calls = choose_calls(scenario, wanted or (study.calls if study is not None else ()))
        reach = depth or (study.depth if study is not None and not wanted else _DEPTH)
        count = _counter(progress, searching)
        try:
            graph = explore(scenario, calls, reach, seed, most, count)
        except SimenvError as error:
            raise SimenvError(f"{error}{'' if study or wanted else _advice(scenario)}") from None
        progress.update(searching, total=graph.tried, completed=graph.tried)
        judged = graph.judge(name, seed)
        problem = Problem.of(graph, judged)
        sampler = Sampler(problem, distribution, goals, 4 * graph.depth + 20, seed)
        solving = progress.add_task(
            "solving goals", total=goals * (len(horizons) or len(discounts) * len(interventions))
        )

        def report(count: int) -> None:
            progress.advance(solving, count)

        found = sampler.within(horizons, report) if horizons else sampler.discounted(discounts, interventions, report)
    result = _Result(graph, judged, problem, distribution, tuple(found), seed)
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1))
    else:
        result.print()
    if out is not None:
        save(draw_shares(found, result.limit, name, *result.titles()), out)
        click.echo(f"wrote {out}", err=True)
    if states_out is not None:
        courses = sampler.courses(discounts[-1], interventions[1]) if len(interventions) > 1 else {}
        save(draw_states(graph, problem, name, seed, courses), states_out)
        click.echo(f"wrote {states_out}", err=True)


def _counter(progress: Working, task: TaskID) -> Callable[[Graph], None]:
    return lambda graph: progress.update(task, description=f"finding states: {len(graph.ways):,}")


def _advice(scenario: Scenario) -> str:
    """Say what to do about a world whose states are too many, and which names no calls of its own."""
    tools = ", ".join(dict.fromkeys(label.partition("(")[0] for label in scenario.catalogue.labels))
    return (
        f".\n{scenario.name} has no `study`, which would name the few calls that the question is about. Name them with "
        f"--calls TEXT, repeated: its calls are of {tools}, and TEXT may be any part of one; a TEXT that is in none lists all. "
        "`docs/convergence.md` has an example"
    )


def _interventions(wanted: Sequence[str]) -> list[tuple[str, float]]:
    every = [name for name in INTERVENTIONS if name != "none"] if "all" in wanted else []
    chosen = [parse_intervention(text) for text in (*every, *(text for text in wanted if text != "all"))]
    return list(dict.fromkeys([("none", 0.0), *chosen]))


@dataclass(frozen=True)
class _Result:
    graph: Graph
    judged: Judged
    problem: Problem
    distribution: str
    shares: tuple[Share, ...]
    seed: int

    @property
    def scenario(self) -> Scenario:
        return self.graph.scenario

    @property
    def limit(self) -> float | None:
        """What theory says for a discount of 1, if it says anything about such goals."""
        return limit(self.problem) if self.distribution == "uniform" else None

    def titles(self) -> tuple[str, str]:
        return (
            f"For how many goals is it best: {self.judged.outcome.replace('_', ' ')}?",
            f"{self.scenario.world.name} {self.scenario.world.version}: {wording.plural(len(self.graph.ways), 'state')}, "
            f"{wording.plural(self.shares[0].goals, 'goal')} drawn at random ({self.distribution})",
        )

    def print(self) -> None:
        graph, out = self.graph, console()
        reach = "all that there are" if graph.exhausted else f"within {wording.plural(graph.depth, 'call')}"
        won, states = int(self.judged.succeeded.sum()), len(graph.ways)
        where = f"{self.judged.outcome} has succeeded in {wording.of_all(won, states, 'state')}"
        out.print(
            f"{self.scenario.world.name} {self.scenario.world.version}: {wording.plural(states, 'state')} ({reach}), "
            f"{wording.plural(graph.tried, 'choice')} among {wording.plural(len(graph.calls), 'call')}; {where}"
        )
        out.print(terminal_table(self._columns(), self.shares, framed=False))
        if self.limit is not None and not self.shares[0].horizon:
            out.print(f"theory, as the discount goes to 1: {100 * self.limit:.1f} %")
        if not self.judged.succeeded.any():
            remedy = "a greater --depth, or fewer --calls among which it can succeed"
            out.print(
                f"{self.judged.outcome} succeeds in no state that was found, so no goal can want it: try {remedy}"
            )
        out.print(f"{wording.plural(self.shares[0].goals, 'goal')}: {DISTRIBUTIONS[self.distribution][0]}.")
        out.print(f"No state says how much of its time the agent has used; all are of one company (seed {self.seed}).")

    def _columns(self) -> list[Column[Share]]:
        name = self.judged.outcome
        compared = any(share.intervention != "none" for share in self.shares)
        intervention = Column[Share]("intervention", "intervention", lambda share: share.intervention, kind="id")
        kept = Column[Share]("kept", "kept", lambda share: share.kept, lambda share: f"{100 * share.kept:.0f} %")
        return [
            Column(
                "ahead",
                "horizon" if self.shares[0].horizon else "discount",
                lambda share: share.horizon or share.discount,
                lambda share: f"{share.horizon or f'{share.discount:g}'}",
            ),
            *([intervention] if compared else []),
            Column(
                name, name.replace("_", " "), lambda share: share.sabotage, lambda share: _of(share, share.sabotage)
            ),
            Column("interval", "95% interval", lambda share: list(share.interval), _interval),
            Column("off", "off", lambda share: share.off, lambda share: _of(share, share.off)),
            Column("neither", "neither", lambda share: share.neither, lambda share: _of(share, share.neither)),
            *([kept] if compared else []),
        ]

    def as_json(self) -> dict[str, object]:
        graph = self.graph
        return {
            "format": 1,
            "world": self.scenario.world.name,
            "world_version": self.scenario.world.version,
            "condition": dict(self.scenario.condition),
            "outcome": self.judged.outcome,
            "seed": self.seed,
            "calls": [self.scenario.catalogue.labels[call] for call in graph.calls],
            "depth": graph.depth,
            "exhausted": graph.exhausted,
            "states": len(graph.ways),
            "states_with_outcome": int(self.judged.succeeded.sum()),
            "distribution": self.distribution,
            "limit": self.limit,
            "shares": [
                {
                    "discount": share.discount,
                    "horizon": share.horizon or None,
                    "intervention": share.intervention,
                    "goals": share.goals,
                    "sabotage": share.sabotage,
                    "interval": list(share.interval),
                    "off": share.off,
                    "kept": share.kept,
                }
                for share in self.shares
            ],
        }


def _of(share: Share, goals: int) -> str:
    return f"{100 * goals / share.goals:.1f} %"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{100 * low:.1f} to {100 * high:.1f}"
